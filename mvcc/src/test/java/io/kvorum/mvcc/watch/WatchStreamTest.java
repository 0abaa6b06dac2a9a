package io.kvorum.mvcc.watch;

import static io.kvorum.mvcc.watch.SingleLoop.fromNow;
import static io.kvorum.mvcc.watch.SingleLoop.since;
import static io.kvorum.mvcc.watch.SingleLoop.watch;
import static io.kvorum.mvcc.watch.SingleLoop.withId;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvorum.mvcc.Change;
import io.kvorum.mvcc.watch.SimulatedHistory.Op;
import io.kvorum.mvcc.watch.WatchCreate.Option;
import io.kvorum.mvcc.watch.WatchCreate.Start;
import io.kvorum.mvcc.watch.WatchMessage.Cancelled;
import io.kvorum.mvcc.watch.WatchMessage.Compacted;
import io.kvorum.mvcc.watch.WatchMessage.Created;
import io.kvorum.mvcc.watch.WatchMessage.Events;
import io.kvorum.mvcc.watch.WatchMessage.Progress;
import io.kvorum.mvcc.watch.WatchMessage.Refused;
import io.kvorum.mvcc.watch.WatchMessage.Refused.Reason;
import io.kvorum.mvcc.watch.WatchMessage.StreamProgress;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// The rules of one stream (api.md §3.3; case numbers of api.md §8).
class WatchStreamTest {
  private final SingleLoop member = SingleLoop.standard();
  private final RecordingSink sink = new RecordingSink(RecordingSink.UNBOUNDED);
  private WatchStream stream;

  @BeforeEach
  void open() {
    stream = member.hub.open(sink, member.loop);
  }

  private List<WatchMessage> settled() {
    member.settle();
    return sink.take();
  }

  private static String text(WatchEvent event) {
    return event.kind() + " " + event.key().toStringUtf8();
  }

  private static List<String> texts(WatchMessage message) {
    return ((Events) message).events().stream().map(WatchStreamTest::text).toList();
  }

  // Case 1.
  @Test
  void freshStore_watched_createdAtRevisionOneAndFirstEventAtTwo() {
    stream.create(fromNow("a"));
    member.put("a");

    List<WatchMessage> messages = settled();

    assertThat(messages.getFirst()).isEqualTo(new Created(0, 1));
    assertThat(((Events) messages.get(1)).revision()).isEqualTo(2);
  }

  @Test
  void freshStore_watchedFromRevisionOne_hasNoEventsYet() {
    stream.create(since(1, "a"));
    member.put("a");

    assertThat(settled()).hasSize(2).first().isEqualTo(new Created(0, 1));
  }

  @Test
  void serverChosenIds_watcherCancelled_areNeverUsedAgain() {
    stream.create(fromNow("a"));
    stream.create(fromNow("a"));
    stream.cancel(1);
    stream.create(fromNow("a"));

    assertThat(sink.take())
        .containsExactly(
            new Created(0, 1), new Created(1, 1), new Cancelled(1, 1), new Created(2, 1));
  }

  @Test
  void clientChosenIds_inUse_areRefusedAndSkipped() {
    stream.create(withId(1, fromNow("a")));
    stream.create(withId(-7, fromNow("a")));
    stream.create(withId(1, fromNow("b")));
    stream.create(fromNow("a"));
    stream.create(fromNow("a"));

    assertThat(sink.take())
        .containsExactly(
            new Created(1, 1),
            new Created(-7, 1),
            new Refused(Reason.DUPLICATE_ID, 1),
            new Created(0, 1),
            new Created(2, 1));
  }

  // Cases 19, 31.
  @Test
  void refusedCreates_reasonsInOrder_leaveNoTrace() {
    stream.create(withId(3, fromNow("a")));
    stream.create(withId(3, watch("b", "b", new Start.At(-1))));
    stream.create(withId(3, watch("b", "b", new Start.At(5))));
    stream.create(withId(3, fromNow("b")));
    stream.create(watch("b", "a", new Start.Now()));

    assertThat(sink.take())
        .containsExactly(
            new Created(3, 1),
            new Refused(Reason.NEGATIVE_START, 1),
            new Refused(Reason.EMPTY_RANGE, 1),
            new Refused(Reason.DUPLICATE_ID, 1),
            new Refused(Reason.EMPTY_RANGE, 1));
    assertThat(member.hub.counts().watchers()).isEqualTo(1);
  }

  // mvcc.md §12 case 2: a watch from the compacted revision itself is complete.
  @Test
  void startAtCompactedRevision_created_seesItsEvents() {
    member.put("a");
    member.put("a");
    member.put("a");
    member.compact(3);
    member.settle();

    stream.create(since(3, "a"));
    stream.create(since(2, "a"));

    List<WatchMessage> messages = settled();
    assertThat(messages.subList(0, 3))
        .containsExactly(new Created(0, 4), new Created(1, 4), new Compacted(1, 3));
    assertThat(texts(messages.get(3))).containsExactly("PUT a", "PUT a");
  }

  @Test
  void compactedWatcher_cancelledByClient_isAnsweredOnceMoreAndItsIdIsFree() {
    member.put("a");
    member.put("a");
    member.compact(3);
    member.settle();
    stream.create(withId(5, since(2, "a")));
    stream.create(withId(5, fromNow("a")));
    stream.cancel(5);
    stream.create(withId(5, fromNow("a")));

    assertThat(sink.take())
        .containsExactly(
            new Created(5, 3),
            new Compacted(5, 3),
            new Refused(Reason.DUPLICATE_ID, 3),
            new Cancelled(5, 3),
            new Created(5, 3));
  }

  @Test
  void cancel_unknownId_isNotAnswered() {
    stream.cancel(0);

    assertThat(sink.take()).isEmpty();
  }

  @Test
  void cancelledWatcher_eventsPublished_seesNone() {
    stream.create(fromNow("a"));
    member.put("a");
    stream.cancel(0);

    assertThat(settled()).containsExactly(new Created(0, 1), new Cancelled(0, 2));
  }

  // Case 35: nothing that was readable at creation is told, everything after it is.
  @Test
  void writeReadableButNotPublished_watchFromNow_startsAfterIt() {
    member.history.write(List.of(Op.put("a", "1")));
    stream.create(fromNow("a"));
    member.hub.publish(List.of(member.history.at(2)), 2, -1);
    member.put("a");

    List<WatchMessage> messages = settled();

    assertThat(messages).hasSize(2).first().isEqualTo(new Created(0, 2));
    assertThat(((Events) messages.get(1)).revision()).isEqualTo(3);
  }

  // Case 36.
  @Test
  void startFarInTheFuture_storeJumpsAhead_watcherIsSilentAndSurvives() {
    stream.create(since(Long.MAX_VALUE, "a"));
    stream.create(since(4, "a"));
    member.history.write(List.of(Op.put("a", "2")));
    member.history.write(List.of(Op.put("a", "3")));
    member.history.write(List.of(Op.put("a", "4")));
    member.compact(4);

    List<WatchMessage> messages = settled();

    assertThat(messages).hasSize(3);
    assertThat(((Events) messages.get(2)).to().watchId()).isEqualTo(1);
    assertThat(member.hub.counts().slowWatchers()).isZero();
    assertThat(member.hub.counts().watchers()).isEqualTo(2);
  }

  // Case 24: one response for all events of a transaction, live and from history.
  @Test
  void transactionOfSeveralKeys_prefixWatched_arrivesWholeAndInOrder() {
    stream.create(watch("a", "b", new Start.Now()));
    member.put("a2");
    member.publish(Op.put("a1", "1"), Op.put("b", "1"), Op.delete("a2"));
    stream.create(watch("a", "b", new Start.At(3)));

    List<WatchMessage> messages = settled();

    assertThat(messages.stream().filter(Events.class::isInstance).map(WatchStreamTest::texts))
        .containsExactly(
            List.of("PUT a2"), List.of("PUT a1", "DELETE a2"), List.of("PUT a1", "DELETE a2"));
  }

  // Case 23.
  @Test
  void overlappingWatchers_oneEvent_eachIsToldWithItsOwnWish() {
    stream.create(fromNow("a", Option.PREVIOUS_PAIR, Option.FRAGMENTS));
    stream.create(watch("", "\0", new Start.Now()));
    stream.create(watch("a", "c", new Start.Now(), Option.NO_PUTS));
    member.put("a");

    assertThat(settled().subList(3, 5).stream().map(message -> ((Events) message).to()))
        .containsExactly(
            new WatchMessage.Delivered(0, true, true), new WatchMessage.Delivered(1, false, false));
  }

  // Case 26.
  @Test
  void filters_everyEventDropped_noEmptyResponseAndProgressStillWorks() {
    stream.create(fromNow("a", Option.NO_PUTS));
    stream.create(fromNow("a", Option.NO_DELETES));
    stream.create(fromNow("a", Option.NO_PUTS, Option.NO_DELETES));
    member.put("a");
    member.publish(Op.delete("a"));
    member.settle();
    stream.requestProgress();

    List<WatchMessage> messages = sink.take();

    assertThat(texts(messages.get(3))).containsExactly("PUT a");
    assertThat(((Events) messages.get(3)).to().watchId()).isEqualTo(1);
    assertThat(texts(messages.get(4))).containsExactly("DELETE a");
    assertThat(messages.subList(5, messages.size())).containsExactly(new StreamProgress(3));
  }

  // Case 28.
  @Test
  void noWatchers_progressRequested_isNotAnswered() {
    stream.requestProgress();

    assertThat(settled()).isEmpty();
  }

  // Case 27.
  @Test
  void watcherInThePast_progressRequestedAtOnce_isWithheldUntilItsEventsAreTold() {
    member.put("a");
    member.put("b");
    member.settle();
    stream.create(since(2, "a"));
    stream.requestProgress();

    assertThat(sink.take()).containsExactly(new Created(0, 3));
    assertThat(settled()).hasSize(1).first().isInstanceOf(Events.class);
    stream.requestProgress();
    assertThat(sink.take()).containsExactly(new StreamProgress(3));
  }

  @Test
  void futureWatcher_progressRequested_isWithheldUntilTheStoreReachesIt() {
    stream.create(fromNow("a"));
    stream.create(since(3, "a"));
    member.put("b");
    stream.requestProgress();
    assertThat(settled()).containsExactly(new Created(0, 1), new Created(1, 1));

    member.put("b");
    stream.requestProgress();

    assertThat(settled()).containsExactly(new StreamProgress(3));
  }

  @Test
  void compactedWatcher_notCancelledYet_blocksProgress() {
    member.put("a");
    member.put("a");
    member.compact(3);
    member.settle();
    stream.create(fromNow("a"));
    stream.create(since(2, "a"));
    stream.requestProgress();
    assertThat(sink.take()).doesNotHaveAnyElementsOfTypes(StreamProgress.class);

    stream.cancel(1);
    stream.requestProgress();

    assertThat(sink.take()).containsExactly(new Cancelled(1, 3), new StreamProgress(3));
  }

  // Progress travels in the order of events: what is published counts once it was told.
  @Test
  void publishedButNotServed_progressRequested_tellsTheEventsFirst() {
    stream.create(fromNow("a"));
    member.put("a");
    stream.requestProgress();

    List<WatchMessage> messages = sink.take();

    assertThat(messages.get(1)).isInstanceOf(Events.class);
    assertThat(messages.get(2)).isEqualTo(new StreamProgress(2));
  }

  // Case 29.
  @Test
  void progressTimer_fires_tellsOnlyQuietWatchersThatAsked() {
    stream.create(fromNow("a", Option.PROGRESS_NOTICES));
    stream.create(fromNow("b", Option.PROGRESS_NOTICES));
    stream.create(fromNow("c"));
    member.put("a");
    member.put("z");
    member.settle();
    sink.take();

    stream.tick();
    assertThat(sink.take()).containsExactly(new Progress(1, 3));
    stream.tick();
    assertThat(sink.take()).containsExactly(new Progress(0, 3), new Progress(1, 3));
  }

  @Test
  void progressTimer_watcherLateFutureOrCompacted_tellsNothing() {
    member.put("a");
    member.put("a");
    member.compact(3);
    member.settle();
    stream.create(since(3, "a", Option.PROGRESS_NOTICES));
    stream.create(since(9, "a", Option.PROGRESS_NOTICES));
    stream.create(since(2, "a", Option.PROGRESS_NOTICES));
    sink.take();

    stream.tick();

    assertThat(sink.take()).isEmpty();
  }

  // mvcc.md §6: the previous pair is in the event, absent for creations.
  @Test
  void createUpdateDelete_watched_carryThePreviousPair() {
    stream.create(fromNow("a", Option.PREVIOUS_PAIR));
    member.put("a");
    member.put("a");
    member.publish(Op.delete("a"));

    List<WatchEvent> events =
        settled().stream()
            .filter(Events.class::isInstance)
            .flatMap(message -> ((Events) message).events().stream())
            .toList();

    assertThat(events.stream().map(event -> event.previous().isEmpty()))
        .containsExactly(true, false, false);
    assertThat(events.getLast().kind()).isEqualTo(Change.Kind.DELETE);
  }

  // Case 32.
  @Test
  void closedStream_lateTasksRun_nothingIsSentAndNothingIsCounted() {
    member.put("a");
    stream.create(since(2, "a"));
    stream.create(fromNow("a"));
    member.put("a");
    sink.take();

    stream.close();
    stream.close();
    stream.ready();
    stream.cancel(0);

    assertThat(settled()).isEmpty();
    assertThat(member.hub.counts().streams()).isZero();
    assertThat(member.hub.counts().watchers()).isZero();
    assertThat(member.hub.counts().slowWatchers()).isZero();
  }
}
