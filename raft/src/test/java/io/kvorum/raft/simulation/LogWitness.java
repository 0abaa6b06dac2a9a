package io.kvorum.raft.simulation;

import io.kvorum.raft.Ballot;
import io.kvorum.raft.CoreProbe;
import io.kvorum.raft.Entry;
import io.kvorum.raft.EntryId;
import io.kvorum.raft.Envelope;
import io.kvorum.raft.Persist;
import io.kvorum.raft.RaftMessage.AppendReply;
import io.kvorum.raft.RoleKind;
import io.kvorum.raft.StartState;
import io.kvorum.raft.log.RecoveredLog;
import io.kvorum.raft.membership.MemberId;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What storage was told, what it said was durable, and what a recovery found (I2, I3, I7, I9, I11,
/// I13, I17, I22, I25).
final class LogWitness {
  private final World world;
  private final CommitWitness commits;
  private final Judgement judgement;

  /// The hash of the prefix that ends with an id, whoever has it.
  private final Map<EntryId, Long> prefixes = new HashMap<>();

  /// How often each follower has sent a leader further back.
  private final Map<Probing, Probes> probes = new HashMap<>();

  private record Probing(MemberId follower, long term) {}

  private static final class Probes {
    int count;
    long lowest = Long.MAX_VALUE;
  }

  LogWitness(World world, CommitWitness commits, Judgement judgement) {
    this.world = world;
    this.judgement = judgement;
    this.commits = commits;
  }

  void issued(MemberProcess process, Persist command) {
    LogImage issued = process.issued;
    long oldLast = issued.lastIndex();
    if (!command.entries().isEmpty()) {
      requireLegalTruncation(process, command.entries().getFirst().index());
    }
    Ballot before = issued.ballot();
    issued.take(command, commits::hashAt);
    requireKeptPromise(process, before, issued.ballot());
    for (Entry entry : command.entries()) {
      requireMatch(process, entry);
    }
    requireOneUncommittedChange(process, Math.min(oldLast, issued.lastIndex()));
  }

  private static void requireLegalTruncation(MemberProcess process, long first) {
    if (first > process.issued.lastIndex()) {
      return;
    }
    Violation.unless(
        first > process.issued.commitIndex(),
        "I25",
        "%s truncates at %d, and has recorded the commit of %d",
        process,
        first,
        process.issued.commitIndex());
    Violation.unless(
        process.core.roleNow().role() != RoleKind.LEADER,
        "I2",
        "%s truncates at %d while it leads",
        process,
        first);
  }

  private static void requireKeptPromise(MemberProcess process, Ballot before, Ballot after) {
    boolean isKept =
        after.term() > before.term()
            || (after.term() == before.term()
                && (before.vote().isEmpty() || before.vote().equals(after.vote())));
    Violation.unless(isKept, "I10", "%s goes from %s to %s", process, before, after);
  }

  private void requireMatch(MemberProcess process, Entry entry) {
    if (!process.issued.covers(entry.index())) {
      return;
    }
    long hash = process.issued.hashAt(entry.index());
    Long known = prefixes.putIfAbsent(entry.id(), hash);
    Violation.unless(
        known == null || known == hash,
        "I3",
        "%s has another prefix up to %s than somebody else",
        process,
        entry.id());
  }

  /// Only what is new can add a change; the ones before it must be committed.
  private void requireOneUncommittedChange(MemberProcess process, long oldLast) {
    LogImage issued = process.issued;
    boolean isChangeNew = false;
    for (long index = oldLast + 1; index <= issued.lastIndex(); index++) {
      isChangeNew |= index > issued.baseIndex() && issued.isConfigurationAt(index);
    }
    if (!isChangeNew) {
      return;
    }
    int changes = 0;
    long first = Math.max(commits.committedTo(), issued.baseIndex()) + 1;
    for (long index = first; index <= issued.lastIndex(); index++) {
      changes += issued.isConfigurationAt(index) ? 1 : 0;
    }
    Violation.unless(changes <= 1, "I17", "%s has %d uncommitted changes", process, changes);
  }

  void persisted(MemberProcess process, long sequence) {
    LogImage durable = process.host.durable;
    while (!process.undurable.isEmpty() && process.undurable.getFirst().sequence() <= sequence) {
      durable.take(process.undurable.removeFirst(), commits::hashAt);
    }
  }

  /// R7: each refusal of an append that takes the leader further back skips all of a term that the
  /// one log has and the other has not.
  private void refused(MemberProcess follower, Envelope envelope, long rejectedIndex) {
    if (envelope.term() <= world.lastTermBeforeCalm()) {
      return; // appends that came late, or twice, or not at all, prove nothing
    }
    Probes probed =
        probes.computeIfAbsent(new Probing(follower.id(), envelope.term()), _ -> new Probes());
    if (rejectedIndex < probed.lowest) {
      probed.lowest = rejectedIndex;
      probed.count++;
    }
    int terms = follower.issued.countTerms();
    Optional<MemberProcess> leader = world.host(envelope.to()).process();
    if (leader.isPresent()) {
      terms += leader.get().issued.countTerms();
    }
    Violation.unless(
        probed.count <= terms + 1,
        "R7",
        "%s has refused %d appends of term %d, and %d terms are in its log and the leader's",
        follower,
        probed.count,
        envelope.term(),
        terms);
  }

  /// I11, I13: an acknowledgement vouches for the disk, and for the log of the term's leader.
  void sent(MemberProcess process, Envelope envelope) {
    if (envelope.message() instanceof AppendReply.Conflict(var rejectedIndex, _)) {
      refused(process, envelope, rejectedIndex);
      return;
    }
    if (!(envelope.message() instanceof AppendReply.Matched(var index))) {
      return;
    }
    LogImage durable = process.host.durable;
    if (durable.ballot().term() != envelope.term()) {
      return; // answers the leader of a term that is over
    }
    Violation.unless(
        index <= durable.lastIndex(),
        "I11",
        "%s acknowledges %d, durable is %d",
        process,
        index,
        durable.lastIndex());
    for (MemberProcess leader : world.running()) {
      if (leader.id().equals(envelope.to())
          && leader.seen.role.role() == RoleKind.LEADER
          && leader.seen.role.term() == envelope.term()
          && index <= leader.core.lastIndex()
          && durable.covers(index)) {
        EntryId acknowledged = new EntryId(durable.termAt(index), index);
        Violation.unless(
            CoreProbe.holds(leader.core, acknowledged),
            "I13",
            "%s acknowledges %s, which %s does not have",
            process,
            acknowledged,
            leader);
      }
    }
  }

  /// I9, I22: a recovery finds what was durable, or that and some of the commands under way, whole.
  void recovered(Host host, RecoveredLog recovered, StartState start) {
    LogImage image = host.durable;
    long durableCommit = image.commitIndex();
    List<Persist> underWay = host.abandoned;
    int taken = 0;
    while (!image.isAt(recovered.last(), recovered.hardState().ballot())) {
      Violation.unless(
          taken < underWay.size() || judgement == Judgement.CONSEQUENCES,
          "I22",
          "%s recovers %s and %s, durable were %s and %s",
          host,
          recovered.last(),
          recovered.hardState().ballot(),
          host.durable.last(),
          host.durable.ballot());
      if (taken == underWay.size()) {
        break; // broken, and judged by what comes of it
      }
      if (taken == 0) {
        image = new LogImage(image);
      }
      image.take(underWay.get(taken), commits::hashAt);
      taken++;
    }
    Violation.unless(
        recovered.hardState().commitIndex() >= durableCommit || judgement == Judgement.CONSEQUENCES,
        "I22",
        "%s forgets the commit index %d",
        host,
        durableCommit);
    host.durable = image;
    host.abandoned = List.of();
    if (judgement == Judgement.EVERYTHING) {
      requireEntries(host, start);
    }
  }

  private static void requireEntries(Host host, StartState start) {
    LogImage image = host.durable;
    long index = start.applied().index();
    long hash = host.flushed.prefixHash();
    Violation.unless(
        !image.covers(index) || image.hashAt(index) == hash,
        "I22",
        "%s has another log than state at %d",
        host,
        index);
    for (Entry entry : start.unapplied()) {
      hash = LogImage.hashAfter(hash, entry);
    }
    Violation.unless(
        hash == image.hashAt(image.lastIndex()),
        "I22",
        "%s recovers other entries up to %d than were durable",
        host,
        image.lastIndex());
  }
}
