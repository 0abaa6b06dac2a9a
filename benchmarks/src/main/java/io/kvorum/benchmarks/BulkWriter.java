package io.kvorum.benchmarks;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.kvorum.proto.etcd.KVGrpc;
import io.kvorum.proto.etcd.KVGrpc.KVStub;
import io.kvorum.proto.etcd.PutRequest;
import io.kvorum.proto.etcd.RequestOp;
import io.kvorum.proto.etcd.TxnRequest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Writes many pairs as fast as a server takes them, over a few connections, and says how it goes.
/// Keys have 40 bytes, values 256 that nothing compresses.
final class BulkWriter {
  private static final int CONNECTIONS = 4;
  private static final int PUTS_UNDER_WAY = 1024;
  private static final Executor LATER =
      CompletableFuture.delayedExecutor(50, TimeUnit.MILLISECONDS);
  private static final int VALUE_BYTES = 256;
  private static final long PATIENCE_SECONDS = 60;
  private static final long REPORT_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final String label;
  private final String endpoint;
  private final SplittableRandom random = new SplittableRandom(20);
  private final Semaphore room = new Semaphore(PUTS_UNDER_WAY);
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

  /// @param label begins what it says
  BulkWriter(String label, String endpoint) {
    this.label = label;
    this.endpoint = endpoint;
  }

  /// Writes `puts` values to `keys` keys in turn, so many in one transaction, and waits for all.
  void write(int puts, int keys, int putsPerTxn) throws IOException, InterruptedException {
    List<ManagedChannel> channels = new ArrayList<>();
    for (int i = 0; i < CONNECTIONS; i++) {
      channels.add(PacedWriters.channel(endpoint));
    }
    List<KVStub> stubs = channels.stream().map(KVGrpc::newStub).toList();
    long startNanos = System.nanoTime();
    long reportNanos = startNanos + REPORT_NANOS;
    try {
      int request = 0;
      for (int put = 0; put < puts; put += putsPerTxn) {
        int end = Math.min(put + putsPerTxn, puts);
        take(end - put);
        begin(stubs.get(request++ % CONNECTIONS), put, end, keys);
        if (System.nanoTime() > reportNanos) {
          say(put, puts, startNanos);
          reportNanos += REPORT_NANOS;
        }
      }
      take(PUTS_UNDER_WAY);
      say(puts, puts, startNanos);
    } finally {
      channels.forEach(ManagedChannel::shutdownNow);
    }
  }

  private void take(int many) throws IOException, InterruptedException {
    if (!room.tryAcquire(many, PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      throw new IOException(label + " takes no writes");
    }
    if (failure.get() != null) {
      throw new IOException(label + " failed a write", failure.get());
    }
  }

  private void begin(KVStub stub, int from, int to, int keys) {
    if (to - from == 1) {
      PutRequest put = put(from % keys);
      send(1, answer -> stub.put(put, answer.as()));
      return;
    }
    TxnRequest.Builder several = TxnRequest.newBuilder();
    for (int put = from; put < to; put++) {
      several.addSuccess(RequestOp.newBuilder().setRequestPut(put(put % keys)));
    }
    TxnRequest txn = several.build();
    send(to - from, answer -> stub.txn(txn, answer.as()));
  }

  private void send(int puts, Consumer<Answer> call) {
    call.accept(new Answer(puts, call));
  }

  private PutRequest put(int key) {
    byte[] value = new byte[VALUE_BYTES];
    random.nextBytes(value);
    return PutRequest.newBuilder()
        .setKey(
            ByteString.copyFromUtf8(String.format(Locale.ROOT, "/registry/benchmark/%020d", key)))
        .setValue(ByteString.copyFrom(value))
        .build();
  }

  private void say(int done, int puts, long startNanos) {
    System.out.printf(
        Locale.ROOT,
        "%s: %,d of %,d puts, %d s%n",
        label,
        done,
        puts,
        TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - startNanos));
  }

  /// Makes room once its request is done. A server that has too much to do is asked again.
  private final class Answer {
    private final int puts;
    private final Consumer<Answer> call;

    Answer(int puts, Consumer<Answer> call) {
      this.puts = puts;
      this.call = call;
    }

    <T> StreamObserver<T> as() {
      return new StreamObserver<>() {
        @Override
        public void onNext(T answer) {}

        @Override
        public void onError(Throwable reason) {
          if (Status.fromThrowable(reason).getCode() == Status.Code.RESOURCE_EXHAUSTED) {
            LATER.execute(() -> send(puts, call));
          } else {
            failure.compareAndSet(null, reason);
            room.release(puts);
          }
        }

        @Override
        public void onCompleted() {
          room.release(puts);
        }
      };
    }
  }
}
