package io.kvorum.lease;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class LeaseDeadlinesTest {
  private static final LeaseId LEASE_7 = new LeaseId(7);
  private static final LeaseId LEASE_9 = new LeaseId(-9);
  private static final LeaseLimits LIMITS =
      new LeaseLimits(
          Duration.ofSeconds(1),
          3,
          Duration.ofSeconds(7),
          Duration.ofSeconds(2),
          Duration.ofMinutes(5));

  private final Leases leases = new Leases();
  private final LeaseDeadlines deadlines = LeaseDeadlines.promoted(leases, LIMITS, atSecond(0));

  @Test
  void renewedLease_oldDeadlinePasses_expiresAtTheNewOne() {
    Lease lease = grant(LEASE_7, 10, atSecond(0));

    assertThat(deadlines.renew(LEASE_7, atSecond(9))).isEqualTo(new Renewal.Renewed(lease));

    assertThat(deadlines.takeExpired(atSecond(18), 500)).isEmpty();
    assertThat(deadlines.takeExpired(atSecond(19), 500)).containsExactly(lease);
  }

  @Test
  void grantedLease_deadlineReached_expiresNotEarlier() {
    Lease lease = grant(LEASE_7, 10, atSecond(3));

    List<Lease> justBefore = deadlines.takeExpired(atSecond(13) - 1, 500);

    assertThat(justBefore).isEmpty();
    assertThat(deadlines.takeExpired(atSecond(13), 500)).containsExactly(lease);
  }

  @Test
  void expiredLease_renewed_isNotSaved() {
    grant(LEASE_7, 10, atSecond(0));

    assertThat(deadlines.renew(LEASE_7, atSecond(10))).isEqualTo(new Renewal.Expired());
    assertThat(deadlines.takeExpired(atSecond(10), 500)).hasSize(1);
    assertThat(deadlines.renew(LEASE_7, atSecond(11))).isEqualTo(new Renewal.Expired());
  }

  @Test
  void expiredLease_notRevokedWithinTheRetryTime_isTakenAgain() {
    Lease lease = grant(LEASE_7, 10, atSecond(0));
    deadlines.takeExpired(atSecond(10), 500);

    assertThat(deadlines.takeExpired(atSecond(16), 500)).isEmpty();
    assertThat(deadlines.takeExpired(atSecond(17), 500)).containsExactly(lease);
  }

  @Test
  void revokedAndGrantedAgain_oldDeadlinePasses_newLifeGoesOn() {
    grant(LEASE_7, 10, atSecond(0));
    leases.revoke(LEASE_7);
    deadlines.revoked(LEASE_7);
    grant(LEASE_7, 20, atSecond(5));

    assertThat(deadlines.takeExpired(atSecond(24), 500)).isEmpty();
    assertThat(deadlines.takeExpired(atSecond(25), 500)).hasSize(1);
  }

  @Test
  void moreExpiredThanAsked_taken_earliestFirstAndTheRestLater() {
    grant(LEASE_7, 10, atSecond(0));
    grant(LEASE_9, 5, atSecond(0));

    List<Lease> first = deadlines.takeExpired(atSecond(30), 1);

    assertThat(first).extracting(Lease::id).containsExactly(LEASE_9);
    assertThat(deadlines.takeExpired(atSecond(30), 1))
        .extracting(Lease::id)
        .containsExactly(LEASE_7);
  }

  @Test
  void remaining_betweenSeconds_isTruncated() {
    grant(LEASE_7, 10, atSecond(0));

    assertThat(deadlines.remainingSeconds(LEASE_7, 1)).isEqualTo(OptionalLong.of(9));
    assertThat(deadlines.remainingSeconds(LEASE_7, atSecond(99))).isEqualTo(OptionalLong.of(0));
    assertThat(deadlines.remainingSeconds(LEASE_9, 1)).isEmpty();
  }

  @Test
  void longestTtl_granted_doesNotRunOver() {
    grant(LEASE_7, Lease.MAX_TTL_SECONDS, Long.MAX_VALUE / 2);

    assertThat(deadlines.takeExpired(Long.MAX_VALUE - 1, 500)).isEmpty();
    assertThat(deadlines.renew(LEASE_9, 1)).isEqualTo(new Renewal.Unknown());
  }

  @Test
  void leases_listed_theOneThatEndsFirstInFront() {
    grant(LEASE_7, 10, atSecond(0));
    grant(LEASE_9, 60, atSecond(0));
    grant(new LeaseId(8), 30, atSecond(0));

    assertThat(deadlines.byRemaining(leases)).containsExactly(LEASE_7, new LeaseId(8), LEASE_9);
  }

  @Test
  void unattendedLease_everyTenthOfItsTtl_isNoted() {
    Lease lease = grant(LEASE_7, 100, atSecond(0));

    assertThat(deadlines.takeCheckpoints(atSecond(9), 500)).isEmpty();
    assertThat(deadlines.takeCheckpoints(atSecond(10), 500))
        .containsExactly(new LeaseCheckpoint(LEASE_7, lease.generation(), 90_000));
    assertThat(deadlines.takeCheckpoints(atSecond(19), 500)).isEmpty();
    assertThat(deadlines.takeCheckpoints(atSecond(20), 500))
        .containsExactly(new LeaseCheckpoint(LEASE_7, lease.generation(), 80_000));
  }

  @Test
  void renewedLease_halfItsTtlWithoutRenewal_isNotedOnlyThen() {
    grant(LEASE_7, 100, atSecond(0));
    deadlines.renew(LEASE_7, atSecond(5));

    assertThat(deadlines.takeCheckpoints(atSecond(54), 500)).isEmpty();
    assertThat(deadlines.takeCheckpoints(atSecond(55), 500))
        .extracting(LeaseCheckpoint::remainingMillis)
        .containsExactly(50_000L);
  }

  @Test
  void renewalWhileTheNoteIsOnItsWay_mustClearItFirst() {
    Lease lease = grant(LEASE_7, 100, atSecond(0));
    deadlines.takeCheckpoints(atSecond(10), 500);

    assertThat(deadlines.renew(LEASE_7, atSecond(11))).isEqualTo(new Renewal.ClearFirst(lease));
    assertThat(deadlines.renew(LEASE_7, atSecond(12))).isEqualTo(new Renewal.ClearUnderWay(lease));
    deadlines.cleared(LEASE_7);
    assertThat(deadlines.renew(LEASE_7, atSecond(13))).isEqualTo(new Renewal.Renewed(lease));
  }

  @Test
  void clearOfUnknownOutcome_appliedAfterTheNextNote_doesNotCount() {
    Lease lease = grant(LEASE_7, 100, atSecond(0));
    deadlines.takeCheckpoints(atSecond(10), 500);
    deadlines.renew(LEASE_7, atSecond(11));
    deadlines.clearFailed(LEASE_7);
    deadlines.takeCheckpoints(atSecond(61), 500);

    deadlines.cleared(LEASE_7);

    assertThat(deadlines.renew(LEASE_7, atSecond(62))).isEqualTo(new Renewal.ClearFirst(lease));
  }

  @Test
  void renewalWaitsForItsClear_checkpointDue_noneIsProposed() {
    grant(LEASE_7, 100, atSecond(0));
    deadlines.takeCheckpoints(atSecond(10), 500);
    deadlines.renew(LEASE_7, atSecond(11));

    assertThat(deadlines.takeCheckpoints(atSecond(80), 500)).isEmpty();
  }

  @Test
  void promotedLeases_noteKnown_startFromItWithGrace() {
    grant(LEASE_7, 100, atSecond(0));
    grant(LEASE_9, 100, atSecond(0));
    leases.checkpoint(LEASE_7, new LeaseGeneration(107), 40_000);

    LeaseDeadlines next = LeaseDeadlines.promoted(leases, LIMITS, atSecond(1_000));

    assertThat(next.remainingSeconds(LEASE_7, atSecond(1_000))).isEqualTo(OptionalLong.of(41));
    assertThat(next.remainingSeconds(LEASE_9, atSecond(1_000))).isEqualTo(OptionalLong.of(101));
    assertThat(next.renew(LEASE_7, atSecond(1_001))).isInstanceOf(Renewal.ClearFirst.class);
    assertThat(next.renew(LEASE_9, atSecond(1_001))).isInstanceOf(Renewal.Renewed.class);
  }

  @Test
  void massOfLeases_promoted_neverMoreThanTheRateEndInOneSecondAndNoneIsShortened() {
    for (int i = 1; i <= 10; i++) {
      grant(new LeaseId(i), 10, atSecond(0));
    }

    LeaseDeadlines next = LeaseDeadlines.promoted(leases, LIMITS, atSecond(0));

    List<Integer> expiredPerSecond = new ArrayList<>();
    for (int second = 10; second <= 14; second++) {
      expiredPerSecond.add(next.takeExpired(atSecond(second), 500).size());
    }
    assertThat(expiredPerSecond).containsExactly(0, 3, 3, 3, 1);
  }

  @Test
  void checkpointOfAnotherGeneration_isIgnored() {
    grant(LEASE_7, 100, atSecond(0));

    Optional<Lease> changed = leases.checkpoint(LEASE_7, new LeaseGeneration(106), 40_000);

    assertThat(changed).isEmpty();
    assertThat(leases.find(LEASE_7).orElseThrow().isCheckpointed()).isFalse();
  }

  private Lease grant(LeaseId id, long ttlSeconds, long nowNanos) {
    Lease lease = Lease.granted(id, ttlSeconds, new LeaseGeneration(100 + id.value()));
    leases.grant(lease);
    deadlines.granted(lease, nowNanos);
    return lease;
  }

  private static long atSecond(long second) {
    return second * 1_000_000_000L;
  }
}
