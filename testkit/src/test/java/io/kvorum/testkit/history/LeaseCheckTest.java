package io.kvorum.testkit.history;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class LeaseCheckTest {
  private static final long TTL = 1_000;
  private static final long GRACE = 300;

  private final Committed committed =
      new Committed().add(1, List.of(Change.put("a", "1"), Change.put("b", "2")));
  private final LeaseRecord lease = new LeaseRecord(7, TTL, List.of("a", "b"));

  @Test
  void endsAfterItsTime_allKeysTogether_isFine() {
    lease.renewed(0, 10).renewed(500, 520).aliveAt(1_600).goneAt(1_700);
    committed.add(2, List.of(Change.delete("a"), Change.delete("b")));

    assertThat(violations()).isEmpty();
  }

  @Test
  void endsBeforeTheLastAcknowledgedKeepAliveAllows_isNoticed() {
    lease.renewed(0, 10).renewed(500, 520).goneAt(1_400);

    assertThat(violations()).singleElement().asString().contains("ended 100 ns too early");
  }

  @Test
  void revoked_mayEndEarly() {
    lease.renewed(0, 10).revoked().goneAt(50);

    assertThat(violations()).isEmpty();
  }

  @Test
  void livesBeyondItsGrace_isNoticed() {
    lease.renewed(0, 10).aliveAt(1_311);

    assertThat(violations()).singleElement().asString().contains("lived 1 ns too long");
  }

  @Test
  void renewedAfterItsEnd_isNoticed() {
    lease.renewed(0, 10).goneAt(1_200).renewed(1_201, 1_210);

    assertThat(violations()).anySatisfy(it -> assertThat(it).contains("after its end"));
  }

  @Test
  void keysGoInTwoRevisions_isNoticed() {
    lease.renewed(0, 10).goneAt(1_100);
    committed.add(2, List.of(Change.delete("a"))).add(3, List.of(Change.delete("b")));

    assertThat(violations()).singleElement().asString().contains("[2, 3]");
  }

  @Test
  void oneKeyStays_isNoticed() {
    lease.renewed(0, 10).goneAt(1_100);
    committed.add(2, List.of(Change.delete("a")));

    assertThat(violations()).singleElement().asString().contains("lost [a]");
  }

  @Test
  void keyThatWasNeverThere_isNotMissed() {
    LeaseRecord third = new LeaseRecord(7, 1_000, List.of("a", "b", "c")).renewed(0, 10);
    committed.add(2, List.of(Change.delete("a"), Change.delete("b")));

    assertThat(LeaseCheck.partialEnds(third, committed)).isEmpty();
  }

  private List<String> violations() {
    return LeaseCheck.violations(lease, committed, GRACE);
  }
}
