package io.kvorum.raft.snapshot;

import com.google.protobuf.ByteString;
import io.kvorum.raft.snapshot.SnapshotMessage.Chunk;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;

/// Connections within the process that break after a number of messages, or change them.
final class MemoryConnections {
  private static final Optional<SnapshotMessage> END = Optional.empty();

  private final AtomicInteger messages = new AtomicInteger();
  private volatile int breaksAfter = Integer.MAX_VALUE;
  private volatile UnaryOperator<SnapshotMessage> change = message -> message;

  /// Breaks the next connection after as many messages of the sender.
  void breakAfter(int count) {
    messages.set(0);
    breaksAfter = count;
  }

  /// From now on each message of the sender arrives so.
  void change(UnaryOperator<SnapshotMessage> changing) {
    change = changing;
  }

  /// Messages of the sender since the last [#breakAfter].
  int messages() {
    return messages.get();
  }

  /// Connects to the inbox, which serves on a thread of its own.
  SnapshotConnection connect(SnapshotInbox inbox) {
    BlockingQueue<Optional<SnapshotMessage>> there = new ArrayBlockingQueue<>(1000);
    BlockingQueue<Optional<SnapshotMessage>> back = new ArrayBlockingQueue<>(1000);
    Thread.ofPlatform()
        .daemon(true)
        .start(
            () -> {
              inbox.serve(SnapshotFixture.SENDER, new End(there, back, false));
              back.add(END);
            });
    return new End(back, there, true);
  }

  private final class End implements SnapshotConnection {
    private final BlockingQueue<Optional<SnapshotMessage>> in;
    private final BlockingQueue<Optional<SnapshotMessage>> out;
    private final boolean isSender;
    private volatile boolean isClosed;

    End(
        BlockingQueue<Optional<SnapshotMessage>> in,
        BlockingQueue<Optional<SnapshotMessage>> out,
        boolean isSender) {
      this.in = in;
      this.out = out;
      this.isSender = isSender;
    }

    @Override
    public void send(SnapshotMessage message) throws IOException {
      if (isClosed || (isSender && messages.incrementAndGet() > breaksAfter)) {
        close();
        throw new IOException("broken");
      }
      put(Optional.of(isSender ? change.apply(kept(message)) : message));
    }

    /// The sender goes on to use what the bytes of a chunk lie in.
    private static SnapshotMessage kept(SnapshotMessage message) {
      return message instanceof Chunk(var file, var offset, var bytes, var checksum)
          ? new Chunk(file, offset, ByteString.copyFrom(bytes.asReadOnlyByteBuffer()), checksum)
          : message;
    }

    private void put(Optional<SnapshotMessage> message) throws IOException {
      try {
        out.put(message);
      } catch (InterruptedException e) {
        throw new IOException(e);
      }
    }

    @Override
    public SnapshotMessage receive() throws IOException {
      try {
        return in.take().orElseThrow(() -> new IOException("ended"));
      } catch (InterruptedException e) {
        throw new IOException(e);
      }
    }

    @Override
    public void close() {
      isClosed = true;
      in.offer(END);
      out.offer(END);
    }
  }
}
