package io.kvorum.benchmarks;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import io.kvorum.proto.etcd.KVGrpc;
import io.kvorum.proto.etcd.KVGrpc.KVStub;
import io.kvorum.proto.etcd.MaintenanceGrpc;
import io.kvorum.proto.etcd.PutRequest;
import io.kvorum.proto.etcd.PutResponse;
import io.kvorum.proto.etcd.StatusRequest;
import io.kvorum.proto.etcd.StatusResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// Begins a put at each of some endpoints in steady time, and remembers when which was
/// acknowledged.
final class PacedWriters implements AutoCloseable {
  private static final long DEADLINE_SECONDS = 10;
  private static final long POLL_MILLIS = 1;

  private final List<ManagedChannel> channels;
  private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
  private final Collection<Acknowledged> acknowledged = new ConcurrentLinkedQueue<>();

  private record Acknowledged(long begunNanos, long endedNanos) {}

  private PacedWriters(List<ManagedChannel> channels) {
    this.channels = channels;
  }

  static PacedWriters at(List<String> endpoints, Duration pace) {
    PacedWriters writers = new PacedWriters(endpoints.stream().map(PacedWriters::channel).toList());
    for (ManagedChannel channel : writers.channels) {
      KVStub keys = KVGrpc.newStub(channel);
      var _ =
          writers.clock.scheduleAtFixedRate(
              () -> writers.put(keys), 0, pace.toNanos(), TimeUnit.NANOSECONDS);
    }
    return writers;
  }

  static ManagedChannel channel(String endpoint) {
    return NettyChannelBuilder.forTarget(endpoint).usePlaintext().build();
  }

  /// Which of the endpoints is the leader's, counted from 0.
  static OptionalInt leaderAmong(List<String> endpoints) {
    for (int i = 0; i < endpoints.size(); i++) {
      ManagedChannel channel = channel(endpoints.get(i));
      try {
        StatusResponse status =
            MaintenanceGrpc.newBlockingStub(channel)
                .withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS)
                .status(StatusRequest.getDefaultInstance());
        if (status.getLeader() == status.getHeader().getMemberId()) {
          return OptionalInt.of(i);
        }
      } catch (StatusRuntimeException e) {
        // It does not answer, so it does not lead.
      } finally {
        channel.shutdownNow();
      }
    }
    return OptionalInt.empty();
  }

  private void put(KVStub keys) {
    long begun = System.nanoTime();
    keys.withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS)
        .put(
            PutRequest.newBuilder()
                .setKey(ByteString.copyFromUtf8("k"))
                .setValue(ByteString.copyFromUtf8("v"))
                .build(),
            new StreamObserver<>() {
              @Override
              public void onNext(PutResponse response) {
                acknowledged.add(new Acknowledged(begun, System.nanoTime()));
              }

              @Override
              public void onError(Throwable failure) {
                // Only what was acknowledged counts.
              }

              @Override
              public void onCompleted() {}
            });
  }

  /// Waits for the first write that was begun after `nanos` and acknowledged.
  ///
  /// @return from `nanos` to its acknowledgement
  Duration firstAcknowledgedOfThoseBegunAfter(long nanos, Duration patience)
      throws InterruptedException, TimeoutException {
    while (System.nanoTime() - nanos < patience.toNanos()) {
      var first =
          acknowledged.stream()
              .filter(write -> write.begunNanos() > nanos)
              .mapToLong(write -> write.endedNanos() - nanos)
              .min();
      if (first.isPresent()) {
        return Duration.ofNanos(first.getAsLong());
      }
      Thread.sleep(POLL_MILLIS);
    }
    throw new TimeoutException("no write for " + patience);
  }

  /// The longest time between two acknowledgements, the later of them after `nanos`.
  Duration longestPauseSince(long nanos) {
    List<Long> ends = new ArrayList<>();
    acknowledged.forEach(write -> ends.add(write.endedNanos() - nanos));
    ends.sort(Long::compare);
    long longest = 0;
    for (int i = 1; i < ends.size(); i++) {
      if (ends.get(i) > 0) {
        longest = Math.max(longest, ends.get(i) - ends.get(i - 1));
      }
    }
    return Duration.ofNanos(longest);
  }

  @Override
  public void close() {
    clock.shutdownNow();
    channels.forEach(ManagedChannel::shutdownNow);
  }
}
