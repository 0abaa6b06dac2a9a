package io.kvorum.raft.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvorum.raft.Ballot;
import io.kvorum.raft.CoreProbe;
import io.kvorum.raft.Entry;
import io.kvorum.raft.EntryId;
import io.kvorum.raft.Envelope;
import io.kvorum.raft.RaftMessage.AppendReply;
import io.kvorum.raft.RaftMessage.VoteReply;
import io.kvorum.raft.RaftMessage.VoteRequest;
import io.kvorum.raft.Ready.ReadVerdict;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.raft.quorum.Quorum;
import io.kvorum.raft.quorum.VoteTally.Answer;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/// Sees everything that members do and knows nothing of how; fails when one of the invariants of
/// raft.md §2 that can be told from outside is broken.
final class Witness {
  private record Boot(MemberId member, int boot) {}

  private final World world;
  private final Map<Long, Boot> leaders = new TreeMap<>();
  private final Map<Ballot, MemberId> votes = new HashMap<>();
  private final NavigableMap<Long, Entry> decided = new TreeMap<>();
  private final Map<MemberId, NavigableMap<Long, Entry>> applied = new TreeMap<>();
  private final Map<Long, Long> readsFrom = new HashMap<>();
  private final NavigableMap<Long, EntryId> committed = new TreeMap<>();
  private final Map<Boot, Long> commitSeen = new HashMap<>();
  private final Map<Boot, Long> termSeen = new HashMap<>();

  Witness(World world) {
    this.world = world;
  }

  /// Every entry that `member` has applied, over all its boots.
  NavigableMap<Long, Entry> appliedBy(MemberId member) {
    return applied.computeIfAbsent(member, _ -> new TreeMap<>());
  }

  /// A read must see everything that was decided when it began.
  void readStarts(long token) {
    readsFrom.put(token, decided.isEmpty() ? 0 : decided.lastKey());
  }

  void observe(ScriptedMember member) {
    member.sent.forEach(envelope -> checkVouchedFor(member, envelope));
    if (member.isRunning()) {
      checkCourse(member);
    }
    if (member.isLeader()) {
      checkLeadership(member);
    }
    member.appliedNow.forEach(entry -> checkApplied(member, entry));
    member.appliedNow.clear();
    member.reads.forEach(this::checkRead);
    member.reads.clear();
    member.refusals.forEach(each -> world.tokens.refused(each.token(), each.refusal()));
    member.refusals.clear();
  }

  /// I10, I11: what a message promises is on the disk when it leaves, and nobody votes twice.
  private void checkVouchedFor(ScriptedMember member, Envelope envelope) {
    Ballot durable = member.durableState().ballot();
    long term = envelope.term();
    switch (envelope.message()) {
      case VoteRequest _ -> checkVote(member, durable, term, member.id);
      case VoteReply(var answer, _) when answer == Answer.GRANTED ->
          checkVote(member, durable, term, envelope.to());
      case VoteReply _, AppendReply.Matched _, AppendReply.Conflict _ ->
          assertThat(durable.term())
              .as("%s leaves over %s", envelope, durable)
              .isGreaterThanOrEqualTo(term);
      default -> {}
    }
  }

  private void checkVote(ScriptedMember member, Ballot durable, long term, MemberId candidate) {
    Ballot vote = new Ballot(term, Optional.of(candidate));
    assertThat(durable.term() > term || durable.equals(vote))
        .as("%s speaks of its vote %s over %s", member.id, vote, durable)
        .isTrue();
    MemberId known = votes.putIfAbsent(new Ballot(term, Optional.of(member.id)), candidate);
    assertThat(known == null || known.equals(candidate))
        .as("%s votes for %s and %s in term %d", member.id, known, candidate, term)
        .isTrue();
  }

  /// I1: one leader per term over all history; a boot counts as another leader.
  private void checkLeadership(ScriptedMember member) {
    Boot now = new Boot(member.id, member.boot());
    Boot known = leaders.putIfAbsent(member.role().term(), now);
    assertThat(known == null || known.equals(now))
        .as("term %d led by %s and %s", member.role().term(), known, now)
        .isTrue();
    if (known == null) {
      checkComplete(member);
    }
    noteCommit(member);
  }

  /// I4: a new leader has everything that any leader before it has committed.
  private void checkComplete(ScriptedMember leader) {
    long base = CoreProbe.base(leader.core()).index();
    Set<EntryId> held = new HashSet<>(CoreProbe.ids(leader.core()));
    assertThat(committed.tailMap(base, false).values())
        .as("committed before %s leads term %d", leader.id, leader.role().term())
        .allMatch(held::contains);
  }

  /// I8: what a leader commits is on the disks of a quorum of its configuration.
  private void noteCommit(ScriptedMember leader) {
    long commit = leader.core().commitIndex();
    if (commit
        <= (committed.isEmpty() ? CoreProbe.base(leader.core()).index() : committed.lastKey())) {
      return;
    }
    for (EntryId id : CoreProbe.ids(leader.core())) {
      if (id.index() <= commit && !committed.containsKey(id.index())) {
        committed.put(id.index(), id);
        assertThat(
                Quorum.of(leader.configuration()).isReachedBy(each -> world.holdsDurably(each, id)))
            .as("a quorum holds %s, which %s commits", id, leader.id)
            .isTrue();
      }
    }
  }

  /// I6, I10: nothing goes back within a boot, and what is committed is the same everywhere.
  private void checkCourse(ScriptedMember member) {
    Boot boot = new Boot(member.id, member.boot());
    long commit = member.core().commitIndex();
    Long commitBefore = commitSeen.put(boot, commit);
    Long termBefore = termSeen.put(boot, member.role().term());
    assertThat(commitBefore == null || commitBefore <= commit)
        .as("%s commits %d after %s", member.id, commit, commitBefore)
        .isTrue();
    assertThat(termBefore == null || termBefore <= member.role().term())
        .as("%s enters term %d after %s", member.id, member.role().term(), termBefore)
        .isTrue();
    for (EntryId id : CoreProbe.ids(member.core())) {
      EntryId known = committed.get(id.index());
      assertThat(id.index() > commit || known == null || known.equals(id))
          .as("%s commits %s instead of %s", member.id, id, known)
          .isTrue();
    }
  }

  /// I5, R12: decided once, and durable here.
  private void checkApplied(ScriptedMember member, Entry entry) {
    NavigableMap<Long, Entry> before = appliedBy(member.id);
    Entry again = before.put(entry.index(), entry);
    assertThat(again == null || again.equals(entry)).as("%s replays %s", member.id, entry).isTrue();
    assertThat(member.holdsDurably(entry))
        .as("%s applies %s before it is durable", member.id, entry.id())
        .isTrue();
    Entry known = decided.putIfAbsent(entry.index(), entry);
    assertThat(known == null || known.equals(entry))
        .as("%s and %s at one index", known, entry)
        .isTrue();
  }

  /// I18.
  private void checkRead(ReadVerdict verdict) {
    world.tokens.decided(verdict);
    if (verdict instanceof ReadVerdict.Confirmed(var token, var index)) {
      assertThat(index)
          .as("read %d", token)
          .isGreaterThanOrEqualTo(readsFrom.getOrDefault(token, Long.MAX_VALUE));
    }
  }

  /// I3: logs that share an id share everything before it.
  void checkLogsMatch() {
    for (ScriptedMember first : world.members.values()) {
      for (ScriptedMember second : world.members.values()) {
        if (first.isRunning() && second.isRunning() && first.id.compareTo(second.id) < 0) {
          checkLogsMatch(first, second);
        }
      }
    }
  }

  private static void checkLogsMatch(ScriptedMember first, ScriptedMember second) {
    Map<Long, EntryId> ids = new TreeMap<>();
    CoreProbe.ids(second.core()).forEach(id -> ids.put(id.index(), id));
    boolean matches = false;
    for (EntryId id : CoreProbe.ids(first.core()).reversed()) {
      EntryId other = ids.get(id.index());
      matches |= id.equals(other);
      assertThat(!matches || other == null || other.equals(id))
          .as("%s and %s share a later entry, but not %s", first.id, second.id, id)
          .isTrue();
    }
  }
}
