package io.kvorum.raft.simulation;

import io.kvorum.raft.CoreProbe;
import io.kvorum.raft.Entry;
import io.kvorum.raft.EntryId;
import io.kvorum.raft.Input;
import io.kvorum.raft.RaftMessage.AppendEntries;
import io.kvorum.raft.Ready;
import io.kvorum.raft.Ready.RoleChange;
import io.kvorum.raft.RoleKind;
import io.kvorum.raft.membership.Configuration;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.raft.quorum.Quorum;
import java.util.Arrays;

/// The one committed log, as it came to be, and what members make of it (I4, I5, I6, I8, R12).
final class CommitWitness {
  private final World world;
  private final Judgement judgement;
  private long committedTo = 1;
  // Slot i stands for index i.
  private long[] terms = new long[1024];
  private long[] hashes = new long[1024];
  private long[] leaderTerms = new long[1024];
  private long[] contents = new long[1024];

  CommitWitness(World world, Judgement judgement) {
    this.world = world;
    this.judgement = judgement;
    terms[1] = 1;
    hashes[1] = LogImage.foundingHash(new EntryId(1, 1));
  }

  long committedTo() {
    return committedTo;
  }

  /// The hash of the committed log up to `index`.
  long hashAt(long index) {
    return index <= committedTo ? hashes[(int) index] : 0;
  }

  /// I6, R6, and I8 where a commit is news to the world.
  void stepped(MemberProcess process, Input input) {
    long commit = process.core.commitIndex();
    if (commit == process.seen.commitIndex && commit <= committedTo) {
      return;
    }
    Violation.unless(
        commit >= process.seen.commitIndex && commit <= process.core.lastIndex(),
        "I6",
        "%s commits %d after %d, its log ends at %d",
        process,
        commit,
        process.seen.commitIndex,
        process.core.lastIndex());
    if (input instanceof Input.Received(var envelope)
        && envelope.message() instanceof AppendEntries(var previous, var entries, _)) {
      Violation.unless(
          commit <= Math.max(process.seen.commitIndex, previous.index() + entries.size()),
          "R6",
          "%s commits %d, more than an append has shown to match",
          process,
          commit);
    }
    if (commit > committedTo) {
      RoleChange leadership = leadership(process);
      Violation.unless(
          leadership.role() == RoleKind.LEADER || judgement == Judgement.CONSEQUENCES,
          "I8",
          "%s commits %d, the leaders only %d",
          process,
          commit,
          committedTo);
      extend(process, leadership.term(), commit);
    }
  }

  /// A leader that applies its own removal may commit with the last thing it does.
  private static RoleChange leadership(MemberProcess process) {
    RoleChange before = process.seen.role;
    return before.role() == RoleKind.LEADER ? before : process.core.roleNow();
  }

  private void extend(MemberProcess leader, long term, long commit) {
    LogImage holder = null;
    for (Host host : world.hosts()) {
      if (host.durable.covers(commit) && host.durable.termAt(commit) == term) {
        holder = host.durable;
      }
    }
    if (holder == null && judgement == Judgement.CONSEQUENCES) {
      if (!leader.issued.covers(commit) || leader.issued.termAt(commit) != term) {
        return; // it will have been handed to storage by the next step
      }
      holder = leader.issued;
    }
    if (holder == null) {
      throw new Violation(
          "I8", leader + " commits " + commit + ", which nobody holds in term " + term);
    }
    LogImage model = holder;
    Configuration configuration = leader.configuration();
    Violation.unless(
        judgement == Judgement.CONSEQUENCES
            || Quorum.of(configuration).isReachedBy(member -> holds(member, model, commit)),
        "I8",
        "%s commits %d, which no quorum of %s holds durably",
        leader,
        commit,
        configuration);
    ensureRoom(commit);
    Violation.unless(
        model.baseIndex() > committedTo || model.hashAt(committedTo) == hashAt(committedTo),
        "I5",
        "%s commits %d over another log than what was committed before",
        leader,
        commit);
    for (long index = committedTo + 1; index <= commit; index++) {
      terms[(int) index] = model.termAt(index);
      hashes[(int) index] = model.hashAt(index);
      leaderTerms[(int) index] = term;
    }
    committedTo = commit;
  }

  private boolean holds(MemberId member, LogImage model, long index) {
    LogImage durable = world.host(member).durable;
    return durable.baseIndex() > index
        || (durable.covers(index) && durable.hashAt(index) == model.hashAt(index));
  }

  private void ensureRoom(long index) {
    if (index >= terms.length) {
      int length = (int) Math.max(index + 1, terms.length * 2L);
      terms = Arrays.copyOf(terms, length);
      hashes = Arrays.copyOf(hashes, length);
      leaderTerms = Arrays.copyOf(leaderTerms, length);
      contents = Arrays.copyOf(contents, length);
    }
  }

  /// I4: a new leader has everything that leaders of earlier terms have committed, on its disk or
  /// on the way there.
  void requireComplete(MemberProcess leader) {
    long term = leader.core.roleNow().term();
    long required = committedTo;
    while (leaderTerms[(int) required] >= term) {
      required--;
    }
    EntryId committed = new EntryId(terms[(int) required], required);
    Violation.unless(
        CoreProbe.holds(leader.core, committed),
        "I4",
        "%s leads term %d with a log to %s, committed before was %s",
        leader,
        term,
        CoreProbe.last(leader.core),
        committed);
  }

  /// R12: gapless, durable here, and nothing while a snapshot waits to be installed.
  void drained(MemberProcess process, Ready ready) {
    if (ready.install().isPresent()) {
      process.seen.handedOut = ready.install().get().id().index();
    }
    for (Entry entry : ready.committed()) {
      Violation.unless(
          entry.index() == process.seen.handedOut + 1,
          "R12",
          "%s hands out %s after %d",
          process,
          entry.id(),
          process.seen.handedOut);
      process.seen.handedOut = entry.index();
      Violation.unless(
          process.host.durable.covers(entry.index())
              && process.host.durable.termAt(entry.index()) == entry.term(),
          "I6",
          "%s hands out %s before it is durable",
          process,
          entry.id());
    }
  }

  /// I5: one log, and one state at one index.
  void applied(MemberProcess process) {
    KvState state = process.state();
    long index = state.appliedIndex();
    Violation.unless(
        index == process.seen.nextToApply,
        "I5",
        "%s applies %d where %d comes next",
        process,
        index,
        process.seen.nextToApply);
    process.seen.nextToApply = index + 1;
    Violation.unless(
        index <= committedTo && state.prefixHash() == hashAt(index),
        "I5",
        "%s applies %s, committed is another one",
        process,
        state.applied());
    requireContents(process);
  }

  void installed(MemberProcess process) {
    process.seen.nextToApply = process.state().appliedIndex() + 1;
    requireContents(process);
  }

  private void requireContents(MemberProcess process) {
    int index = (int) process.state().appliedIndex();
    long hash = process.state().contentHash();
    Violation.unless(
        contents[index] == 0 || contents[index] == hash,
        "I5",
        "%s has another state at %d than somebody else",
        process,
        index);
    contents[index] = hash;
  }
}
