package io.kvorum.mvcc.watch;

import static io.kvorum.mvcc.watch.SingleLoop.fromNow;
import static io.kvorum.mvcc.watch.SingleLoop.since;
import static io.kvorum.mvcc.watch.SingleLoop.watch;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvorum.mvcc.watch.SimulatedHistory.Op;
import io.kvorum.mvcc.watch.WatchMessage.Compacted;
import io.kvorum.mvcc.watch.WatchMessage.Created;
import io.kvorum.mvcc.watch.WatchMessage.Events;
import io.kvorum.mvcc.watch.WatchMessage.StreamProgress;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Streams that do not take their events (api.md §3.3 "slow consumer", §8 case 33; design.md §7).
class SlowStreamTest {
  private static final WatchLimits SMALL_RING =
      new WatchLimits(
          new WatchLimits.Ring(4_000, 8),
          new WatchLimits.Slice(10, 10_000),
          2_000,
          new WatchLimits.Turn(4, 4));

  private static List<Events> events(RecordingSink sink) {
    return sink.take().stream().filter(Events.class::isInstance).map(Events.class::cast).toList();
  }

  private static long count(List<Events> messages) {
    return messages.stream().mapToLong(message -> message.events().size()).sum();
  }

  @Test
  void streamNotReady_writesGoOn_holdsItsPositionAndResumesFromTheRing() {
    SingleLoop member = SingleLoop.standard();
    RecordingSink sink = new RecordingSink(2);
    WatchStream stream = member.hub.open(sink, member.loop);
    stream.create(fromNow("a"));
    for (int i = 0; i < 100; i++) {
      member.put("a");
    }
    member.settle();
    assertThat(count(events(sink))).isEqualTo(1);
    assertThat(member.hub.counts().slowWatchers()).isEqualTo(1);
    assertThat(member.hub.counts().pendingEvents()).isEqualTo(1);

    sink.room(RecordingSink.UNBOUNDED);
    stream.ready();
    member.settle();

    List<Events> rest = events(sink);
    assertThat(count(rest)).isEqualTo(99);
    assertThat(rest.getLast().revision()).isEqualTo(101);
    assertThat(member.history.reads()).isZero();
    assertThat(member.hub.counts().slowWatchers()).isZero();
  }

  @Test
  void streamNotReady_ringHasMovedOn_resumesFromHistory() {
    SingleLoop member = new SingleLoop(SMALL_RING);
    RecordingSink sink = new RecordingSink(2);
    WatchStream stream = member.hub.open(sink, member.loop);
    stream.create(fromNow("a"));
    for (int i = 0; i < 100; i++) {
      member.put("a");
      member.settle();
    }
    assertThat(count(events(sink))).isEqualTo(1);

    sink.room(RecordingSink.UNBOUNDED);
    stream.ready();
    member.settle();

    assertThat(count(events(sink))).isEqualTo(99);
    assertThat(member.history.reads()).isPositive();
  }

  // Case 33.
  @Test
  void slowStream_itsPositionIsCompacted_isToldWhatWasMatchedAndThenCancelled() {
    SingleLoop member = new SingleLoop(SMALL_RING);
    RecordingSink sink = new RecordingSink(2);
    WatchStream stream = member.hub.open(sink, member.loop);
    stream.create(fromNow("a"));
    stream.create(since(90, "a"));
    sink.room(1);
    for (int i = 0; i < 50; i++) {
      member.put("a");
      member.settle();
    }
    member.compact(45);
    assertThat(sink.take()).hasSize(3);

    sink.room(RecordingSink.UNBOUNDED);
    stream.ready();
    member.settle();

    List<WatchMessage> messages = sink.take();
    assertThat(messages).hasSize(2);
    assertThat(((Events) messages.get(0)).revision()).isEqualTo(3);
    assertThat(messages.get(1)).isEqualTo(new Compacted(0, 45));
    assertThat(member.hub.counts().watchers()).isEqualTo(2);
    assertThat(member.hub.counts().slowWatchers()).isZero();
  }

  @Test
  void loopStalled_ringHasMovedOn_allItsStreamsCatchUp() {
    SingleLoop member = new SingleLoop(SMALL_RING);
    RecordingSink sink = new RecordingSink(RecordingSink.UNBOUNDED);
    WatchStream stream = member.hub.open(sink, member.loop);
    stream.create(fromNow("a"));
    for (int i = 0; i < 100; i++) {
      member.put("a");
    }
    member.settle();
    stream.requestProgress();

    List<WatchMessage> messages = sink.take();

    assertThat(messages.getLast()).isEqualTo(new StreamProgress(101));
    assertThat(
            messages.stream()
                .filter(Events.class::isInstance)
                .mapToInt(m -> ((Events) m).events().size())
                .sum())
        .isEqualTo(100);
  }

  @Test
  void deepHistory_caughtUp_noResponseHasMoreThanAThousandRevisions() {
    SingleLoop member = SingleLoop.standard();
    for (int i = 0; i < 2_500; i++) {
      member.put("a");
    }
    RecordingSink sink = new RecordingSink(RecordingSink.UNBOUNDED);
    WatchStream stream = member.hub.open(sink, member.loop);
    stream.create(since(2, "a"));
    member.settle();

    List<Events> messages = events(sink);

    assertThat(messages.stream().map(message -> message.events().size()))
        .containsExactly(1_000, 1_000, 500);
    assertThat(messages).allMatch(message -> message.revision() == 2_501);
  }

  @Test
  void thousandStreamsResumeTogether_shareTheSlices() {
    SingleLoop member = SingleLoop.standard();
    for (int i = 0; i < 3_000; i++) {
      member.put("k" + i % 10);
    }
    List<RecordingSink> sinks = new ArrayList<>();
    for (int i = 0; i < 1_000; i++) {
      RecordingSink sink = new RecordingSink(RecordingSink.UNBOUNDED);
      sinks.add(sink);
      member.hub.open(sink, member.loop).create(since(2, "k" + i % 10));
    }
    member.settle();

    assertThat(sinks).allSatisfy(sink -> assertThat(count(events(sink))).isEqualTo(300));
    assertThat(member.history.reads()).isLessThanOrEqualTo(50);
  }

  @Test
  void farAndNearWatchersOfOneStream_created_theNearOneNeedNotWait() {
    SingleLoop member = SingleLoop.standard();
    for (int i = 0; i < 20_000; i++) {
      member.put("a");
    }
    RecordingSink sink = new RecordingSink(RecordingSink.UNBOUNDED);
    WatchStream stream = member.hub.open(sink, member.loop);
    stream.create(since(2, "a"));
    stream.create(since(20_000, "a"));
    member.settle();

    List<Events> messages = events(sink);

    long before = messages.stream().takeWhile(message -> message.to().watchId() == 0).count();
    assertThat(before).isLessThanOrEqualTo(2);
    assertThat(count(messages)).isEqualTo(20_002);
  }

  @Test
  void startsFurtherAndFurtherBack_sharedCohort_endsOnlyWhomTheCompactionHits() {
    SingleLoop member = new SingleLoop(SMALL_RING);
    for (int i = 0; i < 200; i++) {
      member.put(i < 100 ? "a" : "b");
    }
    RecordingSink sink = new RecordingSink(1);
    WatchStream stream = member.hub.open(sink, member.loop);
    for (long start : List.of(190L, 170L, 150L, 130L, 110L, 90L, 70L)) {
      stream.create(since(start, "none"));
    }
    sink.take();

    member.compact(110);
    sink.room(RecordingSink.UNBOUNDED);
    stream.ready();
    member.settle();

    assertThat(sink.take()).containsExactly(new Compacted(5, 110), new Compacted(6, 110));
    assertThat(member.hub.counts().slowWatchers()).isZero();
  }

  @Test
  void tenThousandWatchersOfOneStream_oneReadsNothing_memoryStaysBounded() {
    SingleLoop member = SingleLoop.standard();
    RecordingSink reading = new RecordingSink(RecordingSink.UNBOUNDED);
    RecordingSink stuck = new RecordingSink(0);
    WatchStream readingStream = member.hub.open(reading, member.loop);
    WatchStream stuckStream = member.hub.open(stuck, member.loop);
    for (int i = 0; i < 10_000; i++) {
      String key = "k" + i % 100;
      readingStream.create(
          i % 2 == 0 ? fromNow(key) : watch(key, key + "\1", new WatchCreate.Start.Now()));
      stuckStream.create(fromNow(key));
    }
    assertThat(reading.take()).hasSize(10_000).allMatch(Created.class::isInstance);
    stuck.take();

    String value = "x".repeat(10_000);
    for (int i = 0; i < 3_000; i++) {
      member.publish(Op.put("k" + i % 100, value));
      member.settle();
      assertThat(member.hub.ringBytes()).isLessThanOrEqualTo(WatchLimits.STANDARD.ring().bytes());
      assertThat(member.hub.heldBytes()).isLessThanOrEqualTo(WatchLimits.STANDARD.heldBytes());
    }

    assertThat(count(events(reading))).isEqualTo(3_000 * 100);
    assertThat(stuck.take()).isEmpty();
    assertThat(member.hub.counts().slowWatchers()).isEqualTo(10_000);
    assertThat(member.hub.counts().pendingEvents()).isEqualTo(100);

    stuck.room(RecordingSink.UNBOUNDED);
    stuckStream.ready();
    member.settle();
    assertThat(count(events(stuck))).isEqualTo(3_000 * 100);
    assertThat(member.hub.counts().slowWatchers()).isZero();
  }

  @Test
  void manyStuckStreams_heldEventsReachTheirBound_theLongestWaitingGiveThemUp() {
    SingleLoop member = new SingleLoop(SMALL_RING);
    List<RecordingSink> sinks = new ArrayList<>();
    List<WatchStream> streams = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      RecordingSink sink = new RecordingSink(0);
      sinks.add(sink);
      streams.add(member.hub.open(sink, member.loop));
      streams.getLast().create(fromNow("a"));
      sink.take();
    }
    member.put("a");
    member.settle();

    assertThat(member.hub.heldBytes()).isLessThanOrEqualTo(SMALL_RING.heldBytes());
    assertThat(member.hub.counts().pendingEvents()).isLessThan(50);
    for (int i = 0; i < 50; i++) {
      sinks.get(i).room(RecordingSink.UNBOUNDED);
      streams.get(i).ready();
    }
    member.settle();
    assertThat(sinks).allSatisfy(sink -> assertThat(count(events(sink))).isEqualTo(1));
  }
}
