package io.kvorum.raft.peer;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/// Asks the peer of a link for an answer from time to time, while it is connected, and measures how
/// long that takes. One ping at a time counts: an answer to an earlier one says nothing any more.
/// Owned by the event loop of the link.
final class Pings {
  /// Rare enough to cost nothing, often enough for a histogram that is read every few minutes.
  private static final long INTERVAL_MILLIS = 1_000;

  private final EventLoop loop;
  private final LongConsumer sender;
  private final LongConsumer roundTrips;
  private @Nullable ScheduledFuture<?> next;
  private long number;
  private long sentNanos;
  private boolean isAwaited;

  /// @param firstNumber unlike those of an earlier boot, whose answers may still come
  /// @param sender sends a ping of this number
  /// @param roundTrips gets the nanoseconds that each took
  Pings(EventLoop loop, long firstNumber, LongConsumer sender, LongConsumer roundTrips) {
    this.loop = loop;
    this.number = firstNumber;
    this.sender = sender;
    this.roundTrips = roundTrips;
  }

  /// The peer is connected.
  void begin() {
    end();
    next = loop.scheduleAtFixedRate(this::ping, 0, INTERVAL_MILLIS, TimeUnit.MILLISECONDS);
  }

  /// It is not any more.
  void end() {
    isAwaited = false;
    if (next != null) {
      next.cancel(false);
    }
  }

  private void ping() {
    number++;
    sentNanos = loop.ticker().nanoTime();
    isAwaited = true;
    sender.accept(number);
  }

  /// A pong has come.
  void answered(long answeredNumber) {
    if (isAwaited && answeredNumber == number) {
      isAwaited = false;
      roundTrips.accept(loop.ticker().nanoTime() - sentNanos);
    }
  }
}
