package io.kvorum.raft.node;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.kvorum.raft.Ballot;
import io.kvorum.raft.Entry;
import io.kvorum.raft.EntryId;
import io.kvorum.raft.EntryKind;
import io.kvorum.raft.Envelope;
import io.kvorum.raft.HardState;
import io.kvorum.raft.Input.SnapshotSent.Delivery;
import io.kvorum.raft.ProposalRefusal;
import io.kvorum.raft.RaftMessage.SnapshotOffer;
import io.kvorum.raft.RaftOptions;
import io.kvorum.raft.Ready.SnapshotWanted;
import io.kvorum.raft.RoleKind;
import io.kvorum.raft.SnapshotMarker;
import io.kvorum.raft.membership.ConfigChange;
import io.kvorum.raft.membership.ConfigChange.Alter;
import io.kvorum.raft.membership.ConfigChange.Step;
import io.kvorum.raft.membership.ConfigChange.Transition;
import io.kvorum.raft.membership.ConfigChanger;
import io.kvorum.raft.membership.Configuration;
import io.kvorum.raft.membership.MemberId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Several members in one process, each with its own threads, in real time.
class RaftGroupTest {
  private static final EntryId FOUNDING = new EntryId(1, 1);
  private static final HardState FOUNDING_STATE = new HardState(new Ballot(1, Optional.empty()), 1);
  private static final Duration TICK = Duration.ofMillis(40);

  /// So little that a follower which misses a few hundred entries needs them from the disk.
  private static final RaftOptions OPTIONS =
      RaftOptions.defaults().withTail(new RaftOptions.Tail(20, 1 << 10));

  /// The only change that these tests make.
  private static final ConfigChange ADD_LEARNER_4 =
      new Alter(List.of(new Step.AddLearner(id(4))), Transition.AUTOMATIC);

  private final Map<MemberId, Member> members = new ConcurrentSkipListMap<>();
  private final Set<MemberId> cutOff = ConcurrentHashMap.newKeySet();

  /// A node, its log, and what an applier would do.
  private final class Member implements RaftListener {
    final MemoryLog log;
    final Map<Long, Entry> applied = new ConcurrentSkipListMap<>();
    final Map<Long, Long> reads = new ConcurrentHashMap<>();
    final Map<Long, ProposalRefusal> refusals = new ConcurrentHashMap<>();
    final Map<SnapshotMarker, Map<Long, Entry>> taken = new ConcurrentHashMap<>();
    final Map<SnapshotMarker, Map<Long, Entry>> received = new ConcurrentHashMap<>();
    final List<SnapshotMarker> installed = new CopyOnWriteArrayList<>();
    private int offered; // thread `raft`
    final CountDownLatch started = new CountDownLatch(1);
    final RaftNode node;
    volatile Configuration configuration;

    Member(MemberId self, Configuration founders, MemoryLog log, EntryId from) {
      this.log = log;
      this.configuration = founders;
      RaftNodeOptions options = RaftNodeOptions.of(self, OPTIONS, TICK);
      this.node =
          RaftNode.start(
              options,
              log,
              log.recovered(),
              new AppliedState(from, founders),
              this,
              RaftGroupTest.this::deliver,
              System::nanoTime,
              new SplittableRandom(self.value()));
      started.countDown();
    }

    @Override
    public void committed(List<Entry> entries) {
      awaitStart();
      for (Entry entry : entries) {
        applied.put(entry.index(), entry);
        if (entry.kind() == EntryKind.CONFIGURATION) {
          var outcome = ConfigChanger.apply(configuration, ADD_LEARNER_4);
          configuration = ((ConfigChanger.Outcome.Changed) outcome).configuration();
          node.configurationApplied(entry.index(), configuration);
        }
      }
      node.applied(entries.getLast().index());
    }

    private void awaitStart() {
      try {
        started.await();
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }

    /// The files are the applied entries of the one that took them.
    @Override
    public void install(SnapshotMarker marker) {
      awaitStart();
      installed.add(marker);
      applied.clear();
      applied.putAll(files(marker));
      configuration = marker.configuration();
      node.applied(marker.id().index());
    }

    private Map<Long, Entry> files(SnapshotMarker marker) {
      return Objects.requireNonNull(received.get(marker), "installed before the files are there");
    }

    @Override
    public void snapshotWanted(SnapshotWanted wanted) {
      awaitStart();
      SnapshotMarker marker =
          new SnapshotMarker(
              Objects.requireNonNull(applied.get(Collections.max(applied.keySet()))).id(),
              configuration);
      taken.put(marker, new TreeMap<>(applied));
      node.snapshotReady(wanted.peer(), wanted.term(), marker);
    }

    /// Every other stream fails.
    @Override
    public void snapshotOffered(Envelope offer) {
      SnapshotMarker marker = ((SnapshotOffer) offer.message()).marker();
      long index = marker.id().index();
      Member receiver = members.get(offer.to());
      if (++offered % 2 == 1 || receiver == null || cutOff.contains(offer.to())) {
        node.snapshotSent(offer.to(), index, Delivery.FAILED);
        return;
      }
      receiver.received.put(marker, Objects.requireNonNull(taken.get(marker)));
      receiver.node.receive(offer);
      node.snapshotSent(offer.to(), index, Delivery.DELIVERED);
    }

    @Override
    public void readIndexReady(long token, long index) {
      reads.put(token, index);
    }

    @Override
    public void readIndexAborted(long token) {
      reads.put(token, -1L);
    }

    @Override
    public void proposalRefused(long token, ProposalRefusal refusal) {
      refusals.put(token, refusal);
    }

    @Override
    public void statusChanged(RaftStatus status) {}

    @Override
    public void failed(Throwable cause) {
      throw new AssertionError(cause);
    }

    List<String> puts() {
      return applied.values().stream()
          .filter(entry -> entry.kind() == EntryKind.NORMAL && !entry.payload().isEmpty())
          .map(entry -> entry.payload().toStringUtf8())
          .toList();
    }
  }

  @AfterEach
  void closeAll() {
    members.values().forEach(member -> member.node.close());
  }

  @Test
  void threeMembers_proposalsAnywhere_areAppliedEverywhereInOneOrder() {
    startFounders(3);
    Member leader = awaitLeader();

    for (int i = 0; i < 300; i++) {
      propose(member(1 + i % 3), i);
    }
    await(
        () -> {
          members.values().forEach(RaftGroupTest::proposeRefusedAgain);
          return leader.puts().size() == 300;
        });

    await(() -> members.values().stream().allMatch(it -> it.puts().equals(leader.puts())));
  }

  @Test
  void leader_closes_theOthersGoOnWithWhatWasCommitted() {
    startFounders(3);
    Member first = awaitLeader();
    first.node.propose(1, text("before"));
    await(() -> members.values().stream().allMatch(it -> it.puts().equals(List.of("before"))));

    first.node.close();
    members.values().remove(first);
    Member second = awaitLeader();
    second.node.propose(2, text("after"));

    await(() -> members.values().stream().allMatch(it -> it.puts().size() == 2));
    assertThat(second.puts()).containsExactly("before", "after");
  }

  @Test
  void follower_asksForAReadIndex_getsOneThatCoversWhatWasAppliedBefore() {
    startFounders(3);
    Member leader = awaitLeader();
    leader.node.propose(1, text("x"));
    await(() -> leader.puts().size() == 1);
    long appliedIndex = leader.applied.keySet().stream().max(Long::compare).orElseThrow();
    Member follower = anyFollower(leader);

    follower.node.readIndex(77);

    await(() -> follower.reads.containsKey(77L));
    assertThat(follower.reads.get(77L)).isGreaterThanOrEqualTo(appliedIndex);
  }

  @Test
  void proposalOfAFollower_cannotLeave_isRefused() {
    startFounders(3);
    Member leader = awaitLeader();
    Member follower = anyFollower(leader);
    await(() -> follower.node.status().leader().isPresent());
    cutOff.add(leader.node.status().self());

    follower.node.propose(9, text("nowhere"));

    await(() -> follower.refusals.containsKey(9L));
    assertThat(follower.refusals.get(9L)).isEqualTo(ProposalRefusal.NO_LEADER);
  }

  @Test
  void followerThatWasCutOff_comesBack_isFedFromTheDisk() {
    startFounders(3);
    Member leader = awaitLeader();
    Member follower = anyFollower(leader);
    cutOff.add(follower.node.status().self());
    for (int i = 0; i < 2_000; i++) {
      String payload = "value " + i;
      await(() -> leader.node.propose(1, text(payload)));
    }
    await(() -> leader.puts().size() == 2_000);
    assertThat(follower.puts()).isEmpty();

    cutOff.clear();

    await(() -> follower.puts().equals(leader.puts()));
    assertThat(leader.log.readEntries()).as("entries read from the log").isGreaterThan(1_000);
  }

  @Test
  void followerThatWasCutOff_logIsDroppedMeanwhile_installsASnapshotAndGoesOn() {
    startFounders(3);
    Member leader = awaitLeader();
    Member follower = anyFollower(leader);
    cutOff.add(follower.node.status().self());
    writeAndDropTheLog(leader, 500);

    cutOff.clear();

    await(() -> follower.puts().equals(leader.puts()));
    assertThat(follower.installed).isNotEmpty();
    leader.node.propose(2, text("after"));
    await(() -> follower.puts().size() == 501);
    assertThat(follower.log.marker().orElseThrow()).isEqualTo(follower.installed.getLast());
  }

  @Test
  void learnerAdded_logIsDroppedBefore_startsWithASnapshot() {
    startFounders(3);
    Member leader = awaitLeader();
    writeAndDropTheLog(leader, 200);

    leader.node.proposeChange(2, ADD_LEARNER_4, text("4"));
    await(() -> leader.configuration.learners().contains(id(4)));
    MemoryLog empty = new MemoryLog(FOUNDING_STATE, FOUNDING);
    members.put(id(4), new Member(id(4), founders(3), empty, FOUNDING));

    await(() -> member(4).puts().equals(leader.puts()));
    assertThat(member(4).installed).isNotEmpty();
    assertThat(member(4).configuration.learners()).contains(id(4));
  }

  /// Until nothing but a snapshot can bring in somebody who has none of it.
  private static void writeAndDropTheLog(Member leader, int count) {
    for (int i = 0; i < count; i++) {
      String payload = "value " + i;
      await(() -> leader.node.propose(1, text(payload)));
    }
    await(() -> leader.puts().size() == count);
    await(
        () -> {
          leader.node.stateDurable(leader.node.status().appliedIndex());
          return leader.log.droppedTo() > 50;
        });
  }

  @Test
  void leaderCutOff_comesBack_followsAndLosesWhatNobodyElseHas() {
    startFounders(3);
    Member old = awaitLeader();
    cutOff.add(old.node.status().self());
    old.node.propose(1, text("lost"));
    await(() -> old.node.status().role() != RoleKind.LEADER);
    Member successor = awaitLeader();
    successor.node.propose(2, text("kept"));
    await(() -> successor.puts().equals(List.of("kept")));

    cutOff.clear();

    await(() -> old.puts().equals(List.of("kept")));
  }

  @Test
  void transfer_toAFollower_makesItLead() {
    startFounders(3);
    Member leader = awaitLeader();
    Member follower = anyFollower(leader);

    leader.node.transferLeadership(5, follower.node.status().self());

    await(() -> follower.node.status().role() == RoleKind.LEADER);
    assertThat(leader.refusals).isEmpty();
  }

  @Test
  void learnerAdded_startsEmpty_getsEverything() {
    startFounders(3);
    Member leader = awaitLeader();
    leader.node.propose(1, text("early"));
    await(() -> leader.puts().size() == 1);

    leader.node.proposeChange(2, ADD_LEARNER_4, text("4"));
    await(() -> leader.configuration.learners().contains(id(4)));
    MemoryLog empty = new MemoryLog(FOUNDING_STATE, FOUNDING);
    members.put(id(4), new Member(id(4), founders(3), empty, FOUNDING));
    leader.node.propose(3, text("late"));

    await(() -> member(4).puts().equals(List.of("early", "late")));
    assertThat(member(4).node.status().role()).isEqualTo(RoleKind.FOLLOWER);
  }

  private static void propose(Member member, long token) {
    assertThat(member.node.propose(token, text("p" + token))).isTrue();
  }

  /// A member that does not know its leader yet refuses: the proposal is in no log.
  private static void proposeRefusedAgain(Member member) {
    for (Long token : List.copyOf(member.refusals.keySet())) {
      member.refusals.remove(token);
      propose(member, token);
    }
  }

  private boolean deliver(Envelope envelope) {
    Member receiver = members.get(envelope.to());
    return receiver != null
        && !cutOff.contains(envelope.from())
        && !cutOff.contains(envelope.to())
        && receiver.node.receive(envelope);
  }

  private void startFounders(int count) {
    for (int i = 1; i <= count; i++) {
      MemoryLog log = new MemoryLog(FOUNDING_STATE, FOUNDING);
      members.put(id(i), new Member(id(i), founders(count), log, FOUNDING));
    }
  }

  private Member member(int number) {
    return Objects.requireNonNull(members.get(id(number)));
  }

  private static Configuration founders(int count) {
    List<MemberId> ids = new ArrayList<>();
    for (int i = 1; i <= count; i++) {
      ids.add(id(i));
    }
    return Configuration.ofVoters(ids);
  }

  /// One that a majority of those who are not cut off follows.
  private Member awaitLeader() {
    TreeMap<Long, Member> found = new TreeMap<>();
    await(
        () -> {
          found.clear();
          for (Member member : members.values()) {
            RaftStatus status = member.node.status();
            if (status.role() == RoleKind.LEADER && !cutOff.contains(status.self())) {
              found.put(status.term(), member);
            }
          }
          return !found.isEmpty();
        });
    return found.lastEntry().getValue();
  }

  private Member anyFollower(Member leader) {
    return members.values().stream().filter(it -> !it.equals(leader)).findFirst().orElseThrow();
  }

  private static void await(BooleanSupplier condition) {
    long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("deadline").isLessThan(deadline);
      Thread.onSpinWait();
    }
  }

  private static MemberId id(int number) {
    return new MemberId(number);
  }

  private static ByteString text(String text) {
    return ByteString.copyFromUtf8(text);
  }
}
