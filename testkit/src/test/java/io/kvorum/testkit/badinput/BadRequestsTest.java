package io.kvorum.testkit.badinput;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import io.kvorum.proto.etcd.CompactionRequest;
import io.kvorum.proto.etcd.DeleteRangeRequest;
import io.kvorum.proto.etcd.HashKVResponse;
import io.kvorum.proto.etcd.LeaseGrantRequest;
import io.kvorum.proto.etcd.RangeRequest;
import io.kvorum.proto.etcd.WatchCreateRequest;
import io.kvorum.proto.etcd.WatchGrpc;
import io.kvorum.proto.etcd.WatchRequest;
import io.kvorum.proto.etcd.WatchResponse;
import io.kvorum.testkit.ServerProcess;
import io.kvorum.testkit.badinput.RefusedRequests.Refused;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Requests that are wrong in themselves or meet a state that refuses them: the documented code and
/// text, a store that is the same before and after, and a server that goes on answering.
///
/// One server for all, in the state that [RefusedRequests] reckons with.
class BadRequestsTest {
  private static final ByteString EVERYTHING = ByteString.copyFrom(new byte[1]);

  @TempDir private static Path directory;
  private static ServerProcess server;
  private static TestClient client;

  @BeforeAll
  static void start() throws IOException {
    server = ServerProcess.kvorum(directory);
    client = TestClient.of(server);
    for (String key : new String[] {"a", "b", "c", "d", "e", "b"}) {
      client.put(key, "value of " + key);
    }
    client
        .kv()
        .compact(CompactionRequest.newBuilder().setRevision(RefusedRequests.COMPACTED).build());
    client
        .lease()
        .leaseGrant(
            LeaseGrantRequest.newBuilder().setID(RefusedRequests.USED_LEASE).setTTL(600).build());
    assertThat(client.hash().getHeader().getRevision()).isEqualTo(RefusedRequests.HEAD);
  }

  @AfterAll
  static void stop() {
    client.close();
    server.close();
  }

  @ParameterizedTest
  @MethodSource("io.kvorum.testkit.badinput.RefusedRequests#all")
  void badRequest_sent_isRefusedInDocumentedWordsAndChangesNothing(Refused bad) {
    HashKVResponse before = client.hash();

    StatusRuntimeException refusal =
        catchThrowableOfType(StatusRuntimeException.class, () -> bad.request().accept(client));

    assertThat(refusal).as("a refusal").isNotNull();
    assertThat(refusal.getStatus().getCode()).isEqualTo(bad.code());
    assertThat(refusal.getStatus().getDescription()).isEqualTo(bad.text());
    HashKVResponse after = client.hash();
    assertThat(after.getHash()).isEqualTo(before.getHash());
    assertThat(after.getHeader().getRevision()).isEqualTo(RefusedRequests.HEAD);
    assertThat(after.getCompactRevision()).isEqualTo(RefusedRequests.COMPACTED);
    assertThat(client.get("a").getKvs(0).getValue().toStringUtf8()).isEqualTo("value of a");
  }

  @Test
  void rangeEndBelowKey_readAndDeleted_isAnEmptyRange() {
    var read = client.kv().range(range("d").setRangeEnd(key("b")).build());
    var deleted =
        client
            .kv()
            .deleteRange(
                DeleteRangeRequest.newBuilder().setKey(key("d")).setRangeEnd(key("b")).build());

    assertThat(read.getCount()).isZero();
    assertThat(read.getKvsList()).isEmpty();
    assertThat(deleted.getDeleted()).isZero();
    assertThat(deleted.getHeader().getRevision()).isEqualTo(RefusedRequests.HEAD);
  }

  @Test
  void negativeLimitAndRevision_read_meanNoneAndNewest() {
    var read =
        client.kv().range(range("a").setRangeEnd(EVERYTHING).setLimit(-3).setRevision(-9).build());

    assertThat(read.getKvsCount()).isEqualTo(5);
    assertThat(read.getMore()).isFalse();
    assertThat(read.getHeader().getRevision()).isEqualTo(RefusedRequests.HEAD);
  }

  @Test
  void negativeFilters_read_dropAllAboveThem() {
    var below = client.kv().range(range("a").setMaxModRevision(-1).build());
    var above = client.kv().range(range("a").setMinCreateRevision(-1).build());

    assertThat(below.getKvsCount()).isZero();
    assertThat(below.getCount()).isEqualTo(1);
    assertThat(above.getKvsCount()).isEqualTo(1);
  }

  @Test
  void badWatchers_createdOnOneStream_areCanceledOneByOne() throws Exception {
    BlockingQueue<WatchResponse> responses = new LinkedBlockingQueue<>();
    StreamObserver<WatchRequest> requests =
        WatchGrpc.newStub(client.channel()).watch(Responses.into(responses));

    requests.onNext(watch(WatchCreateRequest.newBuilder().setKey(key("d")).setRangeEnd(key("b"))));
    requests.onNext(watch(WatchCreateRequest.newBuilder().setKey(key("a")).setStartRevision(-1)));
    requests.onNext(watch(WatchCreateRequest.newBuilder().setKey(key("a")).setWatchId(5)));
    requests.onNext(watch(WatchCreateRequest.newBuilder().setKey(key("b")).setWatchId(5)));
    requests.onNext(watch(WatchCreateRequest.newBuilder().setKey(key("a")).setStartRevision(1)));
    requests.onNext(WatchRequest.getDefaultInstance());
    requests.onNext(
        watch(
            WatchCreateRequest.newBuilder()
                .setKey(EVERYTHING)
                .setRangeEnd(EVERYTHING)
                .setStartRevision(RefusedRequests.HEAD)));

    assertRefused(next(responses), "mvcc: watcher range is empty");
    assertRefused(next(responses), RefusedRequests.IS_COMPACTED);
    assertThat(next(responses).getWatchId()).isEqualTo(5);
    assertRefused(next(responses), "mvcc: duplicate watch ID provided on the WatchStream");
    WatchResponse late = next(responses);
    assertThat(late.getCreated()).isTrue();
    assertThat(late.getCanceled()).isFalse();
    WatchResponse canceled = next(responses);
    assertThat(canceled.getWatchId()).isEqualTo(late.getWatchId());
    assertThat(canceled.getCanceled()).isTrue();
    assertThat(canceled.getCompactRevision()).isEqualTo(RefusedRequests.COMPACTED);
    assertThat(next(responses).getCreated()).isTrue();
    assertThat(next(responses).getEvents(0).getKv().getModRevision())
        .isEqualTo(RefusedRequests.HEAD);
    requests.onCompleted();
  }

  private static void assertRefused(WatchResponse response, String reason) {
    assertThat(response.getCreated()).isTrue();
    assertThat(response.getCanceled()).isTrue();
    assertThat(response.getWatchId()).isEqualTo(-1);
    assertThat(response.getCancelReason()).isEqualTo(reason);
  }

  private static WatchResponse next(BlockingQueue<WatchResponse> responses)
      throws InterruptedException {
    WatchResponse response = responses.poll(10, TimeUnit.SECONDS);
    assertThat(response).as("a response of the watch").isNotNull();
    return response;
  }

  private static WatchRequest watch(WatchCreateRequest.Builder create) {
    return WatchRequest.newBuilder().setCreateRequest(create).build();
  }

  private static ByteString key(String text) {
    return ByteString.copyFromUtf8(text);
  }

  private static RangeRequest.Builder range(String key) {
    return RangeRequest.newBuilder().setKey(key(key));
  }
}
