package io.kvorum.server.apply;

import io.kvorum.mvcc.CompactOutcome;
import io.kvorum.proto.etcd.CompactionRequest;
import io.kvorum.proto.etcd.CompactionResponse;
import io.kvorum.server.command.ApplyResult;
import io.kvorum.server.command.Rejection;
import io.kvorum.server.command.Rejection.RevisionBounds;

/// Moves the compacted revision (api.md §3.1). Data goes away later, in the background of each
/// member.
final class CompactionCommand {
  private CompactionCommand() {}

  static ApplyResult execute(CompactionRequest request, Execution execution) {
    long revision = request.getRevision();
    return switch (execution.batch().compact(revision)) {
      case CompactOutcome.Done() ->
          new ApplyResult.Applied(
              CompactionResponse.getDefaultInstance(), execution.batch().head());
      case CompactOutcome.Compacted(var compacted) ->
          rejected(new Rejection.Compacted(new RevisionBounds(revision, compacted)));
      case CompactOutcome.Future(var head) ->
          rejected(new Rejection.FutureRevision(new RevisionBounds(revision, head)));
    };
  }

  private static ApplyResult rejected(Rejection rejection) {
    return new ApplyResult.Rejected(rejection);
  }
}
