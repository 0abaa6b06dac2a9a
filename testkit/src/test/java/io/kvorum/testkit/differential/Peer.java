package io.kvorum.testkit.differential;

import com.google.protobuf.Message;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import io.kvorum.proto.etcd.KVGrpc;
import io.kvorum.proto.etcd.LeaseGrantResponse;
import io.kvorum.proto.etcd.LeaseGrpc;
import io.kvorum.proto.etcd.MaintenanceGrpc;
import io.kvorum.proto.etcd.RangeRequest;
import io.kvorum.proto.etcd.ResponseHeader;
import io.kvorum.proto.etcd.WatchCreateRequest;
import io.kvorum.proto.etcd.WatchGrpc;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;

/// One server under comparison, driven through its client port.
///
/// Answers are masked: ids and terms of headers, and lease ids the server chose, are replaced by
/// what the script calls them.
final class Peer implements AutoCloseable {

  /// The version of the API a server speaks (api-3.4-differences.md).
  enum Dialect {
    ETCD_3_4,
    BASELINE_3_8
  }

  private static final int LARGEST_RESPONSE_BYTES = 256 << 20;

  private final String name;
  private final Dialect dialect;
  private final ManagedChannel channel;
  private final ServerIdentity identity;
  private final LeaseAliases aliases = new LeaseAliases();
  private final KVGrpc.KVStub kv;
  private final LeaseGrpc.LeaseStub leases;
  private final MaintenanceGrpc.MaintenanceStub maintenance;
  private final KeepAlives keepAlives;
  private final WatchLog watches = new WatchLog();

  Peer(String name, Dialect dialect, String endpoint) {
    this.name = name;
    this.dialect = dialect;
    channel =
        NettyChannelBuilder.forTarget(endpoint)
            .usePlaintext()
            .directExecutor()
            .maxInboundMessageSize(LARGEST_RESPONSE_BYTES)
            .build();
    kv = KVGrpc.newStub(channel);
    leases = LeaseGrpc.newStub(channel);
    maintenance = MaintenanceGrpc.newStub(channel);
    identity = identify();
    keepAlives = new KeepAlives(leases);
    openLedger();
  }

  private ServerIdentity identify() {
    ResponseHeader header =
        KVGrpc.newBlockingStub(channel)
            .withDeadlineAfter(30, TimeUnit.SECONDS)
            .range(RangeRequest.newBuilder().setKey(Keys.MARKER).build())
            .getHeader();
    if (header.getClusterId() == 0 || header.getMemberId() == 0) {
      throw new IllegalStateException(name + " has no ids: " + header);
    }
    return new ServerIdentity(header.getClusterId(), header.getMemberId());
  }

  private void openLedger() {
    WatchStream stream = openStream(WatchLog.LEDGER_SLOT);
    WatchCreateRequest everything =
        WatchCreateRequest.newBuilder()
            .setKey(Keys.ZERO)
            .setRangeEnd(Keys.ZERO)
            .setPrevKv(true)
            .build();
    Answer answer =
        stream
            .create(new Command.WatchCreate(WatchLog.LEDGER_SLOT, everything, -1))
            .orTimeout(30, TimeUnit.SECONDS)
            .join();
    if (!(answer instanceof Answer.Replied)) {
      throw new IllegalStateException(name + " refuses the ledger: " + answer.line());
    }
  }

  private WatchStream openStream(int slot) {
    watches.stream(slot).ifPresent(WatchStream::abandon);
    WatchStream stream = new WatchStream(WatchGrpc.newStub(channel), watches, identity, aliases);
    watches.open(slot, stream);
    return stream;
  }

  String name() {
    return name;
  }

  Dialect dialect() {
    return dialect;
  }

  ManagedChannel channel() {
    return channel;
  }

  WatchLog watches() {
    return watches;
  }

  /// Sends a command; the answer is masked.
  CompletableFuture<Answer> send(Command command) {
    return switch (command) {
      case Command.Range(var request) -> call(kv::range, request);
      case Command.RangeStream(var request) -> rangeStream(request);
      case Command.Put(var request) -> call(kv::put, request);
      case Command.DeleteRange(var request) -> call(kv::deleteRange, request);
      case Command.Txn(var request) -> call(kv::txn, request);
      case Command.Compact(var request) -> call(kv::compact, request);
      case Command.LeaseGrant(var request) ->
          request.getID() == 0
              ? callRaw(leases::leaseGrant, request).thenApply(this::namedLease)
              : call(leases::leaseGrant, request);
      case Command.LeaseRevoke(var request) -> call(leases::leaseRevoke, request);
      case Command.LeaseTimeToLive(var request) -> call(leases::leaseTimeToLive, request);
      case Command.LeaseLeases(var request) -> call(leases::leaseLeases, request);
      case Command.LeaseKeepAlive(var request) ->
          keepAlives.send(aliases.toServer(request)).thenApply(this::masked);
      case Command.Alarm(var request) -> call(maintenance::alarm, request);
      case Command.WatchCreate create -> stream(create.stream()).create(create);
      case Command.WatchCancel(var slot, var watchId) -> stream(slot).cancel(watchId);
      case Command.WatchHalfClose(var slot) -> {
        stream(slot).halfClose();
        yield CompletableFuture.completedFuture(new Answer.Silent());
      }
      case Command.WatchReopen(var slot) -> {
        var _ = openStream(slot);
        yield CompletableFuture.completedFuture(new Answer.Silent());
      }
    };
  }

  private WatchStream stream(int slot) {
    return watches.stream(slot).orElseThrow();
  }

  private <Q extends Message, A extends Message> CompletableFuture<Answer> call(
      BiConsumer<Q, StreamObserver<A>> method, Q request) {
    return callRaw(method, aliases.toServer(request)).thenApply(this::masked);
  }

  private static <Q extends Message, A extends Message> CompletableFuture<Answer> callRaw(
      BiConsumer<Q, StreamObserver<A>> method, Q request) {
    UnaryAnswer<A> answer = new UnaryAnswer<>();
    method.accept(request, answer);
    return answer.answer();
  }

  /// etcd 3.4 has no RangeStream; its Range must give the same (api-3.4-differences.md §2).
  private CompletableFuture<Answer> rangeStream(RangeRequest request) {
    return switch (dialect) {
      case ETCD_3_4 -> call(kv::range, request);
      case BASELINE_3_8 -> {
        MergedChunks chunks = new MergedChunks();
        kv.rangeStream(request, chunks);
        yield chunks.answer().thenApply(this::masked);
      }
    };
  }

  private Answer namedLease(Answer answer) {
    if (answer instanceof Answer.Replied(LeaseGrantResponse granted)) {
      aliases.name(granted.getID());
    }
    return masked(answer);
  }

  private Answer masked(Answer answer) {
    return switch (answer) {
      case Answer.Replied(var message) ->
          new Answer.Replied(identity.masked(aliases.toScript(message)));
      case Answer.Failed failed -> failed;
      case Answer.Silent silent -> silent;
    };
  }

  @Override
  public void close() {
    channel.shutdownNow();
  }
}
