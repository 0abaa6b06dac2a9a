package io.kvorum.client;

import io.grpc.Status;
import io.grpc.SynchronizationContext.ScheduledHandle;
import io.kvorum.client.ClientException.Outcome;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// One lease kept alive, until it is closed or lost. Owned by the turns of [Lease].
///
/// Asks a third of the TTL after it asked before. If no answer has come by then, its stream is
/// given up for one to another endpoint. The lease counts as lost when the server says that it does
/// not exist, or when its TTL has passed since the last answered request was sent.
public final class KeepAlive implements AutoCloseable {
  private final Lease lease;
  private final long id;
  private final CompletableFuture<ClientException> lost = new CompletableFuture<>();

  private final AtomicLong renewals = new AtomicLong();

  private long ttlNanos;
  private long deadlineNanos;
  private long sentNanos;
  private boolean awaiting;
  private @Nullable ScheduledHandle timer;

  KeepAlive(Lease lease, long id, Duration ttl, long nowNanos) {
    this.lease = lease;
    this.id = id;
    this.ttlNanos = ttl.toNanos();
    this.deadlineNanos = nowNanos + ttlNanos;
  }

  /// Completes when the lease is lost, with the reason; never if this is closed before.
  public CompletableFuture<ClientException> lost() {
    return lost.copy();
  }

  /// How many times the server has renewed the lease for this.
  public long renewals() {
    return renewals.get();
  }

  /// Lets the lease run out. It is not revoked.
  @Override
  public void close() {
    lease.inTurn(this::end);
  }

  long id() {
    return id;
  }

  /// A stream is there, or the time for the next request has come.
  void ask(long nowNanos) {
    if (lease.send(id)) {
      awaiting = true;
      sentNanos = nowNanos;
    }
    sleepUntil(nowNanos + ttlNanos / 3, nowNanos);
  }

  void streamBroken(long nowNanos) {
    awaiting = false;
    sleepUntil(deadlineNanos, nowNanos);
  }

  void answered(long ttlSeconds, long nowNanos) {
    if (ttlSeconds <= 0) {
      lose(Status.NOT_FOUND.withDescription("etcdserver: requested lease not found"));
      return;
    }
    awaiting = false;
    ttlNanos = Duration.ofSeconds(ttlSeconds).toNanos();
    deadlineNanos = sentNanos + ttlNanos;
    renewals.incrementAndGet();
    sleepUntil(sentNanos + ttlNanos / 3, nowNanos);
  }

  void end() {
    stopTimer();
    lease.forget(this);
  }

  void lose(Status why) {
    end();
    ClientException reason = new ClientException(Outcome.NOT_DONE, why);
    lease.tell(() -> lost.complete(reason));
  }

  private void sleepUntil(long wantedNanos, long nowNanos) {
    stopTimer();
    long wakeNanos = wantedNanos - deadlineNanos < 0 ? wantedNanos : deadlineNanos;
    timer = lease.schedule(this::wake, wakeNanos - nowNanos);
  }

  private void stopTimer() {
    ScheduledHandle running = timer;
    if (running != null) {
      running.cancel();
    }
  }

  private void wake() {
    long nowNanos = System.nanoTime();
    if (nowNanos - deadlineNanos >= 0) {
      lose(Status.DEADLINE_EXCEEDED.withDescription("no answer within the lease's TTL"));
    } else if (awaiting) {
      lease.abandonStream();
    } else {
      ask(nowNanos);
    }
  }
}
