package io.kvorum.server.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.kvorum.lease.LeaseId;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.server.ManualClock;
import io.kvorum.server.ManualLoop;
import io.kvorum.server.apply.LeaseFailure;
import io.kvorum.server.apply.Lessor;
import io.kvorum.server.apply.Lessor.KeepAlive;
import io.kvorum.server.apply.Lessor.Keys;
import io.kvorum.server.apply.Lessor.TimeToLive;
import io.kvorum.server.read.ReadFailure;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Clients ask member 1; members 2 and 3 lead in turn.
class LeaderLessorTest {
  private static final MemberId ONE = new MemberId(1);
  private static final MemberId TWO = new MemberId(2);
  private static final MemberId THREE = new MemberId(3);
  private static final LeaseId LEASE_7 = new LeaseId(7);
  private static final LeaseId LEASE_8 = new LeaseId(8);
  private static final long OWN_REVISION = 41;
  private static final long LEADERS_REVISION = 43;
  private static final Duration TICK = Duration.ofMillis(100);

  private final ManualClock clock = new ManualClock();
  private final ManualLoop loop = new ManualLoop();
  private final Network network = new Network();
  private final LeaseOutcomes<KeepAlive> keptAlive = new LeaseOutcomes<>();
  private final LeaseOutcomes<TimeToLive> timeLeft = new LeaseOutcomes<>();
  private final Side one = new Side(ONE);
  private final Side two = new Side(TWO);
  private final Side three = new Side(THREE);
  private final LeaderRequests requests =
      new LeaderRequests(
          one.status,
          new LeaderRequests.Limits(Duration.ofSeconds(7), Duration.ofSeconds(2), 3),
          clock);
  private final LeaderLessor lessor =
      new LeaderLessor(
          requests,
          new LeaderLessor.Sources(one.lessor, one.member, one.reads, () -> OWN_REVISION),
          one.calls);

  /// One member, as far as leases go.
  private final class Side {
    final Statuses status;
    final HeldReads reads = new HeldReads();
    final HeldRequests member = new HeldRequests();
    final ProvenLessor lessor;
    final PeerCalls calls;

    Side(MemberId self) {
      status = new Statuses(self);
      lessor = new ProvenLessor(member, new LeadershipProof(status, reads));
      calls =
          new PeerCalls(
              self.value() << 32,
              network.of(self),
              new CallAnswers(
                  lessor, new LeaderChanges(new TakenChanges(status)), new FixedFacts()),
              CallLimits.STANDARD,
              clock);
      network.join(self, calls);
    }

    /// To the question and, after the proof, to the second look.
    void answer(KeepAlive answer) {
      member.keepAlives.remove().answer(answer);
      loop.runAll();
      reads.confirm();
      loop.runAll();
      member.keepAlives.remove().answer(answer);
      settle();
    }
  }

  @BeforeEach
  void twoLeads() {
    one.status.follow(TWO, 3);
    two.status.lead(3);
    three.status.follow(TWO, 3);
  }

  @Test
  void keepAlive_atAFollower_isAnsweredByTheLeaderWithTheFollowersRevision() {
    keepAlive(LEASE_7);
    assertThat(two.member.keepAlives.element().lease()).isEqualTo(LEASE_7);

    two.answer(renewed(60));

    assertThat(keptAlive.all).containsExactly(new KeepAlive.Renewed(60, OWN_REVISION));
  }

  @Test
  void keepAlive_atTheLeader_isAnsweredByItself() {
    one.status.lead(4);

    keepAlive(LEASE_7);
    one.answer(renewed(60));

    assertThat(keptAlive.all).containsExactly(renewed(60));
    assertThat(network.all).isEmpty();
  }

  @Test
  void keepAliveOfAMissingLease_atAFollower_isGone() {
    keepAlive(LEASE_7);
    two.answer(new KeepAlive.Gone(LEADERS_REVISION));

    assertThat(keptAlive.all).containsExactly(new KeepAlive.Gone(OWN_REVISION));
  }

  @Test
  void keepAlivesOfOneTurn_travelInOneNote() {
    lessor.keepAlive(LEASE_7, loop, keptAlive);
    lessor.keepAlive(LEASE_8, loop, keptAlive);
    settle();

    assertThat(network.all).hasSize(1);
    assertThat(two.member.keepAlives).hasSize(2);
  }

  @Test
  void leaderDies_keepAliveIsAskedOfTheNextOne() {
    keepAlive(LEASE_7);
    network.cut(TWO);
    one.calls.connectionLost(TWO);
    loop.runAll();

    for (int i = 0; i < 5; i++) {
      tick(TICK); // nobody knows yet
    }
    one.status.loseLeader(3);
    tick(TICK);
    one.status.follow(THREE, 4);
    three.status.lead(4);
    tick(TICK);
    three.answer(renewed(60));

    assertThat(keptAlive.all).containsExactly(new KeepAlive.Renewed(60, OWN_REVISION));
  }

  @Test
  void memberAskedIsNoLeaderAnyMore_keepAliveIsAskedOfTheNextOne() {
    two.status.follow(THREE, 4);
    three.status.lead(4);
    keepAlive(LEASE_7);
    assertThat(keptAlive.all).isEmpty();

    one.status.follow(THREE, 4);
    tick(TICK);
    three.answer(renewed(60));

    assertThat(keptAlive.all).containsExactly(new KeepAlive.Renewed(60, OWN_REVISION));
  }

  /// The renewal of a leader that was deposed before it could prove that it led.
  @Test
  void leaderDeposedWhileItRenews_keepAliveIsAskedOfTheNextOne() {
    keepAlive(LEASE_7);
    two.member.keepAlives.remove().answer(renewed(60));
    two.status.follow(THREE, 4);
    two.reads.confirm();
    settle();
    assertThat(keptAlive.all).isEmpty();

    one.status.follow(THREE, 4);
    three.status.lead(4);
    tick(TICK);
    three.answer(renewed(50));

    assertThat(keptAlive.all).containsExactly(new KeepAlive.Renewed(50, OWN_REVISION));
  }

  @Test
  void leaderSilent_keepAliveIsAskedAgainAfterTheAttemptTimeout_andNotBefore() {
    keepAlive(LEASE_7);
    network.lose();
    tick(Duration.ofMillis(1_999));
    assertThat(network.all).hasSize(1);

    tick(Duration.ofMillis(1));
    tick(TICK);

    assertThat(network.all).hasSize(2);
  }

  @Test
  void ownLeadershipLost_keepAliveIsAskedOfTheNextOne() {
    one.status.lead(4);
    keepAlive(LEASE_7);
    one.status.follow(TWO, 5);
    two.status.lead(5);
    one.member.keepAlives.remove().fail(LeaseFailure.NOT_PRIMARY);
    loop.runAll();

    tick(TICK);
    two.answer(renewed(60));

    assertThat(keptAlive.all).containsExactly(new KeepAlive.Renewed(60, OWN_REVISION));
  }

  @Test
  void noLeaderForTheRequestTimeout_fails() {
    one.status.loseLeader(3);
    keepAlive(LEASE_7);

    tick(Duration.ofMillis(6_999));
    assertThat(keptAlive.all).isEmpty();
    tick(Duration.ofMillis(1));

    assertThat(keptAlive.all).containsExactly(LeaseFailure.NO_LEADER);
    tick(TICK);
    assertThat(keptAlive.all).hasSize(1);
  }

  @Test
  void leaderSilentForTheRequestTimeout_fails() {
    keepAlive(LEASE_7);
    network.cut(TWO);

    tick(Duration.ofSeconds(7));

    assertThat(keptAlive.all).containsExactly(LeaseFailure.TIMED_OUT);
  }

  @Test
  void answerAfterTheRequestTimeout_isNotGiven() {
    one.status.lead(4);
    keepAlive(LEASE_7);
    tick(Duration.ofSeconds(7));

    one.answer(renewed(60));

    assertThat(keptAlive.all).containsExactly(LeaseFailure.TIMED_OUT);
  }

  @Test
  void eventLoopMissesTicks_keepAliveIsAskedOnce() {
    one.status.loseLeader(3);
    keepAlive(LEASE_7);
    one.status.follow(TWO, 4);

    requests.tick(clock.advance(TICK));
    requests.tick(clock.advance(TICK));
    settle();

    assertThat(two.member.keepAlives).hasSize(1);
  }

  @Test
  void tooManyRequests_nextFails_asDoesOneTheLeaderHasNoRoomFor() {
    keepAlive(LEASE_7);
    two.member.keepAlives.remove().fail(LeaseFailure.TOO_MANY_REQUESTS);
    settle();
    assertThat(keptAlive.all).containsExactly(LeaseFailure.TOO_MANY_REQUESTS);
    keptAlive.all.clear();

    for (int i = 0; i < 4; i++) {
      keepAlive(LEASE_7);
    }

    assertThat(keptAlive.all).containsExactly(LeaseFailure.TOO_MANY_REQUESTS);
  }

  @Test
  void memberStops_waitingRequestsFail_andSoDoLaterOnes() {
    keepAlive(LEASE_7);

    requests.close();
    keepAlive(LEASE_8);

    assertThat(keptAlive.all).containsExactly(LeaseFailure.STOPPED, LeaseFailure.STOPPED);
  }

  @Test
  void timeToLive_atAFollower_isTheLeaders() {
    lessor.timeToLive(LEASE_7, Keys.LEFT_OUT, loop, timeLeft);
    settle();
    two.reads.confirm();
    two.member.timesToLive.remove().answer(new TimeToLive.Alive(59, 60, List.of(), 43));
    settle();

    assertThat(timeLeft.all).containsExactly(new TimeToLive.Alive(59, 60, List.of(), OWN_REVISION));
  }

  @Test
  void timeToLiveOfAMissingLease_atAFollower_isAbsent() {
    lessor.timeToLive(LEASE_7, Keys.LEFT_OUT, loop, timeLeft);
    settle();
    two.reads.confirm();
    two.member.timesToLive.remove().answer(new TimeToLive.Absent(43));
    settle();

    assertThat(timeLeft.all).containsExactly(new TimeToLive.Absent(OWN_REVISION));
  }

  @Test
  void timeToLiveWithKeys_atAFollower_hasItsOwnKeysReadBeforeTheLeaderIsAsked() {
    one.member.attached = List.of(ByteString.copyFromUtf8("stale"));
    lessor.timeToLive(LEASE_7, Keys.INCLUDED, loop, timeLeft);
    settle();
    assertThat(network.all).isEmpty();

    List<ByteString> keys = List.of(ByteString.copyFromUtf8("a"), ByteString.copyFromUtf8("b"));
    one.member.attached = keys;
    one.reads.confirm();
    settle();
    one.member.attached = List.of();
    two.reads.confirm();
    two.member.timesToLive.remove().answer(new TimeToLive.Alive(59, 60, List.of(), 43));
    settle();

    assertThat(timeLeft.all).containsExactly(new TimeToLive.Alive(59, 60, keys, OWN_REVISION));
  }

  @Test
  void readOfTheKeysFails_isTriedAgain() {
    lessor.timeToLive(LEASE_7, Keys.INCLUDED, loop, timeLeft);
    one.reads.fail(ReadFailure.LEADER_CHANGED);
    settle();

    tick(TICK);

    assertThat(one.reads.waiting()).isEqualTo(1);
    assertThat(timeLeft.all).isEmpty();
  }

  @Test
  void leases_areListedFromTheMembersOwnState() {
    LeaseOutcomes<Lessor.LeaseList> listed = new LeaseOutcomes<>();

    lessor.leases(loop, listed);
    loop.runAll();

    assertThat(listed.all).containsExactly(new Lessor.LeaseList(List.of(new LeaseId(99)), 17));
  }

  private static KeepAlive renewed(long ttlSeconds) {
    return new KeepAlive.Renewed(ttlSeconds, LEADERS_REVISION);
  }

  private void keepAlive(LeaseId lease) {
    lessor.keepAlive(lease, loop, keptAlive);
    settle();
  }

  private void tick(Duration later) {
    long nowNanos = clock.advance(later);
    requests.tick(nowNanos);
    one.calls.tick(nowNanos);
    settle();
  }

  private void settle() {
    loop.runAll();
    network.deliver();
    loop.runAll();
  }
}
