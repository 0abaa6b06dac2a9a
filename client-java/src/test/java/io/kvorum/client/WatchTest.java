package io.kvorum.client;

import static io.kvorum.client.ScriptedServer.take;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.kvorum.proto.etcd.ResponseHeader;
import io.kvorum.proto.etcd.WatchCreateRequest;
import io.kvorum.proto.etcd.WatchRequest;
import io.kvorum.proto.etcd.WatchResponse;
import io.kvorum.proto.mvcc.Event;
import io.kvorum.proto.mvcc.KeyValue;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Watches against servers that break, split, compact and stall.
class WatchTest {
  private ScriptedServer first;
  private ScriptedServer second;
  private Client client;

  @BeforeEach
  void start() throws IOException {
    first = new ScriptedServer();
    second = new ScriptedServer();
    client = Client.of(first.endpoint(), second.endpoint());
  }

  @AfterEach
  void stop() {
    client.close();
    first.close();
    second.close();
  }

  /// What a listener was told, in order: lists of revisions, progress as text, errors.
  private static class Told implements WatchListener {
    final BlockingQueue<Object> calls = new LinkedBlockingQueue<>();

    @Override
    public void onEvents(List<Event> events) {
      calls.add(events.stream().map(event -> event.getKv().getModRevision()).toList());
    }

    @Override
    public void onProgress(long revision) {
      calls.add("progress " + revision);
    }

    @Override
    public void onError(ClientException reason) {
      calls.add(reason);
    }

    Object next() throws InterruptedException {
      return take(calls);
    }
  }

  private static ScriptedServer.Stream<WatchRequest, WatchResponse> stream(ScriptedServer server)
      throws InterruptedException {
    return take(server.watches);
  }

  private static WatchCreateRequest creation(
      ScriptedServer.Stream<WatchRequest, WatchResponse> stream) throws InterruptedException {
    WatchRequest request = stream.next();
    assertThat(request.hasCreateRequest()).as("%s", request).isTrue();
    return request.getCreateRequest();
  }

  private static long cancelledId(ScriptedServer.Stream<WatchRequest, WatchResponse> stream)
      throws InterruptedException {
    WatchRequest request = stream.next();
    assertThat(request.hasCancelRequest()).as("%s", request).isTrue();
    return request.getCancelRequest().getWatchId();
  }

  private static WatchResponse.Builder response(long id, long revision) {
    return WatchResponse.newBuilder()
        .setWatchId(id)
        .setHeader(ResponseHeader.newBuilder().setRevision(revision));
  }

  private static WatchResponse created(long id, long revision) {
    return response(id, revision).setCreated(true).build();
  }

  private static WatchResponse.Builder events(long id, long... revisions) {
    WatchResponse.Builder response = response(id, 1_000);
    for (long revision : revisions) {
      response.addEvents(event(revision, 1));
    }
    return response;
  }

  private static Event.Builder event(long revision, int valueBytes) {
    return Event.newBuilder()
        .setKv(
            KeyValue.newBuilder()
                .setModRevision(revision)
                .setValue(ByteString.copyFrom(new byte[valueBytes])));
  }

  @Test
  void streamBroken_afterEvents_goesOnAtTheNextEndpointAfterTheLastSeen() throws Exception {
    Told told = new Told();
    client.watch().watch(WatchSpec.of("k").from(3), told);
    var before = stream(first);
    assertThat(creation(before).getStartRevision()).isEqualTo(3);
    before.responses().onNext(created(0, 9));
    before.responses().onNext(events(0, 4, 4, 6).build());
    assertThat(told.next()).isEqualTo(List.of(4L, 4L, 6L));

    before.responses().onError(Status.UNAVAILABLE.asRuntimeException());

    var after = stream(second);
    assertThat(creation(after).getStartRevision()).isEqualTo(7);
    after.responses().onNext(created(0, 9));
    after.responses().onNext(events(0, 7).build());
    assertThat(told.next()).isEqualTo(List.of(7L));
  }

  @Test
  void streamBroken_beforeAnyEvent_goesOnAfterTheRevisionOfTheFirstCreation() throws Exception {
    Watcher watcher = client.watch().watch(WatchSpec.of("k"), new Told());
    var before = stream(first);
    assertThat(creation(before).getStartRevision()).isZero();
    before.responses().onNext(created(0, 41));
    assertThat(watcher.created().get()).isEqualTo(41);

    before.responses().onError(Status.UNAVAILABLE.asRuntimeException());

    assertThat(creation(stream(second)).getStartRevision()).isEqualTo(42);
  }

  @Test
  void streamBroken_afterProgress_goesOnAfterIt() throws Exception {
    Told told = new Told();
    client.watch().watch(WatchSpec.of("k").from(3).withProgress(), told);
    var before = stream(first);
    assertThat(creation(before).getProgressNotify()).isTrue();
    before.responses().onNext(created(0, 2));
    before.responses().onNext(response(0, 50).build());
    before.responses().onNext(response(-1, 60).build());
    assertThat(told.next()).isEqualTo("progress 50");
    assertThat(told.next()).isEqualTo("progress 60");

    before.responses().onError(Status.INTERNAL.asRuntimeException());

    assertThat(creation(stream(second)).getStartRevision()).isEqualTo(61);
  }

  @Test
  void memberStopped_severalWatches_allGoOnByThemselves() throws Exception {
    Told one = new Told();
    Told two = new Told();
    client.watch().watch(WatchSpec.of("a").from(1), one);
    client.watch().watch(WatchSpec.of("b").from(1), two);
    var before = stream(first);
    creation(before);
    creation(before);
    before.responses().onNext(created(0, 9));
    before.responses().onNext(created(1, 9));
    before.responses().onNext(events(1, 5).build());
    assertThat(two.next()).isEqualTo(List.of(5L));

    first.close();

    var after = stream(second);
    assertThat(creation(after).getStartRevision()).isEqualTo(1);
    assertThat(creation(after).getStartRevision()).isEqualTo(6);
    after.responses().onNext(created(7, 9));
    after.responses().onNext(created(3, 9));
    after.responses().onNext(events(3, 8).build());
    after.responses().onNext(events(7, 2).build());
    assertThat(one.next()).isEqualTo(List.of(2L));
    assertThat(two.next()).isEqualTo(List.of(8L));
  }

  @Test
  void fragments_areDeliveredInWholeRevisions() throws Exception {
    Told told = new Told();
    client.watch().watch(WatchSpec.of("k").from(1), told);
    var stream = stream(first);
    assertThat(creation(stream).getFragment()).isTrue();
    stream.responses().onNext(created(0, 9));
    stream.responses().onNext(events(0, 2, 3).setFragment(true).build());
    stream.responses().onNext(events(0, 3, 3).setFragment(true).build());
    stream.responses().onNext(events(0, 3, 4).build());

    assertThat(told.next()).isEqualTo(List.of(2L));
    assertThat(told.next()).isEqualTo(List.of(3L, 3L, 3L, 3L, 4L));
  }

  @Test
  void streamBroken_betweenFragments_readsTheUnfinishedRevisionAgain() throws Exception {
    Told told = new Told();
    client.watch().watch(WatchSpec.of("k").from(1), told);
    var before = stream(first);
    creation(before);
    before.responses().onNext(created(0, 9));
    before.responses().onNext(events(0, 2, 3).setFragment(true).build());
    assertThat(told.next()).isEqualTo(List.of(2L));

    before.responses().onError(Status.UNAVAILABLE.asRuntimeException());

    var after = stream(second);
    assertThat(creation(after).getStartRevision()).isEqualTo(3);
    after.responses().onNext(created(0, 9));
    after.responses().onNext(events(0, 3, 3).build());
    assertThat(told.next()).isEqualTo(List.of(3L, 3L));
  }

  @Test
  void compaction_afterEvents_isTheLastTheListenerHears() throws Exception {
    Told told = new Told();
    client.watch().watch(WatchSpec.of("k").from(1), told);
    var stream = stream(first);
    creation(stream);
    Told other = new Told();
    client.watch().watch(WatchSpec.of("l").from(1), other);
    creation(stream);
    stream.responses().onNext(created(4, 9));
    stream.responses().onNext(created(5, 9));
    stream.responses().onNext(events(4, 2).build());
    stream
        .responses()
        .onNext(
            WatchResponse.newBuilder()
                .setWatchId(4)
                .setCanceled(true)
                .setCompactRevision(77)
                .build());

    assertThat(told.next()).isEqualTo(List.of(2L));
    assertThat(told.next())
        .isInstanceOfSatisfying(
            CompactedException.class,
            compacted -> assertThat(compacted.compactedRevision()).isEqualTo(77));
    assertThat(cancelledId(stream)).as("or the server would keep the id").isEqualTo(4);
    stream.responses().onNext(events(5, 3).build());
    assertThat(other.next()).isEqualTo(List.of(3L));
  }

  @Test
  void refusedWatch_tellsItsListener_andLeavesTheOthers() throws Exception {
    Told refused = new Told();
    Told accepted = new Told();
    Watcher watcher = client.watch().watch(WatchSpec.of("a"), refused);
    client.watch().watch(WatchSpec.of("b"), accepted);
    var stream = stream(first);
    creation(stream);
    creation(stream);
    stream
        .responses()
        .onNext(
            response(-1, 9).setCreated(true).setCanceled(true).setCancelReason("denied").build());
    stream.responses().onNext(created(0, 9));
    stream.responses().onNext(events(0, 10).build());

    assertThat(refused.next())
        .isInstanceOf(ClientException.class)
        .hasToString("io.kvorum.client.ClientException: denied");
    assertThat(
            catchThrowableOfType(CompletionException.class, () -> watcher.created().join())
                .getCause())
        .isInstanceOf(ClientException.class);
    assertThat(accepted.next()).isEqualTo(List.of(10L));
  }

  @Test
  void closedWatcher_isCancelledAtTheServer_andHearsNothingMore() throws Exception {
    Told closed = new Told();
    Told open = new Told();
    Watcher watcher = client.watch().watch(WatchSpec.of("a"), closed);
    client.watch().watch(WatchSpec.of("b"), open);
    var stream = stream(first);
    creation(stream);
    creation(stream);
    stream.responses().onNext(created(0, 9));
    stream.responses().onNext(created(1, 9));
    assertThat(watcher.created().get()).isEqualTo(9);

    watcher.close();

    assertThat(cancelledId(stream)).isZero();
    stream.responses().onNext(events(0, 10).build());
    stream.responses().onNext(events(1, 11).build());
    assertThat(open.next()).isEqualTo(List.of(11L));
    assertThat(closed.calls).isEmpty();
  }

  @Test
  void progressRequest_goesOutOnTheStream() throws Exception {
    client.watch().watch(WatchSpec.of("a"), new Told());
    var stream = stream(first);
    creation(stream);

    client.watch().requestProgress();

    assertThat(stream.next().hasProgressRequest()).isTrue();
  }

  @Test
  void slowListener_isPutAsideAtItsBound_resumed_andHoldsUpNobody() throws Exception {
    CountDownLatch release = new CountDownLatch(1);
    Told slow =
        new Told() {
          @Override
          public void onEvents(List<Event> events) {
            try {
              release.await();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
            super.onEvents(events);
          }
        };
    Told quick = new Told();
    client.watch().watch(WatchSpec.of("a").from(1), slow);
    client.watch().watch(WatchSpec.of("b").from(1), quick);
    var stream = stream(first);
    creation(stream);
    creation(stream);
    stream.responses().onNext(created(0, 9));
    stream.responses().onNext(created(1, 9));
    int half = Watcher.BUFFER_BYTES / 2;
    for (long revision : new long[] {2, 3, 4, 5}) {
      stream.responses().onNext(response(0, 9).addEvents(event(revision, half)).build());
    }
    stream.responses().onNext(events(1, 6).build());

    assertThat(quick.next()).isEqualTo(List.of(6L));
    assertThat(cancelledId(stream)).isZero();
    assertThat(stream.requests()).isEmpty();
    release.countDown();

    assertThat(creation(stream).getStartRevision())
        .as("what came after the bound was not read")
        .isEqualTo(4);
    stream.responses().onNext(created(2, 9));
    stream.responses().onNext(events(2, 4, 5).build());
    assertThat(IntStream.range(0, 3).mapToObj(i -> told(slow)).toList())
        .containsExactly(List.of(2L), List.of(3L), List.of(4L, 5L));
  }

  private static Object told(Told listener) {
    try {
      return listener.next();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void listenerThatThrows_endsItsWatchWithThat() throws Exception {
    Told told =
        new Told() {
          @Override
          public void onEvents(List<Event> events) {
            throw new IllegalStateException("no");
          }
        };
    client.watch().watch(WatchSpec.of("a").from(1), told);
    var stream = stream(first);
    creation(stream);
    stream.responses().onNext(created(0, 9));
    stream.responses().onNext(events(0, 2).build());

    assertThat(told.next())
        .isInstanceOfSatisfying(
            ClientException.class,
            error -> assertThat(error).hasCauseInstanceOf(IllegalStateException.class));
  }

  @Test
  void streamRefusedForGood_endsAllWatches() throws Exception {
    Told told = new Told();
    client.watch().watch(WatchSpec.of("a"), told);
    stream(first)
        .responses()
        .onError(
            Status.UNAUTHENTICATED
                .withDescription("etcdserver: invalid auth token")
                .asRuntimeException());

    assertThat(told.next())
        .isInstanceOfSatisfying(
            ClientException.class,
            error -> assertThat(error.code()).isEqualTo(Status.Code.UNAUTHENTICATED));
    assertThat(second.watches).isEmpty();
  }
}
