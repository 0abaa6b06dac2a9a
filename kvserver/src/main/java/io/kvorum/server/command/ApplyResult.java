package io.kvorum.server.command;

import com.google.protobuf.MessageLite;
import io.kvorum.mvcc.RangeQuery;
import io.kvorum.mvcc.Revision;
import java.util.List;

/// The outcome of a command that was applied: the same on every member.
public sealed interface ApplyResult {
  /// The command took effect.
  ///
  /// @param response the etcd response without its top-level header; the inner headers of a
  ///   transaction are set
  /// @param revision the store revision for the header: the new one if something changed, else the
  ///   current one
  /// @param late what is still to be read into the response
  record Applied(MessageLite response, long revision, List<LateRead> late) implements ApplyResult {
    public Applied {
      late = List.copyOf(late);
    }

    public Applied(MessageLite response, long revision) {
      this(response, revision, List.of());
    }
  }

  /// Pairs that a command has read, at a point between two changes perhaps, and that may be many.
  /// They are not looked up while the command is applied but afterwards, from the past, by the
  /// member that answers.
  ///
  /// @param operation the operation of the transaction that read them, counted from 0 in the order
  ///   of the responses, those inside nested transactions included; 0 for a command of its own
  /// @param end the first change that the read did not see
  record LateRead(int operation, RangeQuery query, Revision end) {}

  /// The command was refused and changed nothing.
  record Rejected(Rejection rejection) implements ApplyResult {}
}
