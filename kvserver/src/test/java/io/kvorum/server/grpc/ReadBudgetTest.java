package io.kvorum.server.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvorum.server.ManualClock;
import io.kvorum.server.grpc.ReadBudget.Refusal;
import io.kvorum.server.grpc.ReadBudget.Reservation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ReadBudgetTest {
  private static final ReadBudgetLimits LIMITS =
      new ReadBudgetLimits(100, 2, Duration.ofSeconds(10), Duration.ofSeconds(30), 10);

  private final ManualClock clock = new ManualClock();
  private final ReadBudget budget = new ReadBudget(LIMITS, clock);
  private final List<String> told = new ArrayList<>();

  @Test
  void budgetUsedUp_released_isGivenToTheNextInLine() {
    Reservation first = reserve("first", 60);
    Reservation second = reserve("second", 70);
    reserve("third", 30);
    assertThat(told).as("the third must not pass the second").containsExactly("first granted");

    first.release();
    assertThat(told).containsExactly("first granted", "second granted", "third granted");
    assertThat(budget.reservedBytes()).isEqualTo(100);

    second.release();
    assertThat(budget.reservedBytes()).isEqualTo(30);
  }

  @Test
  void answerLargerThanTheBudget_asked_isRefusedAtOnce() {
    reserve("whole", 100);

    reserve("more", 101);

    assertThat(told).containsExactly("whole granted", "more refused NEVER_FITS");
  }

  @Test
  void queueFull_asked_isRefused() {
    reserve("a", 100);
    reserve("b", 1);
    reserve("c", 1);

    reserve("d", 1);

    assertThat(told).containsExactly("a granted", "d refused QUEUE_FULL");
    assertThat(budget.waitingCount()).isEqualTo(2);
  }

  @Test
  void waitingRequest_timeLimitPasses_isRefused() {
    reserve("holder", 100);
    reserve("early", 1);
    clock.advance(Duration.ofSeconds(4));
    reserve("late", 1);
    clock.advance(Duration.ofSeconds(6));

    budget.tick();

    assertThat(told).containsExactly("holder granted", "early refused WAITED_TOO_LONG");
    assertThat(budget.waitingCount()).isEqualTo(1);
  }

  /// The second in line fits as soon as the first, too large one has been refused.
  @Test
  void waitingRequest_predecessorRefusedForTime_isGranted() {
    reserve("holder", 60);
    reserve("large", 90);
    clock.advance(Duration.ofSeconds(5));
    reserve("small", 40);
    clock.advance(Duration.ofSeconds(5));

    budget.tick();

    assertThat(told)
        .containsExactly("holder granted", "large refused WAITED_TOO_LONG", "small granted");
  }

  @Test
  void waitingRequest_released_leavesTheQueue() {
    Reservation holder = reserve("holder", 100);
    Reservation gone = reserve("gone", 80);
    reserve("next", 20);

    gone.release();
    assertThat(told).containsExactly("holder granted");
    holder.release();

    assertThat(told).containsExactly("holder granted", "next granted");
    assertThat(budget.reservedBytes()).isEqualTo(20);
  }

  @Test
  void reservation_releasedTwice_countsOnce() {
    Reservation twice = reserve("twice", 40);
    reserve("other", 50);

    twice.release();
    twice.release();

    assertThat(budget.reservedBytes()).isEqualTo(50);
  }

  /// 30 s for everybody and 100 bytes at 10 bytes per second.
  @Test
  void heldReservation_graceAndSendingTimePass_isOverdue() {
    reserve("slow", 100);

    clock.advance(Duration.ofSeconds(39));
    budget.tick();
    assertThat(told).containsExactly("slow granted");
    clock.advance(Duration.ofSeconds(1));
    budget.tick();

    assertThat(told).containsExactly("slow granted", "slow overdue");
    assertThat(budget.reservedBytes()).as("until its call has ended").isEqualTo(100);
  }

  @Test
  void randomUse_always_staysWithinTheBudgetAndEndsEmpty() {
    ReadBudget wide =
        new ReadBudget(
            new ReadBudgetLimits(1000, 50, Duration.ofSeconds(10), Duration.ofSeconds(30), 10),
            clock);
    SplittableRandom random = new SplittableRandom(11);
    List<Reservation> open = new ArrayList<>();

    for (int step = 0; step < 20_000; step++) {
      if (open.isEmpty() || random.nextInt(5) < 3) {
        open.add(wide.reserve(1 + random.nextInt(1000), new Listener("r" + step)));
      } else {
        open.remove(random.nextInt(open.size())).release();
      }
      clock.advance(Duration.ofMillis(random.nextInt(200)));
      wide.tick();
      assertThat(wide.reservedBytes()).isBetween(0L, 1000L);
      assertThat(wide.waitingCount()).isLessThanOrEqualTo(50);
    }
    open.forEach(Reservation::release);

    assertThat(wide.reservedBytes()).isZero();
    assertThat(wide.waitingCount()).isZero();
  }

  private Reservation reserve(String name, long bytes) {
    return budget.reserve(bytes, new Listener(name));
  }

  private final class Listener implements ReadBudget.Holder {
    private final String name;

    Listener(String name) {
      this.name = name;
    }

    @Override
    public void granted(Reservation reservation) {
      told.add(name + " granted");
    }

    @Override
    public void refused(Refusal refusal) {
      told.add(name + " refused " + refusal);
    }

    @Override
    public void overdue() {
      told.add(name + " overdue");
    }
  }
}
