package io.kvorum.testkit.snapshot;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.kvorum.proto.etcd.ClusterGrpc;
import io.kvorum.proto.etcd.DefragmentRequest;
import io.kvorum.proto.etcd.HashKVRequest;
import io.kvorum.proto.etcd.KVGrpc;
import io.kvorum.proto.etcd.MaintenanceGrpc;
import io.kvorum.proto.etcd.MemberAddRequest;
import io.kvorum.proto.etcd.PutRequest;
import io.kvorum.proto.etcd.RangeRequest;
import io.kvorum.proto.etcd.StatusRequest;
import io.kvorum.proto.etcd.StatusResponse;
import io.kvorum.testkit.ServerProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/// Three members in processes of their own, which keep so little log that whoever misses some
/// writes needs a snapshot.
final class SmallCluster implements AutoCloseable {
  private static final int SIZE = 3;
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  private final Path directory;
  private final List<String> founders = new ArrayList<>();
  private final List<Node> nodes = new ArrayList<>();

  private final List<String> flags;

  private SmallCluster(Path directory, List<String> flags) {
    this.directory = directory;
    this.flags = List.copyOf(flags);
  }

  /// One member, and a connection to it.
  static final class Node implements AutoCloseable {
    private final Path directory;
    private ServerProcess process;
    private final ManagedChannel channel;

    private Node(Path directory, ServerProcess process) {
      this.directory = directory;
      this.process = process;
      this.channel =
          NettyChannelBuilder.forTarget(process.endpoint())
              .usePlaintext()
              .maxInboundMessageSize(64 << 20)
              .build();
    }

    ManagedChannel channel() {
      return channel;
    }

    KVGrpc.KVBlockingStub kv() {
      return KVGrpc.newBlockingStub(channel)
          .withWaitForReady()
          .withDeadlineAfter(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }

    MaintenanceGrpc.MaintenanceBlockingStub maintenance() {
      return MaintenanceGrpc.newBlockingStub(channel)
          .withWaitForReady()
          .withDeadlineAfter(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }

    long put(String key, ByteString value) {
      return kv().put(
              PutRequest.newBuilder().setKey(ByteString.copyFromUtf8(key)).setValue(value).build())
          .getHeader()
          .getRevision();
    }

    RangeRequest.Builder get(String key) {
      return RangeRequest.newBuilder().setKey(ByteString.copyFromUtf8(key));
    }

    StatusResponse status() {
      return maintenance().status(StatusRequest.getDefaultInstance());
    }

    int hashAt(long revision) {
      return maintenance()
          .hashKV(HashKVRequest.newBuilder().setRevision(revision).build())
          .getHash();
    }

    void kill() {
      process.kill();
    }

    /// Does not wait until it is healthy.
    void spawn() throws IOException {
      process = process.spawnedAgain();
    }

    void restart() throws IOException {
      process = process.again();
    }

    void signal(String name) throws IOException, InterruptedException {
      int status =
          new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start().waitFor();
      if (status != 0) {
        throw new IOException("cannot signal " + process.pid());
      }
    }

    /// What has come of a snapshot that is coming.
    Path incoming() {
      return directory.resolve("default.etcd/member/snap/incoming");
    }

    long timesLogged(String message) throws IOException {
      return Files.readAllLines(process.output()).stream()
          .filter(line -> line.contains(message))
          .count();
    }

    /// The sum of a metric over its labels.
    double metric(String name) throws IOException, InterruptedException {
      HttpRequest request =
          HttpRequest.newBuilder(URI.create("http://" + process.endpoint() + "/metrics")).build();
      return HTTP.send(request, HttpResponse.BodyHandlers.ofString())
          .body()
          .lines()
          .filter(line -> line.startsWith(name + "{"))
          .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
          .sum();
    }

    @Override
    public void close() {
      channel.shutdownNow();
      process.close();
    }
  }

  /// @param flags further ones, for all members
  static SmallCluster start(Path directory, String... flags) throws Exception {
    SmallCluster cluster = new SmallCluster(directory, List.of(flags));
    List<String> peers = new ArrayList<>();
    for (int i = 0; i < SIZE; i++) {
      peers.add("http://127.0.0.1:" + freePort());
      cluster.founders.add("n" + i + "=" + peers.get(i));
    }
    List<CompletableFuture<Node>> starting = new ArrayList<>();
    for (int i = 0; i < SIZE; i++) {
      String name = "n" + i;
      String peer = peers.get(i);
      starting.add(
          CompletableFuture.supplyAsync(
              () -> cluster.node(name, peer, "new"), task -> Thread.ofPlatform().start(task)));
    }
    for (CompletableFuture<Node> node : starting) {
      cluster.nodes.add(node.get());
    }
    return cluster;
  }

  private Node node(String name, String peer, String state) {
    try {
      Path own = Files.createDirectories(directory.resolve(name));
      List<String> all = new ArrayList<>();
      all.add("--name=" + name);
      all.add("--listen-peer-urls=" + peer);
      all.add("--initial-advertise-peer-urls=" + peer);
      all.add("--initial-cluster=" + String.join(",", founders));
      all.add("--initial-cluster-state=" + state);
      all.add("--snapshot-catchup-entries=20");
      all.addAll(flags); // the last one counts
      return new Node(own, ServerProcess.kvorum(own, all.toArray(String[]::new)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Adds a member, which starts with nothing.
  Node join() throws IOException {
    String peer = "http://127.0.0.1:" + freePort();
    String name = "n" + nodes.size();
    addMember(peer);
    founders.add(name + "=" + peer);
    Node joined = node(name, peer, "existing");
    nodes.add(joined);
    return joined;
  }

  /// Refused as long as the members have not been connected for a while.
  private void addMember(String peer) {
    MemberAddRequest request = MemberAddRequest.newBuilder().addPeerURLs(peer).build();
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      try {
        var _ =
            ClusterGrpc.newBlockingStub(leader().channel())
                .withDeadlineAfter(PATIENCE.toSeconds(), TimeUnit.SECONDS)
                .memberAdd(request);
        return;
      } catch (StatusRuntimeException e) {
        if (System.nanoTime() > deadline) {
          throw e;
        }
      }
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  Node leader() {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (System.nanoTime() < deadline) {
      for (Node node : nodes) {
        try {
          StatusResponse status =
              MaintenanceGrpc.newBlockingStub(node.channel())
                  .withDeadlineAfter(2, TimeUnit.SECONDS)
                  .status(StatusRequest.getDefaultInstance());
          if (status.getLeader() == status.getHeader().getMemberId()) {
            return node;
          }
        } catch (StatusRuntimeException _) {
          // this one does not run
        }
      }
    }
    throw new AssertionError("there is no leader");
  }

  Node follower() {
    Node leader = leader();
    return nodes.stream().filter(node -> node != leader).findFirst().orElseThrow();
  }

  /// Has everybody else write, and drop the log behind it; returns the last revision.
  long writeWithout(Node absent, int count, int bytes) {
    Node leader = nodes.stream().filter(node -> node != absent).findFirst().orElseThrow();
    byte[] value = new byte[bytes];
    long revision = 0;
    for (int i = 0; i < count; i++) {
      new SplittableRandom(i).nextBytes(value);
      revision = leader.put("k" + i % 50, ByteString.copyFrom(value));
    }
    dropLog(absent);
    return leader.put("last", ByteString.copyFromUtf8(Long.toString(revision + 1)));
  }

  /// A flushed state is what the log may be dropped for.
  void dropLog(Node absent) {
    for (Node node : nodes) {
      if (node != absent) {
        var _ = node.maintenance().defragment(DefragmentRequest.getDefaultInstance());
      }
    }
  }

  /// Waits until all members are at `revision`, and compares them there.
  void assertEqualAt(long revision) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    for (Node node : nodes) {
      while (node.kv()
              .range(node.get("last").setSerializable(true).build())
              .getHeader()
              .getRevision()
          < revision) {
        if (System.nanoTime() > deadline) {
          throw new AssertionError("a member does not come to revision " + revision);
        }
      }
    }
    long different = nodes.stream().map(node -> node.hashAt(revision)).distinct().count();
    if (different != 1) {
      throw new AssertionError("members differ at revision " + revision);
    }
  }

  @Override
  public void close() {
    nodes.forEach(Node::close);
  }
}
