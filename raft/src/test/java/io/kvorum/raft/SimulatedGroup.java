package io.kvorum.raft;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.kvorum.raft.Ready.ReadVerdict.Confirmed;
import io.kvorum.raft.membership.Configuration;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.raft.quorum.VoteTally.Answer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;

/// Several members, a network that loses, repeats and reorders, and an observer that sees
/// everything and knows nothing of how it is done. Every fault and every order comes from one seed.
final class SimulatedGroup {
  private record Leadership(MemberId member, int boot) {}

  private final long seed;
  private final SplittableRandom random;
  final List<SimulatedMember> members = new ArrayList<>();
  private final List<Envelope> network = new ArrayList<>();
  private final Map<Long, Leadership> leaders = new TreeMap<>();
  private final NavigableMap<Long, Entry> decided = new TreeMap<>();
  private final Map<MemberId, Long> nextHandedOut = new HashMap<>();
  private final Map<Long, Long> readsFrom = new HashMap<>();
  private final Map<Ballot, MemberId> votes = new HashMap<>();
  private final Set<MemberId> cutOff = new HashSet<>();
  private final int lossPercent;
  private final int repeatPercent;
  private final int crashPercent;
  private final boolean isCalmDisk;
  private long tokens;
  int confirmedReads;
  int crashes;

  SimulatedGroup(long seed, int voters) {
    this.seed = seed;
    this.random = new SplittableRandom(seed);
    this.lossPercent = random.nextInt(3) * 15;
    this.repeatPercent = random.nextInt(3) * 10;
    this.crashPercent = random.nextInt(3) * 2;
    this.isCalmDisk = random.nextBoolean();
    List<MemberId> ids = new ArrayList<>();
    for (int i = 1; i <= voters; i++) {
      ids.add(new MemberId(i));
    }
    Configuration configuration = Configuration.ofVoters(ids);
    RaftOptions options = randomOptions();
    for (MemberId id : ids) {
      members.add(new SimulatedMember(id, options, configuration));
      nextHandedOut.put(id, 2L);
    }
  }

  private RaftOptions randomOptions() {
    return new RaftOptions(
        new RaftOptions.Election(
            random.nextInt(3, 12), 1, random.nextInt(4) > 0, random.nextInt(4) > 0),
        new RaftOptions.Replication(random.nextInt(1, 40), random.nextInt(1, 8), 200),
        new RaftOptions.Limits(
            random.nextInt(20, 300),
            random.nextInt(5, 100),
            random.nextInt(1, 20),
            random.nextInt(1, 5),
            random.nextInt(1, 60)),
        new RaftOptions.Tail(random.nextInt(30), random.nextInt(200)));
  }

  /// One random event with all faults.
  void disturb() {
    SimulatedMember member = members.get(random.nextInt(members.size()));
    switch (random.nextInt(20)) {
      case 0, 1 -> member.step(new Input.Tick());
      case 2 -> propose(member);
      case 3 -> read(member);
      case 4, 5 -> member.sync(random.nextInt(1, 4));
      case 6 -> member.apply(random.nextInt(1, 6));
      case 9 -> member.readLog();
      case 7 -> crashOrFlush(member);
      case 8 -> member.step(new Input.PeerUnreachable(new MemberId(random.nextInt(1, 6))));
      default -> deliverOne();
    }
    if (random.nextInt(150) == 0) {
      redrawPartition();
    }
    if (isCalmDisk) {
      members.forEach(SimulatedMember::syncAll);
    }
    observe();
  }

  /// Cuts some members off from the others, or nobody.
  private void redrawPartition() {
    cutOff.clear();
    for (int i = random.nextInt(members.size()); i > 0; i--) {
      cutOff.add(new MemberId(random.nextInt(1, members.size() + 1)));
    }
  }

  private void propose(SimulatedMember member) {
    List<Input> inputs = new ArrayList<>();
    for (int i = random.nextInt(1, 4); i > 0; i--) {
      String text = member.id + "/" + ++tokens + "x".repeat(random.nextInt(8));
      inputs.add(new Input.Propose(tokens, ByteString.copyFromUtf8(text)));
    }
    member.stepTogether(inputs);
  }

  private void read(SimulatedMember member) {
    long token = ++tokens;
    readsFrom.put(token, decided.isEmpty() ? 1 : decided.lastKey());
    member.step(new Input.ReadIndex(token));
  }

  private void crashOrFlush(SimulatedMember member) {
    if (random.nextInt(100) < crashPercent * 10) {
      observe();
      member.crash();
      crashes++;
      nextHandedOut.put(member.id, member.flushed().index() + 1);
    } else {
      member.flush();
    }
  }

  private void deliverOne() {
    if (network.isEmpty()) {
      return;
    }
    int which =
        random.nextInt(4) == 0
            ? random.nextInt(network.size())
            : random.nextInt(Math.min(network.size(), members.size()));
    boolean isRepeated = random.nextInt(100) < repeatPercent;
    Envelope envelope = isRepeated ? network.get(which) : network.remove(which);
    boolean isCut = cutOff.contains(envelope.from()) != cutOff.contains(envelope.to());
    if (!isCut && random.nextInt(100) >= lossPercent) {
      deliver(envelope);
    }
  }

  private void deliver(Envelope envelope) {
    members.get((int) envelope.to().value() - 1).step(new Input.Received(envelope));
  }

  /// Time passes without faults, until everything in flight is done.
  void calm(int rounds) {
    for (int i = 0; i < rounds; i++) {
      members.forEach(member -> member.step(new Input.Tick()));
      for (int hop = 0; hop < 6; hop++) {
        members.forEach(SimulatedMember::syncAll);
        members.forEach(SimulatedMember::applyAll);
        members.forEach(SimulatedMember::readLog);
        observe();
        List<Envelope> inFlight = List.copyOf(network);
        network.clear();
        inFlight.forEach(this::deliver);
        observe();
      }
    }
  }

  /// Compares what the members did since the last call with what must never happen.
  private void observe() {
    for (SimulatedMember member : members) {
      for (Envelope envelope : member.takeSent()) {
        checkVouchedFor(member, envelope);
        network.add(envelope);
      }
      checkLeadership(member);
      checkCommitted(member);
      checkReads(member);
      member.refusals.clear();
    }
    while (network.size() > 400) {
      network.remove(random.nextInt(network.size()));
    }
  }

  /// I10, I11: what a message promises is on the disk when it leaves, and nobody votes twice.
  private void checkVouchedFor(SimulatedMember member, Envelope envelope) {
    Ballot durable = member.durableState().ballot();
    boolean isKept =
        switch (envelope.message()) {
          case RaftMessage.VoteRequest _ -> isKeptVote(durable, envelope.term(), member.id);
          case RaftMessage.VoteReply(var answer, _) ->
              answer == Answer.GRANTED
                  ? isKeptVote(durable, envelope.term(), envelope.to())
                      && voteOnce(member.id, envelope.term(), envelope.to())
                  : durable.term() >= envelope.term();
          case RaftMessage.AppendReply.Matched _, RaftMessage.AppendReply.Conflict _ ->
              durable.term() >= envelope.term();
          case RaftMessage.FromLeader _,
              RaftMessage.HeartbeatReply _,
              RaftMessage.AppendReply.Outdated _,
              RaftMessage.PreVoteRequest _,
              RaftMessage.PreVoteReply _,
              RaftMessage.TimeoutNow _,
              RaftMessage.ForwardedTransfer _,
              RaftMessage.ForwardedProposal _,
              RaftMessage.ForwardedProposalRefused _,
              RaftMessage.ReadIndexRequest _,
              RaftMessage.ReadIndexReply _,
              RaftMessage.ReadIndexRefused _ ->
              true;
        };
    assertThat(isKept).as("%s leaves over %s, seed %d", envelope, durable, seed).isTrue();
  }

  private static boolean isKeptVote(Ballot durable, long term, MemberId candidate) {
    return durable.term() > term || durable.equals(new Ballot(term, Optional.of(candidate)));
  }

  private boolean voteOnce(MemberId voter, long term, MemberId candidate) {
    MemberId known = votes.putIfAbsent(new Ballot(term, Optional.of(voter)), candidate);
    return known == null || known.equals(candidate);
  }

  /// I1: one leader per term over all history; a boot counts as another leader.
  private void checkLeadership(SimulatedMember member) {
    if (member.isLeader()) {
      Leadership now = new Leadership(member.id, member.boot());
      Leadership known = leaders.putIfAbsent(member.role().term(), now);
      assertThat(known == null || known.equals(now))
          .as("term %d led by %s and %s, seed %d", member.role().term(), known, now, seed)
          .isTrue();
    }
  }

  /// I5, I6, I8, R12: decided once, gapless, durable here, and durable on a majority.
  private void checkCommitted(SimulatedMember member) {
    for (Entry entry : member.committed) {
      long expected = nextHandedOut.getOrDefault(member.id, 0L);
      assertThat(entry.index()).as("gapless at %s, seed %d", member.id, seed).isEqualTo(expected);
      nextHandedOut.put(member.id, expected + 1);
      assertThat(member.holdsDurably(entry))
          .as("%s applies %s before it is durable, seed %d", member.id, entry.id(), seed)
          .isTrue();
      Entry known = decided.putIfAbsent(entry.index(), entry);
      assertThat(known == null || known.equals(entry))
          .as("%s and %s at one index, seed %d", known, entry, seed)
          .isTrue();
      long holders = members.stream().filter(each -> each.holdsDurably(entry)).count();
      assertThat(2 * holders)
          .as("%s is durable on %d members, seed %d", entry.id(), holders, seed)
          .isGreaterThan(members.size());
    }
    member.committed.clear();
  }

  /// I18: a read sees everything that anybody was told before it began.
  private void checkReads(SimulatedMember member) {
    for (Ready.ReadVerdict verdict : member.reads) {
      if (verdict instanceof Confirmed(var token, var index)) {
        confirmedReads++;
        assertThat(index)
            .as("read %d at %s, seed %d", token, member.id, seed)
            .isGreaterThanOrEqualTo(readsFrom.getOrDefault(token, Long.MAX_VALUE));
      }
    }
    member.reads.clear();
  }

  /// I24: one leader in a term that everybody knows, and nothing left to do.
  void assertSettled() {
    List<SimulatedMember> leading = members.stream().filter(SimulatedMember::isLeader).toList();
    assertThat(leading).as("leaders, seed %d", seed).hasSize(1);
    SimulatedMember leader = leading.getFirst();
    for (SimulatedMember member : members) {
      assertThat(member.role().term()).as("seed %d", seed).isEqualTo(leader.role().term());
      assertThat(member.role().leader()).as("seed %d", seed).contains(leader.id);
      assertThat(member.core().lastIndex())
          .as("%s, seed %d", member.id, seed)
          .isEqualTo(leader.core().lastIndex());
      assertThat(member.core().appliedIndex())
          .as("%s, seed %d", member.id, seed)
          .isEqualTo(leader.core().lastIndex());
    }
  }

  int terms() {
    return leaders.size();
  }

  int decided() {
    return decided.size();
  }
}
