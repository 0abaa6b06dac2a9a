package io.kvorum.server.grpc;

import static io.kvorum.server.grpc.WatchTestClient.EVERYTHING;
import static io.kvorum.server.grpc.WatchTestClient.key;
import static io.kvorum.server.grpc.WatchTestClient.range;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.kvorum.mvcc.KeyRange;
import io.kvorum.mvcc.watch.WatchLimits;
import io.kvorum.proto.etcd.ResponseHeader;
import io.kvorum.proto.etcd.WatchCreateRequest;
import io.kvorum.proto.etcd.WatchResponse;
import io.kvorum.proto.mvcc.Event;
import io.kvorum.proto.mvcc.KeyValue;
import io.kvorum.server.transport.PortFailure;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Watches over a real connection (api.md §3.3; case numbers of api.md §8).
class WatchServiceTest {
  private static final String LARGE = "x".repeat(1 << 20);
  private static final int FRAGMENT_BYTES = 2 << 20;

  @TempDir private Path directory;
  private WatchTestMember member;
  private ManagedChannel channel;

  @BeforeEach
  void open() throws PortFailure {
    member = new WatchTestMember(directory, Duration.ofMinutes(10));
    channel = member.connect();
  }

  @AfterEach
  void close() {
    channel.shutdownNow();
    member.close();
  }

  private WatchTestClient stream() {
    return new WatchTestClient(channel, EVERYTHING);
  }

  private WatchTestClient watching(WatchCreateRequest.Builder create) throws InterruptedException {
    WatchTestClient client = stream();
    client.create(create);
    assertThat(client.next().getCreated()).isTrue();
    return client;
  }

  private static ResponseHeader header(long revision) {
    return ResponseHeader.newBuilder()
        .setClusterId(WatchTestMember.CLUSTER_ID)
        .setMemberId(WatchTestMember.MEMBER_ID)
        .setRevision(revision)
        .setRaftTerm(WatchTestMember.TERM)
        .build();
  }

  private static KeyValue.Builder pair(
      String key, String value, long create, long mod, long version) {
    return KeyValue.newBuilder()
        .setKey(ByteString.copyFromUtf8(key))
        .setValue(ByteString.copyFromUtf8(value))
        .setCreateRevision(create)
        .setModRevision(mod)
        .setVersion(version);
  }

  private static Event put(KeyValue.Builder pair) {
    return Event.newBuilder().setKv(pair).build();
  }

  // Cases 1, 25: what is sent is what the API's own messages encode.
  @Test
  void freshStore_putAndDelete_arriveWithExactlyTheirFields() throws InterruptedException {
    WatchTestClient client = stream();
    client.create(key("k"));
    assertThat(client.next())
        .isEqualTo(WatchResponse.newBuilder().setHeader(header(1)).setCreated(true).build());

    member.put("k", "v");
    member.delete("k");

    assertThat(client.next())
        .isEqualTo(
            WatchResponse.newBuilder()
                .setHeader(header(2))
                .addEvents(put(pair("k", "v", 2, 2, 1)))
                .build());
    KeyValue tombstone =
        KeyValue.newBuilder().setKey(ByteString.copyFromUtf8("k")).setModRevision(3).build();
    assertThat(client.next())
        .isEqualTo(
            WatchResponse.newBuilder()
                .setHeader(header(3))
                .addEvents(Event.newBuilder().setType(Event.EventType.DELETE).setKv(tombstone))
                .build());
  }

  // Cases 15, 22.
  @Test
  void twoWatchersOfOneKey_onlyTheOneThatAsked_getsThePreviousPair() throws InterruptedException {
    member.put("k", "");
    WatchTestClient client = stream();
    client.create(key("k").setPrevKv(true));
    client.create(key("k"));
    client.next();
    client.next();

    member.put("k", "2");

    Event with = client.next().getEvents(0);
    WatchResponse without = client.next();
    assertThat(with.hasPrevKv()).isTrue();
    assertThat(with.getPrevKv()).isEqualTo(pair("k", "", 2, 2, 1).build());
    assertThat(without.getWatchId()).isEqualTo(1);
    assertThat(without.getEvents(0).hasPrevKv()).isFalse();
  }

  // Cases 19, 31.
  @Test
  void refusedCreates_areAnsweredInOrderWithTheirReason() throws InterruptedException {
    WatchTestClient client = stream();
    client.create(key("k").setWatchId(3));
    client.create(key("k").setStartRevision(-1));
    client.create(range("k", "k"));
    client.create(key("k").setWatchId(3));
    client.sendNothing();
    client.create(key("k"));

    List<WatchResponse> answers = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      answers.add(client.next());
    }

    assertThat(answers).allMatch(WatchResponse::getCreated);
    assertThat(answers.stream().map(WatchResponse::getWatchId))
        .containsExactly(3L, -1L, -1L, -1L, 0L);
    assertThat(answers.stream().map(WatchResponse::getCanceled))
        .containsExactly(false, true, true, true, false);
    assertThat(answers.stream().map(WatchResponse::getCancelReason))
        .containsExactly(
            "",
            "etcdserver: mvcc: required revision has been compacted",
            "mvcc: watcher range is empty",
            "mvcc: duplicate watch ID provided on the WatchStream",
            "");
    assertThat(answers).allMatch(answer -> answer.getHeader().getRevision() == 1);
    assertThat(answers).allMatch(answer -> answer.getCompactRevision() == 0);
  }

  // Case 21.
  @Test
  void emptyKeyAndOpenEnd_watched_seesEverything() throws InterruptedException {
    WatchTestClient client = watching(range("", "\0"));

    member.put("\0", "v");
    member.put("\uffff", "v");

    assertThat(client.next().getHeader().getRevision()).isEqualTo(2);
    assertThat(client.next().getHeader().getRevision()).isEqualTo(3);
  }

  // Case 24.
  @Test
  void transaction_watchedLiveAndFromHistory_isOneResponseInItsOrder() throws InterruptedException {
    WatchTestClient live = watching(range("k", "l"));
    member.write(
        txn -> {
          txn.put(ByteString.copyFromUtf8("k2"), ByteString.EMPTY, 0);
          txn.put(ByteString.copyFromUtf8("k1"), ByteString.EMPTY, 0);
          txn.deleteRange(KeyRange.single(ByteString.copyFromUtf8("k2")), false);
        });
    WatchTestClient late = watching(range("k", "l").setStartRevision(2));

    assertThat(live.next().getEventsList())
        .hasSize(3)
        .isEqualTo(late.next().getEventsList())
        .extracting(event -> event.getKv().getKey().toStringUtf8())
        .containsExactly("k2", "k1", "k2");
  }

  // Case 26.
  @Test
  void unknownAndKnownFilters_onlyTheKnownOnesDrop() throws InterruptedException {
    WatchTestClient client =
        watching(key("k").addFilters(WatchCreateRequest.FilterType.NOPUT).addFiltersValue(17));

    member.put("k", "v");
    member.delete("k");

    assertThat(client.next().getEvents(0).getType()).isEqualTo(Event.EventType.DELETE);
  }

  @Test
  void startBelowCompacted_createdFirst_thenCancelledWithTheCompactRevision()
      throws InterruptedException {
    member.put("k", "1");
    member.put("k", "2");
    member.compact(3);
    WatchTestClient client = stream();
    client.create(key("k").setStartRevision(2));

    assertThat(client.next())
        .isEqualTo(WatchResponse.newBuilder().setHeader(header(3)).setCreated(true).build());
    assertThat(client.next())
        .isEqualTo(
            WatchResponse.newBuilder()
                .setHeader(header(0))
                .setCanceled(true)
                .setCompactRevision(3)
                .build());
    client.cancel(0);
    assertThat(client.next())
        .isEqualTo(WatchResponse.newBuilder().setHeader(header(3)).setCanceled(true).build());
  }

  // Cases 27, 28.
  @Test
  void progressRequested_withoutAndWithWatchers_answeredOnceForTheStream()
      throws InterruptedException {
    WatchTestClient client = stream();
    client.requestProgress();
    client.create(key("k"));
    assertThat(client.next().getCreated()).isTrue();
    member.put("other", "v");

    client.requestProgress();

    assertThat(client.next())
        .isEqualTo(WatchResponse.newBuilder().setHeader(header(2)).setWatchId(-1).build());
  }

  // Case 29.
  @Test
  void quietWatcher_intervalElapses_isToldItsProgressWithItsId(@TempDir Path other)
      throws InterruptedException, PortFailure {
    try (WatchTestMember eager = new WatchTestMember(other, Duration.ofMillis(20))) {
      ManagedChannel connection = eager.connect();
      WatchTestClient client = new WatchTestClient(connection, EVERYTHING);
      client.create(key("k"));
      client.create(key("k").setProgressNotify(true));
      client.next();
      client.next();

      WatchResponse first = client.next();
      WatchResponse second = client.next();

      connection.shutdownNow();
      assertThat(first)
          .isEqualTo(WatchResponse.newBuilder().setHeader(header(1)).setWatchId(1).build())
          .isEqualTo(second);
    }
  }

  @Test
  void clientEndsItsRequests_writesGoOn_eventsStillArrive() throws InterruptedException {
    WatchTestClient client = watching(key("k"));
    client.halfClose();

    member.put("k", "v");

    assertThat(client.next().getEventsCount()).isEqualTo(1);
  }

  // Case 32. The loop of a connection sees the cancellation before the next call on it.
  @Test
  void clientHangsUp_nothingOfItsStreamIsLeft() throws InterruptedException {
    WatchTestClient first = stream();
    for (int i = 0; i < 100; i++) {
      first.create(key("k").setStartRevision(i % 2));
    }
    first.next();
    first.hangUp();

    watching(key("k"));

    assertThat(member.hub().counts().streams()).isEqualTo(1);
    assertThat(member.hub().counts().watchers()).isEqualTo(1);
  }

  // Case 34.
  @Test
  void largeCatchUp_withoutFragments_arrivesWhole() throws InterruptedException {
    for (int i = 0; i < 3; i++) {
      member.put("k" + i, LARGE);
    }
    WatchTestClient client = watching(range("k", "l").setStartRevision(2));

    WatchResponse response = client.next();

    assertThat(response.getEventsCount()).isEqualTo(3);
    assertThat(response.getSerializedSize()).isGreaterThan(FRAGMENT_BYTES);
    assertThat(response.getFragment()).isFalse();
  }

  // Case 34.
  @Test
  void largeCatchUp_withFragments_piecesAreContiguousAndMergeToTheSameEvents()
      throws InterruptedException {
    for (int i = 0; i < 3; i++) {
      member.put("k" + i, LARGE);
    }
    WatchTestClient client = stream();
    client.create(range("k", "l").setStartRevision(2).setFragment(true));
    client.create(key("k1").setStartRevision(2));
    client.next();
    client.next();

    List<WatchResponse> pieces = new ArrayList<>();
    List<Event> events = new ArrayList<>();
    while (events.size() < 3) {
      pieces.add(client.next());
      events.addAll(pieces.getLast().getEventsList());
    }

    assertThat(pieces.stream().map(WatchResponse::getFragment)).containsExactly(true, true, false);
    assertThat(pieces).allMatch(piece -> piece.getWatchId() == 0);
    assertThat(pieces).allMatch(piece -> piece.getHeader().equals(header(4)));
    assertThat(pieces).allMatch(piece -> piece.getSerializedSize() < FRAGMENT_BYTES);
    assertThat(events.stream().map(event -> event.getKv().getModRevision()))
        .containsExactly(2L, 3L, 4L);
  }

  // Case 33.
  @Test
  void clientThatDoesNotRead_writesAndCompactionGoOn_isToldTheRestOrCancelled()
      throws InterruptedException {
    WatchTestClient reader = watching(range("k", "l"));
    WatchTestClient stuck = new WatchTestClient(channel, 1);
    stuck.create(range("k", "l"));
    stuck.next();
    WatchTestClient lost = new WatchTestClient(channel, 1);
    lost.create(range("k", "l"));
    lost.next();
    String value = "x".repeat(10_000);
    int writes = 4_000;
    for (int i = 0; i < writes; i++) {
      member.put("k" + i % 10, value);
      assertThat(member.hub().ringBytes()).isLessThanOrEqualTo(WatchLimits.STANDARD.ring().bytes());
    }
    countedFrom(reader, 2, writes);
    assertThat(member.hub().counts().slowWatchers()).isEqualTo(2);
    assertThat(member.hub().counts().pendingEvents()).isLessThanOrEqualTo(2_000);

    stuck.read(EVERYTHING);
    countedFrom(stuck, 2, writes);

    member.compact(writes);
    lost.read(EVERYTHING);
    long next = 2;
    WatchResponse response = lost.next();
    while (!response.getCanceled()) {
      next = inOrder(response, next);
      response = lost.next();
    }
    assertThat(response.getCompactRevision()).isEqualTo(writes);
    assertThat(next).isBetween(3L, (long) writes);
    assertThat(member.hub().counts().slowWatchers()).isZero();
  }

  private static void countedFrom(WatchTestClient client, long first, int count)
      throws InterruptedException {
    long next = first;
    while (next < first + count) {
      next = inOrder(client.next(), next);
    }
  }

  /// Every revision has one event here.
  private static long inOrder(WatchResponse response, long first) {
    long next = first;
    for (Event event : response.getEventsList()) {
      assertThat(event.getKv().getModRevision()).isEqualTo(next);
      next++;
    }
    return next;
  }

  @Test
  void tenThousandWatchersOfOneStreamAndManyStreams_eachIsToldItsEventsOnce()
      throws InterruptedException {
    int watchers = 10_000;
    WatchTestClient crowded = stream();
    for (int i = 0; i < watchers; i++) {
      crowded.create(i % 2 == 0 ? key("k" + i % 100) : range("k", "l").setPrevKv(true));
    }
    for (int i = 0; i < watchers; i++) {
      assertThat(crowded.next().getWatchId()).isEqualTo(i);
    }
    List<WatchTestClient> others = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      others.add(watching(key("k2")));
    }

    for (int i = 0; i < 10; i++) {
      member.put("k" + i, "v");
    }

    Map<Long, Integer> told = new HashMap<>();
    int expected = 10 * watchers / 2 + 5 * 100;
    for (int events = 0; events < expected; ) {
      WatchResponse response = crowded.next();
      told.merge(response.getWatchId(), response.getEventsCount(), Integer::sum);
      events += response.getEventsCount();
    }
    for (WatchTestClient other : others) {
      assertThat(other.next().getEvents(0).getKv().getModRevision()).isEqualTo(4);
    }
    assertThat(told).hasSize(watchers / 2 + 5 * 100);
    assertThat(told.get(1L)).isEqualTo(10);
    assertThat(told.get(2L)).isEqualTo(1);
    assertThat(crowded.hasMore()).isFalse();
    assertThat(member.hub().counts().watchers()).isEqualTo(watchers + 500);
  }
}
