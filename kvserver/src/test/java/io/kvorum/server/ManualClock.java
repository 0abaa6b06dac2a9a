package io.kvorum.server;

import java.time.Duration;
import java.util.function.LongSupplier;

/// A clock that tests turn.
public final class ManualClock implements LongSupplier {
  private long nanos = 1_000;

  @Override
  public long getAsLong() {
    return nanos;
  }

  /// Turns the clock on and tells the new time.
  public long advance(Duration by) {
    nanos += by.toNanos();
    return nanos;
  }
}
