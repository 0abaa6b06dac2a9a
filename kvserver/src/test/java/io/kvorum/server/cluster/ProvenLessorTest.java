package io.kvorum.server.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvorum.lease.LeaseId;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.server.ManualLoop;
import io.kvorum.server.apply.LeaseFailure;
import io.kvorum.server.apply.Lessor.KeepAlive;
import io.kvorum.server.apply.Lessor.Keys;
import io.kvorum.server.apply.Lessor.TimeToLive;
import java.util.List;
import org.junit.jupiter.api.Test;

/// What a leader may say, and when.
class ProvenLessorTest {
  private static final LeaseId LEASE_7 = new LeaseId(7);
  private static final MemberId SUCCESSOR = new MemberId(2);

  private final Statuses status = new Statuses(new MemberId(1));
  private final HeldReads reads = new HeldReads();
  private final ManualLoop loop = new ManualLoop();
  private final HeldRequests member = new HeldRequests();
  private final LeaseOutcomes<KeepAlive> keptAlive = new LeaseOutcomes<>();
  private final LeaseOutcomes<TimeToLive> timeLeft = new LeaseOutcomes<>();
  private final ProvenLessor lessor = new ProvenLessor(member, new LeadershipProof(status, reads));

  @Test
  void renewed_isAnsweredWhenItIsProvenThatTheMemberLedAfterwards() {
    status.lead(3);
    keepAlive();
    assertThat(reads.waiting()).as("a proof from before says nothing").isZero();

    answer(new KeepAlive.Renewed(60, 11));
    confirm();
    assertThat(keptAlive.all).isEmpty();
    answer(new KeepAlive.Renewed(60, 12));

    assertThat(keptAlive.all).containsExactly(new KeepAlive.Renewed(60, 11));
    assertThat(reads.waiting()).isZero();
  }

  /// Another member has applied the revoke, and answered its client, before the leader has.
  @Test
  void leaseRevokedButNotYetHere_keptAlive_isGone() {
    status.lead(3);
    keepAlive();
    answer(new KeepAlive.Renewed(60, 11));
    confirm();

    answer(new KeepAlive.Gone(12));

    assertThat(keptAlive.all).containsExactly(new KeepAlive.Gone(12));
  }

  /// The successor does not know of this renewal, so nobody may be told of it.
  @Test
  void deposedLeader_hasRenewed_doesNotAnswer() {
    status.lead(3);
    keepAlive();
    answer(new KeepAlive.Renewed(60, 11));

    status.follow(SUCCESSOR, 4);
    confirm();

    assertThat(keptAlive.all).containsExactly(LeaseFailure.NOT_PRIMARY);
  }

  @Test
  void unknownLease_isGoneWhenEverythingCommittedBeforeIsApplied() {
    status.lead(3);
    keepAlive();
    answer(new KeepAlive.Gone(11));
    assertThat(keptAlive.all).isEmpty();

    confirm();
    assertThat(keptAlive.all).isEmpty();
    answer(new KeepAlive.Gone(12));

    assertThat(keptAlive.all).containsExactly(new KeepAlive.Gone(12));
    assertThat(reads.waiting()).isZero();
  }

  /// Another member has applied the grant, and answered its client, before the leader has.
  @Test
  void leaseGrantedButNotAppliedHere_keptAlive_isRenewed() {
    status.lead(3);
    keepAlive();
    answer(new KeepAlive.Gone(11));
    confirm();

    answer(new KeepAlive.Renewed(60, 12));
    confirm();

    assertThat(keptAlive.all).containsExactly(new KeepAlive.Renewed(60, 12));
  }

  @Test
  void timeToLive_isReadWhenEverythingCommittedBeforeIsApplied() {
    status.lead(3);
    lessor.timeToLive(LEASE_7, Keys.INCLUDED, loop, timeLeft);
    assertThat(member.timesToLive).isEmpty();

    confirm();
    TimeToLive alive = new TimeToLive.Alive(59, 60, List.of(), 12);
    member.timesToLive.remove().answer(alive);
    loop.runAll();

    assertThat(timeLeft.all).containsExactly(alive);
  }

  @Test
  void notTheLeader_refusesWithoutAsking() {
    status.follow(SUCCESSOR, 4);

    keepAlive();
    lessor.timeToLive(LEASE_7, Keys.INCLUDED, loop, timeLeft);
    loop.runAll();

    assertThat(keptAlive.all).containsExactly(LeaseFailure.NOT_PRIMARY);
    assertThat(timeLeft.all).containsExactly(LeaseFailure.NOT_PRIMARY);
    assertThat(member.keepAlives).isEmpty();
    assertThat(member.timesToLive).isEmpty();
  }

  @Test
  void memberFails_failureIsPassedOn() {
    status.lead(3);
    keepAlive();

    member.keepAlives.remove().fail(LeaseFailure.TIMED_OUT);
    loop.runAll();

    assertThat(keptAlive.all).containsExactly(LeaseFailure.TIMED_OUT);
  }

  private void keepAlive() {
    lessor.keepAlive(LEASE_7, loop, keptAlive);
  }

  private void answer(KeepAlive answer) {
    member.keepAlives.remove().answer(answer);
    loop.runAll();
  }

  private void confirm() {
    reads.confirm();
    loop.runAll();
  }
}
