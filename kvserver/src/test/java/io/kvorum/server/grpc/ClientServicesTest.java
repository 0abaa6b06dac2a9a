package io.kvorum.server.grpc;

import static io.kvorum.server.grpc.TxnRequests.bytes;
import static io.kvorum.server.grpc.TxnRequests.nest;
import static io.kvorum.server.grpc.TxnRequests.put;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import com.google.protobuf.WireFormat;
import io.grpc.CallOptions;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import io.kvorum.proto.election.LeaderRequest;
import io.kvorum.proto.etcd.AuthEnableRequest;
import io.kvorum.proto.etcd.AuthGrpc;
import io.kvorum.proto.etcd.KVGrpc;
import io.kvorum.proto.etcd.KVGrpc.KVBlockingStub;
import io.kvorum.proto.etcd.LeaseGrpc;
import io.kvorum.proto.etcd.LeaseKeepAliveRequest;
import io.kvorum.proto.etcd.LeaseKeepAliveResponse;
import io.kvorum.proto.etcd.PutRequest;
import io.kvorum.proto.etcd.RangeRequest;
import io.kvorum.proto.etcd.RequestOp;
import io.kvorum.proto.etcd.TxnRequest;
import io.kvorum.proto.etcd.TxnResponse;
import io.kvorum.proto.etcd.WatchRequest;
import io.kvorum.proto.lock.LockRequest;
import io.kvorum.server.apply.Lessor.KeepAlive;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What every call passes before its handler: limits, decoding, metadata, meters (`api.md` §4.1,
/// §5.1).
class ClientServicesTest {
  private static final RangeRequest RANGE = RangeRequest.newBuilder().setKey(bytes("a")).build();
  private static final int MAX_RECEIVE_BYTES = ServedStore.MAX_REQUEST_BYTES + 524_288;

  @TempDir Path directory;
  private ServedStore served;
  private KVBlockingStub kv;

  @BeforeEach
  void serve() throws Exception {
    served = ServedStore.in(directory.resolve("db"));
    kv = KVGrpc.newBlockingStub(served.channel());
  }

  @AfterEach
  void stop() {
    served.close();
  }

  @Test
  void everyMethodOfTheApi_bound_isListed() {
    List<String> expected = new ArrayList<>();
    for (FileDescriptor file :
        List.of(
            WatchRequest.getDescriptor().getFile(),
            LockRequest.getDescriptor().getFile(),
            LeaderRequest.getDescriptor().getFile())) {
      for (ServiceDescriptor service : file.getServices()) {
        for (MethodDescriptor method : service.getMethods()) {
          expected.add(service.getFullName() + "/" + method.getName());
        }
      }
    }
    expected.remove("etcdserverpb.Watch/Watch");

    assertThat(
            served.meters.methods.stream().map(method -> method.substring(0, method.indexOf(' '))))
        .containsExactlyInAnyOrderElementsOf(expected)
        .hasSize(48);
    assertThat(served.meters.methods)
        .contains(
            "etcdserverpb.KV/Range unary",
            "etcdserverpb.KV/RangeStream server_stream",
            "etcdserverpb.Lease/LeaseKeepAlive bidi_stream");
  }

  @Test
  void serviceNotServedYet_called_isUnimplemented() {
    Status status =
        Calls.failureOf(
            () ->
                AuthGrpc.newBlockingStub(served.channel())
                    .authEnable(AuthEnableRequest.getDefaultInstance()));

    assertThat(status.getCode()).isEqualTo(Status.Code.UNIMPLEMENTED);
  }

  /// §4 "other statuses": the text is that of etcd's gRPC library.
  @Test
  void requestAboveTheReceiveLimit_sent_isRefusedInEtcdsWords() {
    PutRequest tooLarge =
        PutRequest.newBuilder()
            .setKey(bytes("a"))
            .setValue(ByteString.copyFrom(new byte[MAX_RECEIVE_BYTES]))
            .build();

    Status status = Calls.failureOf(() -> kv.put(tooLarge));

    assertThat(status.getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    assertThat(status.getDescription())
        .isEqualTo(
            "grpc: received message larger than max (%d vs. %d)"
                .formatted(tooLarge.getSerializedSize(), MAX_RECEIVE_BYTES));
    assertThat(served.commands.proposed()).isEmpty();
  }

  @Test
  void nestOf127Transactions_sent_reachesTheLog() {
    served.commands.apply(TxnResponse.getDefaultInstance(), 2);

    kv.txn(nest(127, put("deep")));

    assertThat(served.commands.proposed()).hasSize(1);
  }

  /// §3.2: far beyond what a stack holds, so made as bytes.
  @Test
  void nestOfTenThousandTransactions_sent_hasTooManyOperations() throws Exception {
    ByteString operation = put("deep").toByteString();
    for (int level = 0; level < 10_000; level++) {
      ByteString transaction = field(TxnRequest.SUCCESS_FIELD_NUMBER, operation);
      operation = field(RequestOp.REQUEST_TXN_FIELD_NUMBER, transaction);
    }
    ByteString nest = field(TxnRequest.SUCCESS_FIELD_NUMBER, operation);

    assertThat(Calls.failureOf(() -> sendRaw("etcdserverpb.KV/Txn", nest)))
        .extracting(Status::getCode, Status::getDescription)
        .containsExactly(
            Status.Code.INVALID_ARGUMENT, "etcdserver: too many operations in txn request");
  }

  @Test
  void bytesThatAreNoMessage_sent_areInternalError() {
    Status status =
        Calls.failureOf(() -> sendRaw("etcdserverpb.KV/Range", bytes("\u000f nonsense")));

    assertThat(status.getCode()).isEqualTo(Status.Code.INTERNAL);
    assertThat(status.getDescription()).startsWith("grpc: error unmarshalling request");
  }

  private static ByteString field(int number, ByteString content) throws IOException {
    ByteString.Output head = ByteString.newOutput();
    CodedOutputStream out = CodedOutputStream.newInstance(head);
    out.writeTag(number, WireFormat.WIRETYPE_LENGTH_DELIMITED);
    out.writeUInt32NoTag(content.size());
    out.flush();
    return head.toByteString().concat(content);
  }

  private void sendRaw(String method, ByteString request) {
    var raw =
        io.grpc.MethodDescriptor.<ByteString, ByteString>newBuilder()
            .setFullMethodName(method)
            .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
            .setRequestMarshaller(new RawBytes())
            .setResponseMarshaller(new RawBytes())
            .build();
    ClientCalls.blockingUnaryCall(served.channel(), raw, CallOptions.DEFAULT, request);
  }

  /// Case 67.
  @Test
  void leaderRequired_noneKnown_isRefusedAtOnce() {
    served.leaderKnown = false;

    assertThat(Calls.failureOf(() -> requiringLeader("true").range(RANGE)))
        .extracting(Status::getCode, Status::getDescription)
        .containsExactly(Status.Code.UNAVAILABLE, "etcdserver: no leader");
    assertThat(requiringLeader("True").range(RANGE).getCount())
        .as("any other value does not count")
        .isZero();
    served.leaderKnown = true;
    assertThat(requiringLeader("true").range(RANGE).getCount()).isZero();
  }

  /// Case 68.
  @Test
  void leaderLost_threeElectionTimeouts_endTheStreamsThatNeedOne() throws Exception {
    KeepAliveClient needsLeader = new KeepAliveClient("true");
    KeepAliveClient doesNot = new KeepAliveClient("false");
    served.leaderKnown = false;

    served.streams.electionTimeoutElapsed();
    served.streams.electionTimeoutElapsed();
    assertThat(served.streams.openCount()).isEqualTo(1);
    served.streams.electionTimeoutElapsed();

    assertThat(needsLeader.end.get(20, TimeUnit.SECONDS))
        .extracting(Status::getCode, Status::getDescription)
        .containsExactly(Status.Code.UNAVAILABLE, "etcdserver: no leader");
    assertThat(served.streams.openCount()).isZero();
    doesNot.requests.onCompleted();
    assertThat(doesNot.end.get(20, TimeUnit.SECONDS).isOk()).isTrue();
  }

  @Test
  void leaderBackInTime_electionTimeouts_beginToCountAgain() {
    KeepAliveClient stream = new KeepAliveClient("true");
    served.leaderKnown = false;
    served.streams.electionTimeoutElapsed();
    served.streams.electionTimeoutElapsed();
    served.leaderKnown = true;
    served.streams.electionTimeoutElapsed();
    served.leaderKnown = false;
    served.streams.electionTimeoutElapsed();
    served.streams.electionTimeoutElapsed();

    assertThat(served.streams.openCount()).isEqualTo(1);
    assertThat(stream.end).isNotDone();
  }

  @Test
  void calls_answeredOrRefused_areCounted() {
    kv.range(RANGE);
    Calls.failureOf(() -> kv.put(PutRequest.getDefaultInstance()));
    served.leaderKnown = false;
    Calls.failureOf(() -> requiringLeader("true").range(RANGE));

    assertThat(served.meters.events)
        .startsWith("Range started", "Range received", "Range sent", "Range handled OK")
        .contains("Put handled InvalidArgument", "Range handled Unavailable");
  }

  private KVBlockingStub requiringLeader(String value) {
    return kv.withInterceptors(MetadataUtils.newAttachHeadersInterceptor(hasLeader(value)));
  }

  private static Metadata hasLeader(String value) {
    Metadata metadata = new Metadata();
    metadata.put(Metadata.Key.of("hasleader", Metadata.ASCII_STRING_MARSHALLER), value);
    return metadata;
  }

  /// A keep-alive stream that has had one answer, so the server knows it.
  private final class KeepAliveClient implements StreamObserver<LeaseKeepAliveResponse> {
    final CompletableFuture<Status> end = new CompletableFuture<>();
    final CompletableFuture<Void> answered = new CompletableFuture<>();
    final StreamObserver<LeaseKeepAliveRequest> requests;

    KeepAliveClient(String value) {
      requests =
          LeaseGrpc.newStub(served.channel())
              .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(hasLeader(value)))
              .leaseKeepAlive(this);
      requests.onNext(LeaseKeepAliveRequest.newBuilder().setID(7).build());
      served.lessor.<KeepAlive>next().answer(new KeepAlive.Gone(1));
      answered.orTimeout(20, TimeUnit.SECONDS).join();
    }

    @Override
    public void onNext(LeaseKeepAliveResponse response) {
      answered.complete(null);
    }

    @Override
    public void onError(Throwable failure) {
      end.complete(Status.fromThrowable(failure));
    }

    @Override
    public void onCompleted() {
      end.complete(Status.OK);
    }
  }
}
