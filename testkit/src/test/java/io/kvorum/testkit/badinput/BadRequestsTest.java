package io.kvorum.testkit.badinput;

import static io.grpc.Status.Code.FAILED_PRECONDITION;
import static io.grpc.Status.Code.INTERNAL;
import static io.grpc.Status.Code.INVALID_ARGUMENT;
import static io.grpc.Status.Code.NOT_FOUND;
import static io.grpc.Status.Code.OUT_OF_RANGE;
import static io.grpc.Status.Code.RESOURCE_EXHAUSTED;
import static io.grpc.Status.Code.UNIMPLEMENTED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import io.grpc.CallOptions;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import io.kvorum.proto.etcd.CompactionRequest;
import io.kvorum.proto.etcd.Compare;
import io.kvorum.proto.etcd.DeleteRangeRequest;
import io.kvorum.proto.etcd.HashKVResponse;
import io.kvorum.proto.etcd.KVGrpc;
import io.kvorum.proto.etcd.LeaseGrantRequest;
import io.kvorum.proto.etcd.LeaseRevokeRequest;
import io.kvorum.proto.etcd.PutRequest;
import io.kvorum.proto.etcd.RangeRequest;
import io.kvorum.proto.etcd.RequestOp;
import io.kvorum.proto.etcd.TxnRequest;
import io.kvorum.proto.etcd.WatchCreateRequest;
import io.kvorum.proto.etcd.WatchGrpc;
import io.kvorum.proto.etcd.WatchRequest;
import io.kvorum.proto.etcd.WatchResponse;
import io.kvorum.testkit.ServerProcess;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Requests that are wrong in themselves or meet a state that refuses them: the documented code and
/// text, a store that is the same before and after, and a server that goes on answering.
///
/// One server for all; its store stands at revision 7, compacted at 3.
class BadRequestsTest {
  private static final long HEAD = 7;
  private static final long COMPACTED = 3;
  private static final long USED_LEASE = 77;
  private static final long UNKNOWN_LEASE = 4711;
  private static final int MIB = 1 << 20;
  private static final int MAX_TXN_OPERATIONS = 128;
  private static final ByteString EVERYTHING = ByteString.copyFrom(new byte[1]);

  private static final String EMPTY_KEY = "etcdserver: key is not provided";
  private static final String TOO_MANY_OPERATIONS =
      "etcdserver: too many operations in txn request";
  private static final String DUPLICATE_KEY = "etcdserver: duplicate key given in txn request";
  private static final String UNREADABLE = "grpc: error unmarshalling request: ";
  private static final String FUTURE = "etcdserver: mvcc: required revision is a future revision";
  private static final String IS_COMPACTED =
      "etcdserver: mvcc: required revision has been compacted";

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
    client.kv().compact(CompactionRequest.newBuilder().setRevision(COMPACTED).build());
    client.lease().leaseGrant(LeaseGrantRequest.newBuilder().setID(USED_LEASE).setTTL(600).build());
    assertThat(client.hash().getHeader().getRevision()).isEqualTo(HEAD);
  }

  @AfterAll
  static void stop() {
    client.close();
    server.close();
  }

  /// A request and the answer it deserves.
  record Refused(String name, Status.Code code, String text, Consumer<TestClient> request) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static Refused row(
      String name, Status.Code code, String text, Consumer<TestClient> request) {
    return new Refused(name, code, text, request);
  }

  static Stream<Refused> refused() {
    return Stream.of(emptyKeys(), revisions(), leases(), transactions(), forms(), sizes())
        .flatMap(rows -> rows);
  }

  private static Stream<Refused> emptyKeys() {
    return Stream.of(
        row("range of the empty key", INVALID_ARGUMENT, EMPTY_KEY, range(range(""))),
        row(
            "range of the empty key to everything",
            INVALID_ARGUMENT,
            EMPTY_KEY,
            range(range("").setRangeEnd(EVERYTHING))),
        row("stream of the empty key", INVALID_ARGUMENT, EMPTY_KEY, rangeStream(range(""))),
        row("put of the empty key", INVALID_ARGUMENT, EMPTY_KEY, put(putOf("", "x"))),
        row(
            "delete of the empty key",
            INVALID_ARGUMENT,
            EMPTY_KEY,
            to -> to.kv().deleteRange(DeleteRangeRequest.getDefaultInstance())),
        row(
            "guard on the empty key",
            INVALID_ARGUMENT,
            EMPTY_KEY,
            txn(TxnRequest.newBuilder().addCompare(Compare.getDefaultInstance()))),
        row(
            "put of the empty key inside a nested transaction",
            INVALID_ARGUMENT,
            EMPTY_KEY,
            txn(
                TxnRequest.newBuilder()
                    .addSuccess(putOp("x"))
                    .addSuccess(nested(TxnRequest.newBuilder().addFailure(putOp("")))))));
  }

  private static Stream<Refused> revisions() {
    return Stream.of(
        row("range in the future", OUT_OF_RANGE, FUTURE, range(range("a").setRevision(HEAD + 1))),
        row(
            "range in the far future",
            OUT_OF_RANGE,
            FUTURE,
            range(range("a").setRevision(Long.MAX_VALUE))),
        row(
            "range before the compaction",
            OUT_OF_RANGE,
            IS_COMPACTED,
            range(range("a").setRevision(COMPACTED - 1))),
        row(
            "stream in the future",
            OUT_OF_RANGE,
            FUTURE,
            rangeStream(range("a").setRevision(HEAD + 1))),
        row(
            "stream before the compaction",
            OUT_OF_RANGE,
            IS_COMPACTED,
            rangeStream(range("a").setRevision(1))),
        row(
            "transaction that writes and reads in the future",
            OUT_OF_RANGE,
            FUTURE,
            txn(
                TxnRequest.newBuilder()
                    .addSuccess(putOp("x"))
                    .addSuccess(rangeOp(range("a").setRevision(HEAD + 1))))),
        row(
            "transaction that writes and reads before the compaction",
            OUT_OF_RANGE,
            IS_COMPACTED,
            txn(
                TxnRequest.newBuilder()
                    .addSuccess(putOp("x"))
                    .addSuccess(rangeOp(range("a").setRevision(1))))),
        row("compaction in the future", OUT_OF_RANGE, FUTURE, compact(HEAD + 1)),
        row("compaction again", OUT_OF_RANGE, IS_COMPACTED, compact(COMPACTED)),
        row("compaction at a negative revision", OUT_OF_RANGE, IS_COMPACTED, compact(-5)));
  }

  private static Stream<Refused> leases() {
    String notFound = "etcdserver: requested lease not found";
    return Stream.of(
        row(
            "put with an unknown lease",
            NOT_FOUND,
            notFound,
            put(putOf("a", "x").setLease(UNKNOWN_LEASE))),
        row(
            "transaction with an unknown lease",
            NOT_FOUND,
            notFound,
            txn(
                TxnRequest.newBuilder()
                    .addSuccess(putOp("x"))
                    .addSuccess(
                        RequestOp.newBuilder()
                            .setRequestPut(putOf("y", "x").setLease(UNKNOWN_LEASE))))),
        row(
            "revoke of an unknown lease",
            NOT_FOUND,
            notFound,
            to -> to.lease().leaseRevoke(LeaseRevokeRequest.newBuilder().setID(4711).build())),
        row(
            "grant of a used lease",
            FAILED_PRECONDITION,
            "etcdserver: lease already exists",
            grant(USED_LEASE, 60)),
        row(
            "grant for too long",
            OUT_OF_RANGE,
            "etcdserver: too large lease TTL",
            grant(UNKNOWN_LEASE, 9_000_000_001L)),
        row(
            "put that keeps the lease and gives one",
            INVALID_ARGUMENT,
            "etcdserver: lease is provided",
            put(putOf("a", "x").setIgnoreLease(true).setLease(USED_LEASE))));
  }

  private static Stream<Refused> transactions() {
    return Stream.of(
        row(
            "129 operations",
            INVALID_ARGUMENT,
            TOO_MANY_OPERATIONS,
            txn(TxnRequest.newBuilder().addAllSuccess(puts(MAX_TXN_OPERATIONS + 1)))),
        row(
            "129 operations in the branch not taken",
            INVALID_ARGUMENT,
            TOO_MANY_OPERATIONS,
            txn(TxnRequest.newBuilder().addAllFailure(puts(MAX_TXN_OPERATIONS + 1)))),
        row(
            "129 guards",
            INVALID_ARGUMENT,
            TOO_MANY_OPERATIONS,
            txn(
                TxnRequest.newBuilder()
                    .addAllCompare(
                        IntStream.range(0, MAX_TXN_OPERATIONS + 1)
                            .mapToObj(i -> Compare.newBuilder().setKey(key("k" + i)).build())
                            .toList()))),
        row("transactions nested 300 deep", INVALID_ARGUMENT, TOO_MANY_OPERATIONS, txn(nest(300))),
        row(
            "one key put twice",
            INVALID_ARGUMENT,
            DUPLICATE_KEY,
            txn(TxnRequest.newBuilder().addSuccess(putOp("x")).addSuccess(putOp("x")))),
        row(
            "one key put and deleted as part of a range",
            INVALID_ARGUMENT,
            DUPLICATE_KEY,
            txn(
                TxnRequest.newBuilder()
                    .addFailure(putOp("b"))
                    .addFailure(
                        RequestOp.newBuilder()
                            .setRequestDeleteRange(
                                DeleteRangeRequest.newBuilder()
                                    .setKey(key("a"))
                                    .setRangeEnd(key("c")))))),
        row(
            "one key put outside and in a nested transaction",
            INVALID_ARGUMENT,
            DUPLICATE_KEY,
            txn(
                TxnRequest.newBuilder()
                    .addSuccess(nested(TxnRequest.newBuilder().addSuccess(putOp("x"))))
                    .addSuccess(putOp("x")))),
        row(
            "an operation that is none",
            INVALID_ARGUMENT,
            "etcdserver: key not found",
            txn(TxnRequest.newBuilder().addSuccess(RequestOp.getDefaultInstance()))),
        row(
            "put of an absent key that keeps its value",
            INVALID_ARGUMENT,
            "etcdserver: key not found",
            txn(
                TxnRequest.newBuilder()
                    .addSuccess(putOp("x"))
                    .addSuccess(
                        RequestOp.newBuilder()
                            .setRequestPut(
                                PutRequest.newBuilder()
                                    .setKey(key("absent"))
                                    .setIgnoreValue(true))))));
  }

  private static Stream<Refused> forms() {
    String badSort = "etcdserver: invalid sort option";
    return Stream.of(
        row(
            "put that keeps the value and gives one",
            INVALID_ARGUMENT,
            "etcdserver: value is provided",
            put(putOf("a", "x").setIgnoreValue(true))),
        row(
            "unknown sort order",
            INVALID_ARGUMENT,
            badSort,
            range(range("a").setSortOrderValue(200))),
        row(
            "unknown sort target",
            INVALID_ARGUMENT,
            badSort,
            range(range("a").setSortTargetValue(100))),
        row(
            "stream in descending order",
            UNIMPLEMENTED,
            "RangeStream does not support custom sort orders",
            rangeStream(range("a").setSortOrder(RangeRequest.SortOrder.DESCEND))),
        row(
            "stream with a revision filter",
            UNIMPLEMENTED,
            "RangeStream does not support revision filters",
            rangeStream(range("a").setMinModRevision(-1))),
        row(
            "message that is no protobuf",
            INTERNAL,
            UNREADABLE + "Protocol message tag had invalid wire type.",
            to -> raw(to, KVGrpc.getPutMethod(), new byte[] {(byte) 0xff, 1, 2, 3})),
        row(
            "message that ends inside a field",
            INTERNAL,
            UNREADABLE
                + "While parsing a protocol message, the input ended unexpectedly in the middle of a"
                + " field.  This could mean either that the input has been truncated or that an"
                + " embedded message misreported its own length.",
            to -> raw(to, KVGrpc.getTxnMethod(), new byte[] {0x12, 0x7f, 1})),
        row(
            "method that does not exist",
            UNIMPLEMENTED,
            "Method not found: etcdserverpb.KV/Nothing",
            to ->
                raw(
                    to,
                    KVGrpc.getPutMethod().toBuilder()
                        .setFullMethodName("etcdserverpb.KV/Nothing")
                        .setSchemaDescriptor(null)
                        .build(),
                    new byte[0])));
  }

  private static Stream<Refused> sizes() {
    String tooLarge = "etcdserver: request is too large";
    return Stream.of(
        row("value of 1.5 MiB", INVALID_ARGUMENT, tooLarge, putOfBytes(3 * MIB / 2)),
        row("value of almost 2 MiB", INVALID_ARGUMENT, tooLarge, putOfBytes(2 * MIB - 100)),
        row(
            "value of 2 MiB",
            RESOURCE_EXHAUSTED,
            "grpc: received message larger than max (2097160 vs. 2097152)",
            putOfBytes(2 * MIB)),
        row(
            "value of 16 MiB",
            RESOURCE_EXHAUSTED,
            "gRPC message exceeds maximum size 5767168: 16777224",
            putOfBytes(16 * MIB)));
  }

  @ParameterizedTest
  @MethodSource("refused")
  void badRequest_sent_isRefusedInDocumentedWordsAndChangesNothing(Refused bad) {
    HashKVResponse before = client.hash();

    StatusRuntimeException refusal =
        catchThrowableOfType(StatusRuntimeException.class, () -> bad.request.accept(client));

    assertThat(refusal).as("a refusal").isNotNull();
    assertThat(refusal.getStatus().getCode()).isEqualTo(bad.code);
    assertThat(refusal.getStatus().getDescription()).isEqualTo(bad.text);
    HashKVResponse after = client.hash();
    assertThat(after.getHash()).isEqualTo(before.getHash());
    assertThat(after.getHeader().getRevision()).isEqualTo(HEAD);
    assertThat(after.getCompactRevision()).isEqualTo(COMPACTED);
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
    assertThat(deleted.getHeader().getRevision()).isEqualTo(HEAD);
  }

  @Test
  void negativeLimitAndRevision_read_meanNoneAndNewest() {
    var read =
        client.kv().range(range("a").setRangeEnd(EVERYTHING).setLimit(-3).setRevision(-9).build());

    assertThat(read.getKvsCount()).isEqualTo(5);
    assertThat(read.getMore()).isFalse();
    assertThat(read.getHeader().getRevision()).isEqualTo(HEAD);
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
                .setStartRevision(HEAD)));

    assertRefused(next(responses), "mvcc: watcher range is empty");
    assertRefused(next(responses), IS_COMPACTED);
    assertThat(next(responses).getWatchId()).isEqualTo(5);
    assertRefused(next(responses), "mvcc: duplicate watch ID provided on the WatchStream");
    WatchResponse late = next(responses);
    assertThat(late.getCreated()).isTrue();
    assertThat(late.getCanceled()).isFalse();
    WatchResponse canceled = next(responses);
    assertThat(canceled.getWatchId()).isEqualTo(late.getWatchId());
    assertThat(canceled.getCanceled()).isTrue();
    assertThat(canceled.getCompactRevision()).isEqualTo(COMPACTED);
    assertThat(next(responses).getCreated()).isTrue();
    assertThat(next(responses).getEvents(0).getKv().getModRevision()).isEqualTo(HEAD);
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

  private static Consumer<TestClient> range(RangeRequest.Builder request) {
    return to -> to.kv().range(request.build());
  }

  private static Consumer<TestClient> rangeStream(RangeRequest.Builder request) {
    return to -> to.kv().rangeStream(request.build()).forEachRemaining(_ -> {});
  }

  private static Consumer<TestClient> put(PutRequest.Builder request) {
    return to -> to.kv().put(request.build());
  }

  private static Consumer<TestClient> putOfBytes(int bytes) {
    return to -> to.put("a", ByteString.copyFrom(new byte[bytes]));
  }

  private static Consumer<TestClient> txn(TxnRequest.Builder request) {
    return to -> to.kv().txn(request.build());
  }

  private static Consumer<TestClient> compact(long revision) {
    return to -> to.kv().compact(CompactionRequest.newBuilder().setRevision(revision).build());
  }

  private static Consumer<TestClient> grant(long id, long ttlSeconds) {
    return to ->
        to.lease().leaseGrant(LeaseGrantRequest.newBuilder().setID(id).setTTL(ttlSeconds).build());
  }

  private static ByteString key(String text) {
    return ByteString.copyFromUtf8(text);
  }

  private static RangeRequest.Builder range(String key) {
    return RangeRequest.newBuilder().setKey(key(key));
  }

  private static PutRequest.Builder putOf(String key, String value) {
    return PutRequest.newBuilder().setKey(key(key)).setValue(key(value));
  }

  private static RequestOp putOp(String key) {
    return RequestOp.newBuilder().setRequestPut(putOf(key, "x")).build();
  }

  private static Iterable<RequestOp> puts(int count) {
    return IntStream.range(0, count).mapToObj(i -> putOp("k" + i)).toList();
  }

  private static RequestOp rangeOp(RangeRequest.Builder request) {
    return RequestOp.newBuilder().setRequestRange(request).build();
  }

  private static RequestOp nested(TxnRequest.Builder transaction) {
    return RequestOp.newBuilder().setRequestTxn(transaction).build();
  }

  private static TxnRequest.Builder nest(int levels) {
    TxnRequest.Builder transaction = TxnRequest.newBuilder().addSuccess(putOp("x"));
    for (int level = 1; level < levels; level++) {
      transaction = TxnRequest.newBuilder().addSuccess(nested(transaction));
    }
    return transaction;
  }

  /// Calls a unary method with bytes that its request type could not be made of.
  private static void raw(TestClient to, MethodDescriptor<?, ?> method, byte[] request) {
    MethodDescriptor<byte[], byte[]> bytes =
        method.toBuilder(Bytes.MARSHALLER, Bytes.MARSHALLER).build();
    byte[] _ =
        ClientCalls.blockingUnaryCall(
            to.channel(),
            bytes,
            CallOptions.DEFAULT.withDeadlineAfter(10, TimeUnit.SECONDS),
            request);
  }

  private enum Bytes implements MethodDescriptor.Marshaller<byte[]> {
    MARSHALLER;

    @Override
    public InputStream stream(byte[] value) {
      return new ByteArrayInputStream(value);
    }

    @Override
    public byte[] parse(InputStream stream) {
      try {
        return stream.readAllBytes();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
