package io.kvorum.server.read;

import java.time.Duration;

/// The bounds of waiting reads.
///
/// @param pending reads that wait; beyond it a read fails with [ReadFailure#TOO_MANY_REQUESTS]
/// @param requestTimeout how long a read waits
/// @param roundRetry when a round without an answer is asked again under a new token: the answer
///   may be lost (raft.md RI6)
public record ReadLimits(int pending, Duration requestTimeout, Duration roundRetry) {
  /// The defaults for this request timeout: 64 Ki reads, a retry every half second.
  public static ReadLimits of(Duration requestTimeout) {
    return new ReadLimits(64 << 10, requestTimeout, Duration.ofMillis(500));
  }
}
