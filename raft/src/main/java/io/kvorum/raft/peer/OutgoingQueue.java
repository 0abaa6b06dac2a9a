package io.kvorum.raft.peer;

import io.kvorum.proto.peer.Envelope;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// The messages that wait for one peer, in two lanes: heartbeats, pings and their answers go first,
/// so that they wait for what is in flight but never for megabytes of appends; everything else
/// keeps its order. Each lane is bounded by itself, so that neither takes the other's room.
///
/// Filled by any thread, emptied by the event loop of the link.
final class OutgoingQueue {
  /// A peer that is this many heartbeats behind gains nothing from more.
  private static final int URGENT_MESSAGES = 64;

  private final Lane urgent = new Lane(URGENT_MESSAGES, Long.MAX_VALUE);
  private final Lane ordinary;

  OutgoingQueue(int maxMessages, long maxBytes) {
    this.ordinary = new Lane(maxMessages, maxBytes);
  }

  /// False if there is no room; nothing was queued then.
  boolean offer(Envelope message) {
    return switch (message.getMessageCase()) {
      case HEARTBEAT_REQUEST, HEARTBEAT_REPLY, PING, PONG -> urgent.offer(message);
      default -> ordinary.offer(message);
    };
  }

  /// The next message to send, or null if there is none.
  @Nullable Envelope poll() {
    Envelope next = urgent.poll();
    return next != null ? next : ordinary.poll();
  }

  void clear() {
    while (poll() != null) {
      // forgotten: it was meant for a connection that is gone
    }
  }

  int messages() {
    return urgent.messages.get() + ordinary.messages.get();
  }

  /// Encoded bytes that wait.
  long bytes() {
    return urgent.bytes.get() + ordinary.bytes.get();
  }

  private static final class Lane {
    private final int maxMessages;
    private final long maxBytes;
    private final Queue<Envelope> queue = new ConcurrentLinkedQueue<>();
    private final AtomicInteger messages = new AtomicInteger();
    private final AtomicLong bytes = new AtomicLong();

    Lane(int maxMessages, long maxBytes) {
      this.maxMessages = maxMessages;
      this.maxBytes = maxBytes;
    }

    boolean offer(Envelope message) {
      int size = message.getSerializedSize();
      int messagesThen = messages.incrementAndGet();
      long bytesThen = bytes.addAndGet(size);
      boolean fits = messagesThen <= maxMessages && bytesThen <= maxBytes;
      if (fits) {
        queue.add(message);
      } else {
        messages.decrementAndGet();
        bytes.addAndGet(-size);
      }
      return fits;
    }

    @Nullable Envelope poll() {
      Envelope next = queue.poll();
      if (next != null) {
        messages.decrementAndGet();
        bytes.addAndGet(-next.getSerializedSize());
      }
      return next;
    }
  }
}
