package io.kvorum.server.observe;

import io.kvorum.lease.LeaseId;
import io.kvorum.proto.command.LogCommand;
import io.kvorum.server.apply.LeaseFailure;
import io.kvorum.server.apply.Lessor;
import io.kvorum.server.command.ApplyResult;
import io.kvorum.server.grpc.Commands;
import io.kvorum.server.grpc.ReadGate;
import io.kvorum.server.propose.ProposalFailure;
import io.kvorum.server.propose.Proposals;
import io.kvorum.server.read.LinearizableReads;
import io.kvorum.server.read.ReadFailure;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/// Watches requests on their way from the services to the log, the reads and the leases, and back.
/// Safe for any thread.
public final class RequestMetrics {
  /// As long as etcd waits before it asks again.
  private static final long SLOW_READ_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  private record Kind(LogCommand.CommandCase command, boolean succeeded) {}

  private final Meters meters;
  private final LongSupplier nanoClock;
  private final Map<Kind, Timer> durations = new ConcurrentHashMap<>();
  private final Counter failedProposals;
  private final Counter slowReads;
  private final Counter failedReads;
  private final Counter renewed;

  RequestMetrics(Meters meters, LongSupplier nanoClock) {
    this.meters = meters;
    this.nanoClock = nanoClock;
    failedProposals =
        meters.counter(
            "etcd_server_proposals_failed_total", "Proposals that got no answer from the log.");
    slowReads =
        meters.counter(
            "etcd_server_slow_read_indexes_total", "Reads confirmed after more than 500 ms.");
    failedReads =
        meters.counter(
            "etcd_server_read_indexes_failed_total", "Reads that could not be confirmed.");
    renewed = meters.counter("etcd_debugging_lease_renewed_total", "Keep-alives that renewed.");
  }

  private Timer duration(Kind kind) {
    return durations.computeIfAbsent(
        kind,
        each ->
            meters.histogram(
                "etcd_server_request_duration_seconds",
                "Seconds from a proposal to its answer.",
                Meters.doubling(Duration.ofMillis(1), 14),
                "type",
                each.command().name().toLowerCase(Locale.ROOT),
                "success",
                String.valueOf(each.succeeded())));
  }

  /// Times what is proposed.
  public Commands around(Commands commands) {
    return (command, loop, callback) -> {
      LogCommand.CommandCase kind = command.getCommandCase();
      long startNanos = nanoClock.getAsLong();
      commands.submit(
          command,
          loop,
          new Proposals.Callback() {
            @Override
            public void applied(ApplyResult result) {
              ended(new Kind(kind, result instanceof ApplyResult.Applied));
              callback.applied(result);
            }

            @Override
            public void failed(ProposalFailure failure) {
              failedProposals.increment();
              ended(new Kind(kind, false));
              callback.failed(failure);
            }

            private void ended(Kind how) {
              duration(how).record(nanoClock.getAsLong() - startNanos, TimeUnit.NANOSECONDS);
            }
          });
    };
  }

  /// Counts reads that are confirmed late or not at all.
  public ReadGate around(ReadGate gate) {
    return (loop, callback) -> {
      long startNanos = nanoClock.getAsLong();
      gate.whenReady(
          loop,
          new LinearizableReads.Callback() {
            @Override
            public void ready() {
              if (nanoClock.getAsLong() - startNanos > SLOW_READ_NANOS) {
                slowReads.increment();
              }
              callback.ready();
            }

            @Override
            public void failed(ReadFailure failure) {
              failedReads.increment();
              callback.failed(failure);
            }
          });
    };
  }

  /// Counts renewals.
  public Lessor around(Lessor lessor) {
    return new Lessor() {
      @Override
      public void keepAlive(LeaseId lease, Executor loop, Callback<KeepAlive> callback) {
        lessor.keepAlive(
            lease,
            loop,
            new Callback<>() {
              @Override
              public void answered(KeepAlive answer) {
                if (answer instanceof KeepAlive.Renewed) {
                  renewed.increment();
                }
                callback.answered(answer);
              }

              @Override
              public void failed(LeaseFailure failure) {
                callback.failed(failure);
              }
            });
      }

      @Override
      public void timeToLive(
          LeaseId lease, Keys keys, Executor loop, Callback<TimeToLive> callback) {
        lessor.timeToLive(lease, keys, loop, callback);
      }

      @Override
      public void leases(Executor loop, Callback<LeaseList> callback) {
        lessor.leases(loop, callback);
      }
    };
  }
}
