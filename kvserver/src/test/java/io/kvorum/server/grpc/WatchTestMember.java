package io.kvorum.server.grpc;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.kvorum.mvcc.ApplyBatch;
import io.kvorum.mvcc.ChangeSet;
import io.kvorum.mvcc.KeyRange;
import io.kvorum.mvcc.MvccStore;
import io.kvorum.mvcc.StoreOptions;
import io.kvorum.mvcc.WriteTxn;
import io.kvorum.mvcc.watch.WatchHub;
import io.kvorum.mvcc.watch.WatchLimits;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.server.config.ListenUrl;
import io.kvorum.server.config.MemberConfig;
import io.kvorum.server.transport.ClientPort;
import io.kvorum.server.transport.HttpAnswer;
import io.kvorum.server.transport.ListenPoint;
import io.kvorum.server.transport.NettyEventLoops;
import io.kvorum.server.transport.PortFailure;
import io.kvorum.server.transport.PortLimits;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Consumer;

/// A store, a hub and the watch service on a real port; the test is the applier.
final class WatchTestMember implements AutoCloseable {
  static final int MAX_REQUEST_BYTES = 1_572_864;
  static final long CLUSTER_ID = 0xcafe;
  static final long MEMBER_ID = 0xbeef;
  static final long TERM = 7;

  private static final PortLimits LIMITS =
      new PortLimits(
          1_000,
          1_000,
          2 << 20,
          new MemberConfig.KeepAlive(Duration.ofSeconds(5), Duration.ofHours(2), Duration.ZERO),
          new MemberConfig.SocketReuse(false, false),
          Duration.ofSeconds(10),
          Duration.ofMillis(100));

  private final NettyEventLoops loops = NettyEventLoops.start(2);
  private final ExecutorService workers = Executors.newFixedThreadPool(2);
  private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
  private final MvccStore store;
  private final WatchHub hub;
  private final ClientPort port;

  WatchTestMember(Path directory, Duration progressInterval) throws PortFailure {
    store = MvccStore.open(directory, StoreOptions.defaults().withNativeBudgetBytes(16L << 20));
    hub = new WatchHub(store, WatchLimits.STANDARD, workers);
    WatchService service =
        new WatchService(
            hub,
            new ResponseHeaders(CLUSTER_ID, new MemberId(MEMBER_ID), () -> TERM),
            loops,
            new ProgressTimers(timer, () -> 0.5, progressInterval),
            MAX_REQUEST_BYTES);
    port =
        ClientPort.open(
            LIMITS,
            loops,
            List.of(
                new ListenPoint(
                    new ListenUrl(ListenUrl.Scheme.HTTP, "127.0.0.1", 0, "http://127.0.0.1:0"),
                    new ListenPoint.GrpcCalls(List.of(service.bindService()), List.of(), List.of()),
                    (_, reply) -> reply.send(HttpAnswer.text(404, "")))));
  }

  ManagedChannel connect() {
    return NettyChannelBuilder.forAddress((InetSocketAddress) port.addresses().getFirst())
        .usePlaintext()
        .maxInboundMessageSize(Integer.MAX_VALUE)
        .build();
  }

  WatchHub hub() {
    return hub;
  }

  long put(String key, String value) {
    return write(txn -> txn.put(ByteString.copyFromUtf8(key), ByteString.copyFromUtf8(value), 0));
  }

  long delete(String key) {
    return write(txn -> txn.deleteRange(KeyRange.single(ByteString.copyFromUtf8(key)), false));
  }

  long write(Consumer<WriteTxn> command) {
    ApplyBatch batch = store.newBatch();
    WriteTxn txn = batch.write();
    command.accept(txn);
    txn.end();
    publish(batch);
    return store.head();
  }

  void compact(long revision) {
    ApplyBatch batch = store.newBatch();
    batch.compact(revision);
    publish(batch);
    store.compactPhysically(revision).join();
  }

  private void publish(ApplyBatch batch) {
    List<ChangeSet> changes = batch.commit(store.appliedIndex() + 1, TERM);
    hub.publish(changes, store.head(), store.compactedRevision());
  }

  @Override
  public void close() {
    port.close();
    loops.close();
    hub.close();
    workers.close();
    timer.shutdownNow();
    store.close();
  }
}
