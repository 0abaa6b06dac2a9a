package io.kvorum.server.apply;

import io.kvorum.invariant.Invariant;
import io.kvorum.mvcc.ApplyBatch;
import io.kvorum.mvcc.ChangeSet;
import io.kvorum.mvcc.MvccStore;
import io.kvorum.proto.command.LogCommand;
import io.kvorum.raft.Entry;
import io.kvorum.raft.EntryId;
import io.kvorum.raft.EntryKind;
import io.kvorum.server.command.ApplyResult;
import io.kvorum.server.command.CommandCodec;
import io.kvorum.server.command.ProposalId;
import io.kvorum.server.propose.ApplyBacklog;
import io.kvorum.server.propose.LoopTasks;
import io.kvorum.server.propose.Proposals;
import io.kvorum.server.read.AppliedIndex;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;

/// The thread `apply`: turns committed entries into state.
///
/// ```
/// committed entries -> Commands, one after the other, on one ApplyBatch -> one atomic write
///   -> watchers -> reads that waited for the index -> answers, grouped per event loop -> raft
/// ```
///
/// Everything that waits is taken at once, up to a bound per write. Nothing here may fail: commands
/// were checked before they were proposed, and a disk that fails stops the member.
public final class Applier implements AutoCloseable {
  /// Payload that goes into one write: bounds the memory of a batch, and how long readers wait for
  /// the first of its results.
  private static final long BATCH_BYTES = 4L << 20;

  private static final long TICK_NANOS = 100_000_000L;

  private final MvccStore store;
  private final Commands commands;
  private final Outlets outlets;
  private final LongSupplier nanoClock;
  private final ApplyInbox inbox = new ApplyInbox();
  private final List<Ticking> ticking = new ArrayList<>();
  private final Thread thread;
  private volatile boolean stopping;
  private EntryId applied;

  /// Where the results of applied entries go.
  ///
  /// @param watchers told each batch's changes before anybody is answered
  /// @param raft told the applied index after each batch
  public record Outlets(
      Watchers watchers,
      AppliedIndex appliedIndex,
      Proposals proposals,
      ApplyBacklog backlog,
      LongConsumer raft) {}

  /// Hears of every applied batch (`WatchHub`).
  @FunctionalInterface
  public interface Watchers {
    void publish(List<ChangeSet> changes, long head, long compacted);
  }

  /// Work of the thread `apply` that is due by time.
  @FunctionalInterface
  public interface Ticking {
    void tick(long nowNanos);
  }

  /// @param failures told what ended the thread before it was closed
  Applier(
      MvccStore store,
      Commands commands,
      Outlets outlets,
      LongSupplier nanoClock,
      Thread.UncaughtExceptionHandler failures) {
    this.store = store;
    this.commands = commands;
    this.outlets = outlets;
    this.nanoClock = nanoClock;
    this.applied = new EntryId(store.appliedTerm(), store.appliedIndex());
    this.thread =
        Thread.ofPlatform().name("apply").uncaughtExceptionHandler(failures).unstarted(this::run);
  }

  /// Adds work to be done every tenth of a second; before [#start].
  void every(Ticking work) {
    ticking.add(work);
  }

  void start() {
    thread.start();
  }

  /// Entries to apply, in index order. Called by the thread `raft`; returns at once.
  public void committed(List<Entry> entries) {
    long bytes = 0;
    for (Entry entry : entries) {
      bytes += entry.payload().size();
    }
    outlets.backlog().committed(bytes, nanoClock.getAsLong());
    inbox.put(entries);
  }

  /// Runs `body` on this thread between batches; false if too many calls wait.
  boolean offer(Runnable body) {
    return inbox.offer(body);
  }

  /// Runs `body` on this thread between batches.
  void execute(Runnable body) {
    inbox.put(body);
  }

  /// The store has tombstones to purge, which only a commit can take along: if none comes by
  /// itself, an empty one does. Called by any thread.
  public void commitForPurge() {
    inbox.put(this::commitNothing);
  }

  private void commitNothing() {
    store.newBatch().commit(applied.index(), applied.term());
  }

  private void run() {
    long nextTick = nanoClock.getAsLong() + TICK_NANOS;
    while (!stopping) {
      inbox.await(nextTick - nanoClock.getAsLong());
      work();
      long now = nanoClock.getAsLong();
      if (now - nextTick >= 0) {
        nextTick = now + TICK_NANOS;
        for (Ticking each : ticking) {
          each.tick(now);
        }
      }
    }
    work();
  }

  private void work() {
    List<Entry> run = new ArrayList<>();
    long bytes = 0;
    for (ApplyInbox.Task task : inbox.take()) {
      switch (task) {
        case ApplyInbox.Task.Committed(var entries) -> {
          for (Entry entry : entries) {
            run.add(entry);
            bytes += entry.payload().size();
            if (bytes >= BATCH_BYTES) {
              apply(run, bytes);
              run.clear();
              bytes = 0;
            }
          }
        }
        case ApplyInbox.Task.Call(var body) -> {
          apply(run, bytes);
          run.clear();
          bytes = 0;
          body.run();
        }
      }
    }
    apply(run, bytes);
  }

  /// One write for all of these entries.
  private void apply(List<Entry> entries, long bytes) {
    if (entries.isEmpty()) {
      return;
    }
    ApplyBatch batch = store.newBatch();
    List<Answered> answered = new ArrayList<>(entries.size());
    long compacted = batch.compactedRevision();
    for (Entry entry : entries) {
      if (entry.id().index() > applied.index()) {
        apply(batch, entry, answered);
        applied = entry.id();
      }
    }
    boolean compacts = batch.compactedRevision() > compacted;
    List<ChangeSet> changes = batch.commit(applied.index(), applied.term());
    outlets.watchers().publish(changes, store.head(), store.compactedRevision());
    LoopTasks tasks = new LoopTasks();
    for (Answered each : answered) {
      each.answer().give(each.result(), tasks);
    }
    outlets.appliedIndex().advanceTo(applied.index(), tasks);
    tasks.dispatch();
    outlets.backlog().drained(bytes);
    outlets.raft().accept(applied.index());
    if (compacts) {
      var _ = store.compactPhysically(store.compactedRevision());
    }
  }

  private record Answered(Proposals.Answer answer, ApplyResult result) {}

  private void apply(ApplyBatch batch, Entry entry, List<Answered> answered) {
    Invariant.check(
        entry.kind() == EntryKind.NORMAL,
        "entry %s changes the configuration, which nobody here proposes",
        entry.id());
    if (entry.payload().isEmpty()) {
      return; // the first entry of a leader
    }
    LogCommand command = CommandCodec.decode(entry.payload());
    ProposalId id = ProposalId.of(command);
    TxnCommand.Answer wanted =
        outlets.proposals().isAwaited(id) ? TxnCommand.Answer.WANTED : TxnCommand.Answer.UNHEARD;
    ApplyResult result = commands.apply(batch, entry.id(), command, wanted);
    Optional<Proposals.Answer> answer = outlets.proposals().take(id);
    answer.ifPresent(taken -> answered.add(new Answered(taken, result)));
  }

  /// The last applied entry. Thread `apply`.
  EntryId lastApplied() {
    return applied;
  }

  /// Applies what has been handed over and ends the thread.
  @Override
  public void close() {
    stopping = true;
    inbox.wake();
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
}
