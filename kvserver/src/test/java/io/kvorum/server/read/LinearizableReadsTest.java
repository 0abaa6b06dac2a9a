package io.kvorum.server.read;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvorum.raft.membership.MemberId;
import io.kvorum.server.ManualClock;
import io.kvorum.server.ManualLoop;
import io.kvorum.server.propose.LoopTasks;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class LinearizableReadsTest {
  private static final Optional<MemberId> MEMBER_5 = Optional.of(new MemberId(5));
  private static final Optional<MemberId> MEMBER_9 = Optional.of(new MemberId(9));

  private final ManualClock clock = new ManualClock();
  private final ManualLoop loop = new ManualLoop();
  private final AppliedIndex applied = new AppliedIndex(10);
  private final List<Long> asked = new ArrayList<>();
  private final LinearizableReads reads =
      new LinearizableReads(
          asked::add, applied, ReadLimits.of(Duration.ofSeconds(7)), clock, 1_000);

  LinearizableReadsTest() {
    reads.leaderChanged(MEMBER_5);
  }

  @Test
  void roundConfirmedAtAnAppliedIndex_readIsReady() {
    Outcome read = read();

    reads.readIndexReady(1_000, 10);
    loop.runAll();

    assertThat(read.events).containsExactly("ready");
  }

  @Test
  void roundConfirmedAheadOfApplied_readWaitsUntilItIsReached() {
    Outcome read = read();

    reads.readIndexReady(1_000, 12);
    advanceTo(11);
    assertThat(read.events).isEmpty();
    advanceTo(12);

    assertThat(read.events).containsExactly("ready");
  }

  @Test
  void readArrivesDuringARound_joinsTheNextOne() {
    Outcome first = read();
    Outcome second = read();
    Outcome third = read();
    assertThat(asked).containsExactly(1_000L);

    reads.readIndexReady(1_000, 10);
    loop.runAll();

    assertThat(first.events).containsExactly("ready");
    assertThat(second.events).isEmpty();
    assertThat(asked).containsExactly(1_000L, 1_001L);
    reads.readIndexReady(1_001, 10);
    assertThat(loop.waitingTasks()).isEqualTo(1);
    loop.runAll();
    assertThat(second.events).containsExactly("ready");
    assertThat(third.events).containsExactly("ready");
  }

  @Test
  void answerIsLost_roundIsAskedAgainUnderANewToken_oldAnswerCountsNoMore() {
    Outcome read = read();

    reads.tick(clock.advance(Duration.ofMillis(500)));
    reads.readIndexReady(1_000, 10);
    loop.runAll();

    assertThat(asked).containsExactly(1_000L, 1_001L);
    assertThat(read.events).isEmpty();
  }

  @Test
  void leaderChanges_readAskedOfTheOldOneFails_joinedOneIsAskedOfTheNew() {
    Outcome first = read();
    Outcome second = read();

    reads.leaderChanged(MEMBER_9);
    loop.runAll();

    assertThat(first.events).containsExactly(ReadFailure.LEADER_CHANGED);
    assertThat(second.events).isEmpty();
    assertThat(asked).containsExactly(1_000L, 1_001L);
  }

  @Test
  void noLeader_roundAborted_readWaitsForOne() {
    reads.leaderChanged(Optional.empty());
    Outcome read = read();
    reads.readIndexAborted(1_000);

    reads.leaderChanged(MEMBER_9);
    reads.readIndexReady(1_001, 10);
    loop.runAll();

    assertThat(read.events).containsExactly("ready");
  }

  @Test
  void noLeader_requestTimeoutPasses_readTimesOut() {
    reads.leaderChanged(Optional.empty());
    Outcome read = read();
    reads.readIndexAborted(1_000);

    reads.tick(clock.advance(Duration.ofMillis(6_999)));
    loop.runAll();
    assertThat(read.events).isEmpty();
    reads.tick(clock.advance(Duration.ofMillis(1)));
    loop.runAll();

    assertThat(read.events).containsExactly(ReadFailure.TIMED_OUT);
  }

  @Test
  void appliedIndexStandsStill_requestTimeoutPasses_readTimesOutOnce() {
    Outcome read = read();
    reads.readIndexReady(1_000, 12);

    reads.tick(clock.advance(Duration.ofSeconds(7)));
    advanceTo(12);

    assertThat(read.events).containsExactly(ReadFailure.TIMED_OUT);
  }

  @Test
  void boundOfWaitingReads_reached_nextOneIsRefusedUntilOneIsDone() {
    LinearizableReads one =
        new LinearizableReads(
            asked::add,
            applied,
            new ReadLimits(1, Duration.ofSeconds(7), Duration.ofMillis(500)),
            clock,
            1_000);
    one.whenReady(loop, new Outcome());
    Outcome refused = new Outcome();
    Outcome admitted = new Outcome();

    one.whenReady(loop, refused);
    one.readIndexReady(1_000, 10);
    one.whenReady(loop, admitted);
    one.readIndexReady(1_001, 10);
    loop.runAll();

    assertThat(refused.events).containsExactly(ReadFailure.TOO_MANY_REQUESTS);
    assertThat(admitted.events).containsExactly("ready");
  }

  @Test
  void memberStops_everyWaitingReadFails() {
    Outcome asking = read();
    Outcome joining = read();

    reads.close();
    Outcome late = read();
    loop.runAll();

    assertThat(asking.events).containsExactly(ReadFailure.STOPPED);
    assertThat(joining.events).containsExactly(ReadFailure.STOPPED);
    assertThat(late.events).containsExactly(ReadFailure.STOPPED);
  }

  private Outcome read() {
    Outcome outcome = new Outcome();
    reads.whenReady(loop, outcome);
    return outcome;
  }

  private void advanceTo(long index) {
    LoopTasks tasks = new LoopTasks();
    applied.advanceTo(index, tasks);
    tasks.dispatch();
    loop.runAll();
  }

  private static final class Outcome implements LinearizableReads.Callback {
    final List<Object> events = new ArrayList<>();

    @Override
    public void ready() {
      events.add("ready");
    }

    @Override
    public void failed(ReadFailure failure) {
      events.add(failure);
    }
  }
}
