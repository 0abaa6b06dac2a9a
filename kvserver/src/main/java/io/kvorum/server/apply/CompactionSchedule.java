package io.kvorum.server.apply;

import io.kvorum.proto.command.LogCommand;
import io.kvorum.proto.etcd.CompactionRequest;
import io.kvorum.raft.RoleKind;
import io.kvorum.server.command.ApplyResult;
import io.kvorum.server.propose.ProposalFailure;
import io.kvorum.server.propose.Proposals;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Proposes the compactions that [AutoCompaction] finds due, while this member leads. Owned by the
/// thread `apply`.
final class CompactionSchedule implements Applier.Ticking {
  private static final Logger log = LoggerFactory.getLogger(CompactionSchedule.class);

  private final AutoCompaction compaction;
  private final LeaderLeases.Member member;

  CompactionSchedule(AutoCompaction compaction, LeaderLeases.Member member) {
    this.compaction = compaction;
    this.member = member;
  }

  @Override
  public void tick(long nowNanos) {
    if (member.raft().get().role() != RoleKind.LEADER) {
      compaction.pause();
      return;
    }
    OptionalLong due = compaction.due(member.store().head(), nowNanos);
    if (due.isPresent()) {
      propose(due.getAsLong());
    }
  }

  private void propose(long revision) {
    log.atInfo().addKeyValue("revision", revision).log("starting auto compaction");
    member
        .proposals()
        .submit(
            LogCommand.newBuilder()
                .setCompaction(CompactionRequest.newBuilder().setRevision(revision)),
            member.applier()::execute,
            new Proposals.Callback() {
              @Override
              public void applied(ApplyResult result) {
                // Compacted already is as good as done.
                log.atInfo().addKeyValue("revision", revision).log("completed auto compaction");
              }

              @Override
              public void failed(ProposalFailure failure) {
                log.atWarn()
                    .addKeyValue("revision", revision)
                    .addKeyValue("error", failure)
                    .log("failed auto compaction");
              }
            });
  }
}
