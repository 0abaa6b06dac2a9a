package io.kvorum.server.apply;

import io.kvorum.mvcc.MvccStore;
import io.kvorum.raft.Entry;
import io.kvorum.raft.SnapshotMarker;
import io.kvorum.raft.node.RaftStatus;
import io.kvorum.server.apply.ApplyInbox.Work;
import io.kvorum.server.propose.ApplyBacklog;
import io.kvorum.server.propose.Proposals;
import io.kvorum.server.read.AppliedIndex;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/// The thread `apply`: takes what waits in its inbox, applies the entries batch by batch, then does
/// the tasks, then looks at the clock.
///
/// Other threads hand over committed entries, the member's status and lease requests; they read the
/// published [ClusterState]. Any failure stops the thread and reaches `failures`: a member whose
/// state is in doubt must halt.
public final class Applier implements AutoCloseable {
  private final AppliedBatches batches;
  private final LeaseDesk leases;
  private final LeaseRequests lessor;
  private final ApplyInbox inbox;
  private final ApplyBacklog backlog;
  private final ApplyLimits limits;
  private final LongSupplier nanoClock;
  private final Consumer<Throwable> failures;
  private final Thread thread = Thread.ofPlatform().name("apply").unstarted(this::run);
  private final long startNanos;
  private final AppliedListener listener;

  /// Builds the state machine on what the store holds. Nothing is applied before [#start].
  ///
  /// @param parts what the thread works with
  /// @param failures told once if the thread fails
  public Applier(
      Parts parts, ApplyLimits limits, LongSupplier nanoClock, Consumer<Throwable> failures) {
    StateMachine machine = new StateMachine(parts.store());
    this.limits = limits;
    this.nanoClock = nanoClock;
    this.failures = failures;
    this.startNanos = nanoClock.getAsLong();
    this.backlog = parts.backlog();
    this.inbox = new ApplyInbox(limits.leaseRequests(), backlog);
    this.batches =
        new AppliedBatches(
            parts.store(),
            machine,
            parts.proposals(),
            parts.watchers(),
            parts.appliedIndex(),
            parts.meter(),
            parts.listener(),
            parts.snapshots());
    this.listener = parts.listener();
    this.leases = new LeaseDesk(machine.leaseBook(), parts.proposals(), inbox, limits);
    this.lessor = new LeaseRequests(leases, parts.store(), inbox);
    parts.store().onPurgeWaiting(() -> inbox.execute(batches::commitEmpty));
  }

  /// What the thread works with: where it writes, whom it answers, whom it tells.
  public record Parts(
      MvccStore store,
      Proposals proposals,
      ApplyBacklog backlog,
      ChangePublisher watchers,
      AppliedIndex appliedIndex,
      ApplyMeter meter,
      AppliedListener listener,
      SnapshotInstaller snapshots) {}

  /// Starts the thread.
  public void start() {
    thread.start();
  }

  /// Hands over committed entries in index order. Called by the thread `raft`, before or after the
  /// start; never blocks.
  public void committed(List<Entry> entries) {
    inbox.committed(entries, nanoClock.getAsLong());
  }

  /// Hands over a snapshot, to be installed after the entries handed over before. Called by the
  /// thread `raft`; never blocks.
  public void install(SnapshotMarker snapshot) {
    inbox.install(snapshot);
  }

  /// Hands over the member's newest status. Called by the thread `raft`; never blocks.
  public void statusChanged(RaftStatus status) {
    inbox.put(nowNanos -> leases.statusChanged(status, batches.applied().term(), nowNanos));
  }

  /// Answers lease requests from this member's own state. Any thread.
  public Lessor lessor() {
    return lessor;
  }

  /// Tells the keys of leases. Any thread.
  public AttachedKeys attachedKeys() {
    return lessor;
  }

  /// Alarms, members and cluster version, as of the last applied batch. Any thread.
  public ClusterState clusterState() {
    return batches.clusterState();
  }

  /// Applies what was handed over, fails the lease requests that wait, and ends the thread. The
  /// Raft node must have been closed before, the store must not.
  @Override
  public void close() {
    inbox.close();
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    try {
      long nextTickNanos = leaseClock() + limits.leaseTick().toNanos();
      boolean closed = false;
      while (!closed) {
        Work work = inbox.take(Math.max(0, nextTickNanos - leaseClock()));
        closed = work.closed();
        applyAll(work);
        work.snapshot().ifPresent(this::installNow);
        long nowNanos = leaseClock();
        leases.beginIfDue(batches.applied().term(), nowNanos);
        for (ApplyInbox.Task task : work.tasks()) {
          task.run(nowNanos);
        }
        if (nowNanos >= nextTickNanos) {
          leases.tick(nowNanos);
          nextTickNanos = nowNanos + limits.leaseTick().toNanos();
        }
        leases.finishRound();
      }
      leases.close();
    } catch (Throwable broken) {
      inbox.close();
      failures.accept(broken);
    }
  }

  private void applyAll(Work work) {
    if (work.entries().isEmpty()) {
      return;
    }
    backlog.begun(work.arrivedNanos());
    for (List<Entry> batch : EntryBatch.cut(work.entries(), limits)) {
      batches.apply(batch, this::leaseClock);
      listener.applied(batches.applied().index());
      backlog.applied(batch.stream().mapToLong(Entry::payloadBytes).sum());
    }
    backlog.idle();
  }

  private void installNow(SnapshotMarker snapshot) {
    leases.takeUp(batches.install(snapshot).leaseBook());
    listener.applied(batches.applied().index());
  }

  /// The time of leases: counted from the start of the member, so never negative.
  private long leaseClock() {
    return nanoClock.getAsLong() - startNanos;
  }
}
