package io.kvorum.lease;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/// Random grants, renewals, revokes and expiries against a map of deadlines that is searched in
/// full.
class LeaseDeadlinesModelTest {
  private static final long NANOS_PER_SECOND = 1_000_000_000L;
  private static final int IDS = 24;
  private static final LeaseLimits LIMITS =
      LeaseLimits.of(Duration.ofSeconds(1), Duration.ofSeconds(7));

  @Test
  void randomHistory_everyStep_agreesWithTheModel() {
    for (long seed = 1; seed <= 300; seed++) {
      new History(seed).run(400);
    }
  }

  private static final class History {
    private final long seed;
    private final Random random;
    private final Leases leases = new Leases();
    private final NavigableMap<LeaseId, Long> model = new TreeMap<>();
    private LeaseDeadlines deadlines;
    private long nowNanos;
    private long nextGeneration = 17;

    History(long seed) {
      this.seed = seed;
      this.random = new Random(seed);
      this.deadlines = LeaseDeadlines.promoted(leases, LIMITS, nowNanos);
    }

    void run(int steps) {
      for (int step = 0; step < steps; step++) {
        nowNanos += random.nextLong(NANOS_PER_SECOND);
        LeaseId id = new LeaseId(1 + random.nextInt(IDS));
        switch (random.nextInt(8)) {
          case 0, 1 -> grant(id);
          case 2, 3, 4 -> renew(id);
          case 5 -> revoke(id);
          case 6 -> expire();
          case 7 -> checkPromotion();
          default -> throw new AssertionError();
        }
        compare();
      }
    }

    private void grant(LeaseId id) {
      if (leases.contains(id)) {
        return;
      }
      long ttlSeconds = random.nextLong(1, 21);
      Lease lease = Lease.granted(id, ttlSeconds, new LeaseGeneration(nextGeneration++));
      leases.grant(lease);
      deadlines.granted(lease, nowNanos);
      model.put(id, nowNanos + ttlSeconds * NANOS_PER_SECOND);
    }

    private void renew(LeaseId id) {
      Renewal renewal = deadlines.renew(id, nowNanos);
      Long deadline = model.get(id);
      if (deadline == null) {
        assertThat(renewal).as("seed %d", seed).isEqualTo(new Renewal.Unknown());
      } else if (deadline <= nowNanos) {
        assertThat(renewal).as("seed %d", seed).isEqualTo(new Renewal.Expired());
      } else {
        assertThat(renewal).as("seed %d", seed).isInstanceOf(Renewal.Renewed.class);
        long ttlSeconds = leases.find(id).orElseThrow().ttlSeconds();
        model.put(id, nowNanos + ttlSeconds * NANOS_PER_SECOND);
      }
    }

    private void revoke(LeaseId id) {
      leases.revoke(id);
      deadlines.revoked(id);
      model.remove(id);
    }

    private void expire() {
      List<LeaseId> expected = new ArrayList<>();
      model.forEach(
          (id, deadline) -> {
            if (deadline <= nowNanos) {
              expected.add(id);
            }
          });
      List<LeaseId> expired = deadlines.takeExpired(nowNanos, IDS).stream().map(Lease::id).toList();
      assertThat(expired).as("seed %d", seed).containsExactlyInAnyOrderElementsOf(expected);
      expected.forEach(this::revoke);
    }

    private void checkPromotion() {
      if (random.nextInt(10) > 0) {
        return;
      }
      deadlines = LeaseDeadlines.promoted(leases, LIMITS, nowNanos);
      for (Lease lease : leases.all()) {
        model.put(lease.id(), nowNanos + (lease.ttlSeconds() + 1) * NANOS_PER_SECOND);
      }
    }

    private void compare() {
      for (long id = 1; id <= IDS; id++) {
        LeaseId lease = new LeaseId(id);
        Long deadline = model.get(lease);
        if (deadline == null) {
          assertThat(deadlines.remainingSeconds(lease, nowNanos)).isEmpty();
        } else {
          assertThat(deadlines.remainingSeconds(lease, nowNanos))
              .as("seed %d", seed)
              .hasValue(Math.max(0, deadline - nowNanos) / NANOS_PER_SECOND);
        }
      }
    }
  }
}
