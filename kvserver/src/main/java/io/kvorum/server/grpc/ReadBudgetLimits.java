package io.kvorum.server.grpc;

import io.kvorum.invariant.Invariant;
import java.time.Duration;

/// Bounds of [ReadBudget].
///
/// @param budgetBytes what large answers may hold together
/// @param maxWaiting answers that wait for memory; the next one is refused
/// @param maxWait longest wait for memory; less than the timeouts of common clients
/// @param holdGrace time every answer has to be sent, whatever its size
/// @param minBytesPerSecond the slowest client that is waited for; adds to the time an answer has
public record ReadBudgetLimits(
    long budgetBytes,
    int maxWaiting,
    Duration maxWait,
    Duration holdGrace,
    long minBytesPerSecond) {
  private static final int MAX_WAITING = 256;
  private static final Duration MAX_WAIT = Duration.ofSeconds(30);
  private static final Duration HOLD_GRACE = Duration.ofSeconds(30);
  private static final long MIN_BYTES_PER_SECOND = 1 << 20;
  private static final long MIN_DEFAULT_BYTES = 64L << 20;

  public ReadBudgetLimits {
    Invariant.check(budgetBytes > 0, "a read budget of %d bytes", budgetBytes);
    Invariant.check(minBytesPerSecond > 0, "%d bytes per second", minBytesPerSecond);
  }

  /// The usual bounds with this many bytes.
  public static ReadBudgetLimits ofBytes(long budgetBytes) {
    return new ReadBudgetLimits(
        budgetBytes, MAX_WAITING, MAX_WAIT, HOLD_GRACE, MIN_BYTES_PER_SECOND);
  }

  /// A quarter of the memory that answers are made in (Netty's direct memory, as large as the heap
  /// unless it is set), but at least 64 MiB.
  public static ReadBudgetLimits ofMemory(long maxMemoryBytes) {
    return ofBytes(Math.max(MIN_DEFAULT_BYTES, maxMemoryBytes / 4));
  }

  long maxWaitNanos() {
    return maxWait.toNanos();
  }

  long maxHoldNanos(long bytes) {
    return holdGrace.plusSeconds(bytes / minBytesPerSecond).toNanos();
  }
}
