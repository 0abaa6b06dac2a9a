package io.kvorum.server.apply;

import io.kvorum.invariant.Invariant;
import io.kvorum.mvcc.ApplyBatch;
import io.kvorum.mvcc.ChangeSet;
import io.kvorum.mvcc.MvccStore;
import io.kvorum.proto.command.LogCommand;
import io.kvorum.raft.Entry;
import io.kvorum.raft.EntryId;
import io.kvorum.raft.EntryKind;
import io.kvorum.raft.SnapshotMarker;
import io.kvorum.raft.membership.Configuration;
import io.kvorum.server.apply.Execution.Audience;
import io.kvorum.server.command.ApplyResult;
import io.kvorum.server.command.CommandCodec;
import io.kvorum.server.command.ProposalId;
import io.kvorum.server.propose.LoopTasks;
import io.kvorum.server.propose.Proposals;
import io.kvorum.server.read.AppliedIndex;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;

/// Applies committed entries batch by batch and publishes each, in the order that readers rely on:
/// the store, the watch hub, the facts beside the keys, the applied index, the answers.
///
/// Owned by the thread `apply`.
final class AppliedBatches {
  private final MvccStore store;
  private final Proposals proposals;
  private final ChangePublisher watchers;
  private final AppliedIndex appliedIndex;
  private final ApplyMeter meter;
  private final AppliedListener listener;
  private final SnapshotInstaller snapshots;
  private final List<Configured> configured = new ArrayList<>(); // in the open batch
  private StateMachine machine;
  private volatile ClusterState published;
  private EntryId applied;

  AppliedBatches(
      MvccStore store,
      StateMachine machine,
      Proposals proposals,
      ChangePublisher watchers,
      AppliedIndex appliedIndex,
      ApplyMeter meter,
      AppliedListener listener,
      SnapshotInstaller snapshots) {
    this.listener = listener;
    this.snapshots = snapshots;
    this.store = store;
    this.machine = machine;
    this.proposals = proposals;
    this.watchers = watchers;
    this.appliedIndex = appliedIndex;
    this.meter = meter;
    this.published = machine.clusterState();
    this.applied = new EntryId(store.appliedTerm(), store.appliedIndex());
  }

  private record Answered(ProposalId id, ApplyResult result) {}

  private record Configured(long index, Configuration configuration) {}

  /// The last entry whose effect is in the store.
  EntryId applied() {
    return applied;
  }

  /// As of the last batch. Any thread.
  ClusterState clusterState() {
    return published;
  }

  /// Applies entries; those that a replay brings again are skipped.
  void apply(List<Entry> entries, LongSupplier clock) {
    long compactedBefore = store.compactedRevision();
    ApplyBatch batch = store.newBatch();
    List<Answered> answered = new ArrayList<>();
    for (Entry entry : entries) {
      if (entry.index() <= applied.index()) {
        continue;
      }
      if (batch.isLarge()) {
        publish(commit(batch, clock), answered);
        batch = store.newBatch();
        answered.clear();
      }
      apply(entry, batch, clock, answered);
    }
    publish(commit(batch, clock), answered);
    if (store.compactedRevision() > compactedBefore) {
      // A failure reaches the member through MvccStore.onFailure.
      var _ = store.compactPhysically(store.compactedRevision());
    }
  }

  /// Commits a batch without commands, for what the store itself has to write.
  void commitEmpty() {
    publish(store.newBatch().commit(applied.index(), applied.term()), List.of());
  }

  /// Goes on with the state of a snapshot, which has the effect of entries that do not come any
  /// more, and returns the state machine on it.
  StateMachine install(SnapshotMarker snapshot) {
    snapshots.install(snapshot);
    Invariant.check(
        store.appliedIndex() == snapshot.id().index()
            && store.appliedTerm() == snapshot.id().term(),
        "installed %s, and the store has applied %d",
        snapshot.id(),
        store.appliedIndex());
    machine = new StateMachine(store);
    applied = snapshot.id();
    publish(List.of(), List.of());
    proposals.overtaken();
    return machine;
  }

  private void apply(Entry entry, ApplyBatch batch, LongSupplier clock, List<Answered> answered) {
    Invariant.check(
        entry.index() == applied.index() + 1, "entry %s follows %s", entry.id(), applied);
    if (!entry.payload().isEmpty()) {
      LogCommand command = CommandCodec.decode(entry.payload());
      Invariant.check(
          command.hasMemberChange() == (entry.kind() == EntryKind.CONFIGURATION),
          "entry %s of the kind %s says %s",
          entry.id(),
          entry.kind(),
          command.getCommandCase());
      ProposalId id = ProposalId.of(command);
      Audience audience = proposals.isAwaited(id) ? Audience.AWAITED : Audience.NOBODY;
      Execution execution = new Execution(batch, entry.id(), audience, clock);
      long begunNanos = clock.getAsLong();
      ApplyResult result = machine.execute(command, execution);
      meter.executed(command, result, clock.getAsLong() - begunNanos);
      if (execution.isAwaited()) {
        answered.add(new Answered(id, result));
      }
    }
    if (entry.kind() == EntryKind.CONFIGURATION) {
      Configuration inForce = machine.clusterState().configurationAt(entry.index());
      configured.add(new Configured(entry.index(), inForce));
    }
    applied = entry.id();
  }

  private List<ChangeSet> commit(ApplyBatch batch, LongSupplier clock) {
    long begunNanos = clock.getAsLong();
    List<ChangeSet> changes = batch.commit(applied.index(), applied.term());
    meter.committed(clock.getAsLong() - begunNanos);
    return changes;
  }

  private void publish(List<ChangeSet> changes, List<Answered> answered) {
    watchers.publish(changes, store.head(), store.compactedRevision());
    ClusterState before = published;
    published = machine.clusterState();
    for (Configured change : configured) {
      listener.configured(change.index(), change.configuration());
    }
    configured.clear();
    if (!before.membership().equals(published.membership())) {
      listener.membershipChanged(published);
    }
    LoopTasks answers = new LoopTasks();
    for (Answered command : answered) {
      proposals.take(command.id()).ifPresent(answer -> answer.give(command.result(), answers));
    }
    appliedIndex.advanceTo(applied.index(), answers);
    answers.dispatch();
  }
}
