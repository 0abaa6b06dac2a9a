package io.kvorum.server.command;

import com.google.protobuf.MessageLite;

/// The outcome of a command that was applied: the same on every member.
public sealed interface ApplyResult {
  /// The command took effect.
  ///
  /// @param response the etcd response without its top-level header; the inner headers of a
  ///   transaction are set
  /// @param revision the store revision for the header: the new one if something changed, else the
  ///   current one
  record Applied(MessageLite response, long revision) implements ApplyResult {}

  /// The command was refused and changed nothing.
  record Rejected(Rejection rejection) implements ApplyResult {}
}
