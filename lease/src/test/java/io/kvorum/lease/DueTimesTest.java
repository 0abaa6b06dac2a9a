package io.kvorum.lease;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class DueTimesTest {
  private final DueTimes times = new DueTimes();

  @Test
  void slotPostponedOften_heapHoldsOneEntry() {
    DueTimes.Slot slot = slot(7);

    for (long at = 100; at < 5_100; at++) {
      times.schedule(slot, at);
    }

    assertThat(times.heapEntries()).isEqualTo(1);
    assertThat(times.take(5_098, 10)).isEmpty();
    assertThat(times.take(5_099, 10)).containsExactly(slot.lease);
  }

  @Test
  void slotMovedEarlier_isDueThenAndOnlyOnce() {
    DueTimes.Slot slot = slot(7);
    times.schedule(slot, 100);

    times.schedule(slot, 40);

    assertThat(times.take(50, 10)).containsExactly(slot.lease);
    assertThat(times.take(200, 10)).isEmpty();
  }

  @Test
  void slotMovedEarlierThenBack_staleEntriesDoNotFireTwice() {
    DueTimes.Slot slot = slot(7);
    times.schedule(slot, 100);
    times.schedule(slot, 40);
    times.schedule(slot, 100);

    assertThat(times.take(60, 10)).isEmpty();
    assertThat(times.take(100, 10)).containsExactly(slot.lease);
    assertThat(times.take(500, 10)).isEmpty();
  }

  @Test
  void longLeasesGrantedAndRevoked_heapStaysBounded() {
    for (int i = 1; i <= 10_000; i++) {
      DueTimes.Slot slot = slot(i);
      times.schedule(slot, 1_000_000);
      times.cancel(slot);
    }

    assertThat(times.heapEntries()).isLessThanOrEqualTo(65);
  }

  private static DueTimes.Slot slot(long id) {
    Lease lease = Lease.granted(new LeaseId(id), 60, new LeaseGeneration(17));
    return new RunningLease(lease, 0).expiry;
  }
}
