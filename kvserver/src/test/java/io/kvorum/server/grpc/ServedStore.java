package io.kvorum.server.grpc;

import com.google.protobuf.ByteString;
import io.grpc.BindableService;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.kvorum.mvcc.ApplyBatch;
import io.kvorum.mvcc.MvccStore;
import io.kvorum.mvcc.StoreOptions;
import io.kvorum.mvcc.WriteTxn;
import io.kvorum.proto.etcd.AlarmMember;
import io.kvorum.proto.etcd.Member;
import io.kvorum.proto.storage.Membership;
import io.kvorum.raft.RoleKind;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.raft.node.RaftStatus;
import io.kvorum.server.ManualClock;
import io.kvorum.server.apply.Alarms;
import io.kvorum.server.apply.ClusterState;
import io.kvorum.server.cluster.Connections;
import io.kvorum.server.cluster.LeadershipMoves;
import io.kvorum.server.cluster.Reconfiguration;
import io.kvorum.server.config.MemberConfig.ReconfigurationChecks;
import io.kvorum.server.grpc.KvReads.ReadResources;
import io.kvorum.server.read.LinearizableReads;
import io.kvorum.server.read.ReadFailure;
import io.kvorum.server.transport.EventLoops;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/// The client API on a loopback port, over a real store, with the member around it scripted. Writes
/// are made by the test, straight into the store.
final class ServedStore implements AutoCloseable {
  static final int MAX_REQUEST_BYTES = 1_572_864;
  static final int MAX_TXN_OPERATIONS = 128;
  static final MemberId MEMBER = new MemberId(17);
  static final MemberId LEADER = new MemberId(18);
  static final List<Member> MEMBERS =
      List.of(
          Member.newBuilder().setID(17).setName("here").addPeerURLs("http://127.0.0.1:1").build(),
          Member.newBuilder().setID(-5).setName("largest id").build());
  static final long MIN_TTL_SECONDS = 2;
  static final long CLUSTER = 23;
  static final long TERM = 5;
  static final long QUOTA_BYTES = 1_000_000;

  final ManualClock clock = new ManualClock();
  final ScriptedCommands commands = new ScriptedCommands();
  final AtomicInteger confirmations = new AtomicInteger();
  final ScriptedLessor lessor = new ScriptedLessor();
  final RecordingMeters meters = new RecordingMeters();
  final LeaderRequiredStreams streams;
  volatile boolean leaderKnown = true;
  volatile boolean learner;
  volatile RoleKind role = RoleKind.FOLLOWER;
  private final MemberStanding standing = new Standing();
  private final Connections connections = new Connections(System::nanoTime);
  volatile List<AlarmMember> alarms = List.of();
  final ReadBudget budget;
  final MvccStore store;
  final RangeThreads threads;
  final ResponseHeaders headers = new ResponseHeaders(CLUSTER, MEMBER, () -> TERM);

  private final EventLoopGroup group =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final Server server;
  private final ManagedChannel channel;
  private volatile Optional<ReadFailure> readFailure = Optional.empty();
  private final AtomicLong quotaUsedBytes = new AtomicLong();

  static ServedStore in(Path directory) throws IOException {
    return new ServedStore(directory, ReadBudgetLimits.ofBytes(256L << 20));
  }

  ServedStore(Path directory, ReadBudgetLimits limits) throws IOException {
    this.budget = new ReadBudget(limits, clock);
    this.store =
        MvccStore.open(directory, StoreOptions.defaults().withNativeBudgetBytes(64L << 20));
    this.threads = RangeThreads.start(2, (_, failure) -> failure.printStackTrace());
    this.streams = new LeaderRequiredStreams(() -> leaderKnown, loops());
    this.server =
        serve(
            new ClientServices(MAX_REQUEST_BYTES, standing, streams, meters, clock)
                .bind(services()));
    this.channel = newChannel();
  }

  private Server serve(List<ServerServiceDefinition> services) throws IOException {
    return NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
        .bossEventLoopGroup(group)
        .workerEventLoopGroup(group)
        .channelType(NioServerSocketChannel.class)
        .directExecutor()
        .maxInboundMessageSize(8 << 20)
        .addStreamTracerFactory(ClientServices.resets())
        .addServices(services)
        .build()
        .start();
  }

  private List<BindableService> services() {
    Writes writes = writes();
    ConfirmedReads confirmed =
        new ConfirmedReads(
            (loop, callback) -> loop.execute(() -> confirm(callback)), standing, loops());
    return List.of(
        kvService(writes, confirmed),
        new LeaseService(
            writes,
            lessor,
            headers,
            loops(),
            new LeaseService.LeaseGrants(MIN_TTL_SECONDS, new Random(7))),
        new ClusterService(
            () -> MEMBERS,
            new Reconfiguration(MEMBER, ReconfigurationChecks.OFF, 1, this::cluster, connections),
            writes,
            confirmed,
            headers,
            () -> 1_700_000_000),
        new MaintenanceService(
            writes,
            new StatusReport(
                store,
                new StorageQuota(QUOTA_BYTES, quotaUsedBytes::get),
                this::raftStatus,
                standing,
                () -> alarms,
                new StatusReport.Versions("3.7.0", "3.7.0")),
            new StoreChores(store, threads, Runnable::run, store::defragment),
            new LeadershipMoves(
                MEMBER, new FakeRaft(), this::cluster, connections, Duration.ofMillis(50)),
            headers,
            loops()));
  }

  private ClusterState cluster() {
    return new ClusterState(
        Alarms.NONE,
        Membership.newBuilder()
            .setVersion(1)
            .addAllMembers(
                MEMBERS.stream()
                    .map(
                        member ->
                            io.kvorum.proto.storage.Member.newBuilder()
                                .setId(member.getID())
                                .setName(member.getName())
                                .addAllPeerUrls(member.getPeerURLsList())
                                .setLearner(member.getIsLearner())
                                .build())
                    .toList())
            .build(),
        Optional.empty());
  }

  /// Says what the status says, and hands nothing over.
  private final class FakeRaft implements LeadershipMoves.Raft {
    @Override
    public RaftStatus status() {
      return raftStatus();
    }

    @Override
    public boolean transferLeadership(long token, MemberId target) {
      return true;
    }
  }

  private final class Standing implements MemberStanding {
    @Override
    public boolean knowsLeader() {
      return leaderKnown;
    }

    @Override
    public boolean isLearner() {
      return learner;
    }
  }

  private RaftStatus raftStatus() {
    return new RaftStatus(
        MEMBER,
        role,
        TERM,
        leaderKnown ? Optional.of(LEADER) : Optional.empty(),
        1_000,
        1_001,
        store.appliedIndex());
  }

  private KvService kvService(Writes writes, ConfirmedReads confirmed) {
    KvReads reads =
        new KvReads(
            confirmed,
            headers,
            loops(),
            new ReadResources(store, threads, budget, MAX_REQUEST_BYTES));
    Compactions compactions =
        new Compactions(
            writes, headers, loops(), () -> store.compactPhysically(store.compactedRevision()));
    return new KvService(MAX_TXN_OPERATIONS, writes, reads, compactions);
  }

  Writes writes() {
    return new Writes(
        commands, new StorageQuota(QUOTA_BYTES, quotaUsedBytes::get), headers, loops(), MEMBER);
  }

  /// What the quota counts as stored.
  void quotaUsed(long bytes) {
    quotaUsedBytes.set(bytes);
  }

  EventLoops loops() {
    return group::next;
  }

  private void confirm(LinearizableReads.Callback callback) {
    confirmations.incrementAndGet();
    readFailure.ifPresentOrElse(callback::failed, callback::ready);
  }

  void failReads(ReadFailure failure) {
    readFailure = Optional.of(failure);
  }

  ManagedChannel channel() {
    return channel;
  }

  /// A further connection.
  ManagedChannel newChannel() {
    return NettyChannelBuilder.forAddress(server.getListenSockets().getFirst())
        .usePlaintext()
        .directExecutor()
        .maxInboundMessageSize(Integer.MAX_VALUE)
        .build();
  }

  /// Applies one log entry.
  void apply(Consumer<ApplyBatch> entry) {
    ApplyBatch batch = store.newBatch();
    entry.accept(batch);
    batch.commit(store.appliedIndex() + 1, TERM);
  }

  long write(Consumer<WriteTxn> command) {
    apply(
        batch -> {
          WriteTxn txn = batch.write();
          command.accept(txn);
          txn.end();
        });
    return store.head();
  }

  long put(String key, ByteString value) {
    return write(txn -> txn.put(ByteString.copyFromUtf8(key), value, 0));
  }

  long put(String key, String value) {
    return put(key, ByteString.copyFromUtf8(value));
  }

  void compact(long revision) {
    apply(batch -> batch.compact(revision));
  }

  /// Returns when the threads `range-n` have done everything handed to them before.
  void awaitRangeThreads() {
    CountDownLatch all = new CountDownLatch(4);
    for (int i = 0; i < 4; i++) {
      threads.execute(
          () -> {
            all.countDown();
            await(all);
          });
    }
    await(all);
  }

  static void await(CountDownLatch latch) {
    try {
      if (!latch.await(20, TimeUnit.SECONDS)) {
        throw new AssertionError("waited in vain");
      }
    } catch (InterruptedException e) {
      throw new AssertionError("interrupted", e);
    }
  }

  @Override
  public void close() {
    channel.shutdownNow();
    server.shutdownNow();
    group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
    threads.close();
    store.close();
  }
}
