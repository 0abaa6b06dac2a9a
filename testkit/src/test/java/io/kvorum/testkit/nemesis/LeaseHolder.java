package io.kvorum.testkit.nemesis;

import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import io.kvorum.client.Client;
import io.kvorum.client.Put;
import io.kvorum.proto.etcd.LeaseGrantResponse;
import io.kvorum.proto.etcd.LeaseGrpc;
import io.kvorum.proto.etcd.LeaseKeepAliveRequest;
import io.kvorum.proto.etcd.LeaseKeepAliveResponse;
import io.kvorum.testkit.history.LeaseRecord;
import io.kvorum.testkit.history.Outcome.Done;
import io.kvorum.testkit.history.Request;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/// A client that has one lease after the other: granted, given keys, kept alive at any of the
/// members, then revoked, or left alone to expire.
final class LeaseHolder implements AutoCloseable {
  static final String PREFIX = "l/";
  private static final int SHORTEST_TTL_SECONDS = 2;
  private static final int LONGEST_TTL_SECONDS = 4;
  private static final int LONGEST_PAUSE_MILLIS = 900;
  private static final int ANSWER_SECONDS = 2;

  private final String name;
  private final Client client;
  private final List<ManagedChannel> members;
  private final Recorder recorder;
  private final SplittableRandom random;
  private final Queue<LeaseRecord> leases = new ConcurrentLinkedQueue<>();
  private int writes;

  LeaseHolder(
      String name,
      Client client,
      List<String> endpoints,
      Recorder recorder,
      SplittableRandom random) {
    this.name = name;
    this.client = client;
    this.members =
        endpoints.stream()
            .map(endpoint -> NettyChannelBuilder.forTarget(endpoint).usePlaintext().build())
            .map(ManagedChannel.class::cast)
            .toList();
    this.recorder = recorder;
    this.random = random;
  }

  /// Goes through leases until it is to stop.
  void run(BooleanSupplier isStopped) throws InterruptedException {
    while (!isStopped.getAsBoolean()) {
      liveOnce(isStopped);
      pause();
    }
  }

  private void pause() throws InterruptedException {
    TimeUnit.MILLISECONDS.sleep(random.nextInt(LONGEST_PAUSE_MILLIS));
  }

  private void liveOnce(BooleanSupplier isStopped) throws InterruptedException {
    Duration ttl =
        Duration.ofSeconds(random.nextInt(SHORTEST_TTL_SECONDS, LONGEST_TTL_SECONDS + 1));
    long invokedNanos = System.nanoTime();
    Optional<LeaseGrantResponse> granted =
        recorder.callAside("grant", () -> client.lease().grant(ttl));
    if (granted.isEmpty()) {
      return;
    }
    long id = granted.get().getID();
    List<String> keys = keys();
    LeaseRecord lease =
        new LeaseRecord(id, TimeUnit.SECONDS.toNanos(granted.get().getTTL()), keys)
            .renewed(invokedNanos, System.nanoTime());
    leases.add(lease);
    keys.forEach(key -> put(key, id));
    int renewals = random.nextInt(8);
    for (int i = 0; i < renewals && !isStopped.getAsBoolean(); i++) {
      pause();
      if (!keepAlive(lease, id)) {
        return;
      }
    }
    if (random.nextBoolean()) {
      lease.revoked();
      var _ = recorder.callAside("revoke", () -> client.lease().revoke(id));
    }
  }

  private List<String> keys() {
    List<String> keys = new ArrayList<>();
    int count = random.nextInt(1, 4);
    for (int i = 0; i < count; i++) {
      keys.add(PREFIX + name + "-" + ++writes);
    }
    return keys;
  }

  private void put(String key, long lease) {
    String value = key + " of it";
    var _ =
        recorder.call(
            name,
            new Request.Put(key, value),
            () -> client.kv().put(Put.of(key, value).lease(lease)),
            answer -> Done.write(answer.getHeader().getRevision()));
  }

  /// Asks a member for a renewal; says whether the lease may still be there.
  private boolean keepAlive(LeaseRecord lease, long id) {
    long invokedNanos = System.nanoTime();
    Answer answer = new Answer();
    LeaseGrpc.newStub(members.get(random.nextInt(members.size())))
        .withDeadlineAfter(ANSWER_SECONDS, TimeUnit.SECONDS)
        .leaseKeepAlive(answer)
        .onNext(LeaseKeepAliveRequest.newBuilder().setID(id).build());
    Optional<LeaseKeepAliveResponse> renewed = answer.future.join();
    long returnedNanos = System.nanoTime();
    if (renewed.isEmpty()) {
      recorder.count("keep-alive", "unknown");
      return true;
    }
    if (renewed.get().getTTL() > 0) {
      lease.renewed(invokedNanos, returnedNanos);
      recorder.count("keep-alive", "done");
      return true;
    }
    lease.goneAt(returnedNanos);
    recorder.count("keep-alive", "not done");
    return false;
  }

  /// All leases it ever had.
  List<LeaseRecord> leases() {
    return List.copyOf(leases);
  }

  @Override
  public void close() {
    members.forEach(ManagedChannel::shutdownNow);
  }

  /// The first answer on a stream, or nothing when it fails.
  private static final class Answer implements StreamObserver<LeaseKeepAliveResponse> {
    final CompletableFuture<Optional<LeaseKeepAliveResponse>> future = new CompletableFuture<>();

    @Override
    public void onNext(LeaseKeepAliveResponse response) {
      future.complete(Optional.of(response));
    }

    @Override
    public void onError(Throwable error) {
      future.complete(Optional.empty());
    }

    @Override
    public void onCompleted() {
      future.complete(Optional.empty());
    }
  }
}
