package io.kvorum.testkit.badinput;

import static io.grpc.Status.Code.FAILED_PRECONDITION;
import static io.grpc.Status.Code.INTERNAL;
import static io.grpc.Status.Code.INVALID_ARGUMENT;
import static io.grpc.Status.Code.NOT_FOUND;
import static io.grpc.Status.Code.OUT_OF_RANGE;
import static io.grpc.Status.Code.RESOURCE_EXHAUSTED;
import static io.grpc.Status.Code.UNIMPLEMENTED;

import com.google.protobuf.ByteString;
import io.grpc.CallOptions;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import io.kvorum.proto.etcd.CompactionRequest;
import io.kvorum.proto.etcd.Compare;
import io.kvorum.proto.etcd.DeleteRangeRequest;
import io.kvorum.proto.etcd.KVGrpc;
import io.kvorum.proto.etcd.LeaseGrantRequest;
import io.kvorum.proto.etcd.LeaseRevokeRequest;
import io.kvorum.proto.etcd.PutRequest;
import io.kvorum.proto.etcd.RangeRequest;
import io.kvorum.proto.etcd.RequestOp;
import io.kvorum.proto.etcd.TxnRequest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// Every kind of request that is to be refused, with the code and the words it deserves, in a store
/// of the keys `a` to `e` at revision 7, compacted at 3, with one lease.
final class RefusedRequests {
  /// The revision of the store.
  static final long HEAD = 7;

  /// What it is compacted at.
  static final long COMPACTED = 3;

  /// The one lease there is.
  static final long USED_LEASE = 77;

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
  static final String IS_COMPACTED = "etcdserver: mvcc: required revision has been compacted";

  private RefusedRequests() {}

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

  /// All of them.
  static Stream<Refused> all() {
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
