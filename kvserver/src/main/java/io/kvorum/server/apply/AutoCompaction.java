package io.kvorum.server.apply;

import io.kvorum.proto.command.LogCommand;
import io.kvorum.proto.etcd.CompactionRequest;
import io.kvorum.server.command.ApplyResult;
import io.kvorum.server.command.Rejection;
import io.kvorum.server.propose.ProposalFailure;
import io.kvorum.server.propose.Proposals;
import java.util.Queue;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Proposes compactions by schedule, while this member leads.
///
/// Owned by the thread that ticks. Outcomes come from elsewhere and are taken at the next tick.
public final class AutoCompaction {
  private static final Logger log = LoggerFactory.getLogger(AutoCompaction.class);

  private final CompactionSchedule schedule;
  private final LongSupplier head;
  private final BooleanSupplier leads;
  private final Proposals proposals;
  private final Queue<Outcome> outcomes = new ArrayBlockingQueue<>(1);
  private boolean underWay;

  /// @param head the newest published revision
  public AutoCompaction(
      CompactionSchedule schedule, LongSupplier head, BooleanSupplier leads, Proposals proposals) {
    this.schedule = schedule;
    this.head = head;
    this.leads = leads;
    this.proposals = proposals;
  }

  private record Outcome(long revision, boolean compacted, String detail) {}

  /// Proposes what is due. Called a few times per second or less.
  public void tick(long nowNanos) {
    Outcome outcome = outcomes.poll();
    if (outcome != null) {
      underWay = false;
      report(outcome);
      if (outcome.compacted()) {
        schedule.succeeded(outcome.revision(), nowNanos);
      }
    }
    schedule
        .due(nowNanos, head.getAsLong())
        .ifPresent(
            revision -> {
              if (!underWay && leads.getAsBoolean()) {
                propose(revision);
              }
            });
  }

  private void propose(long revision) {
    underWay = true;
    log.atInfo()
        .addKeyValue("revision", revision)
        .log("starting auto {} compaction", schedule.mode());
    proposals.submit(
        LogCommand.newBuilder().setCompaction(CompactionRequest.newBuilder().setRevision(revision)),
        Runnable::run,
        new Proposals.Callback() {
          @Override
          public void applied(ApplyResult result) {
            outcomes.add(new Outcome(revision, isCompacted(result), result.toString()));
          }

          @Override
          public void failed(ProposalFailure failure) {
            outcomes.add(new Outcome(revision, false, failure.toString()));
          }
        });
  }

  private void report(Outcome outcome) {
    if (outcome.compacted()) {
      log.atInfo()
          .addKeyValue("revision", outcome.revision())
          .log("completed auto {} compaction", schedule.mode());
    } else {
      log.atWarn()
          .addKeyValue("revision", outcome.revision())
          .addKeyValue("outcome", outcome.detail())
          .log("failed auto {} compaction", schedule.mode());
    }
  }

  /// Somebody else's compaction is as good.
  private static boolean isCompacted(ApplyResult result) {
    return switch (result) {
      case ApplyResult.Applied _ -> true;
      case ApplyResult.Rejected(Rejection.Compacted _) -> true;
      case ApplyResult.Rejected _ -> false;
    };
  }
}
