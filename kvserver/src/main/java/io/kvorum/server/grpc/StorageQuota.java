package io.kvorum.server.grpc;

import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/// The size this member lets the store reach (`--quota-backend-bytes`). A member's own matter: the
/// log carries only the alarm that one member raises when its quota is used up. What is proposed
/// but not yet answered counts as if it were stored. Safe for any thread.
public final class StorageQuota {
  /// Used when the flag is 0.
  public static final long DEFAULT_BYTES = 2L << 30;

  private final long quotaBytes;
  private final LongSupplier storedBytes;
  private final AtomicLong inFlightBytes = new AtomicLong();

  /// A quota as the flag has it: 0 is the default, a negative one is none.
  public StorageQuota(long flagBytes, LongSupplier storedBytes) {
    this.quotaBytes = flagBytes == 0 ? DEFAULT_BYTES : flagBytes;
    this.storedBytes = storedBytes;
  }

  /// Whether a request of this cost still fits; one that costs nothing always does.
  boolean hasRoomFor(long costBytes) {
    return costBytes == 0
        || quotaBytes < 0
        || storedBytes.getAsLong() + inFlightBytes.get() + costBytes < quotaBytes;
  }

  void proposed(long costBytes) {
    inFlightBytes.addAndGet(costBytes);
  }

  void answered(long costBytes) {
    inFlightBytes.addAndGet(-costBytes);
  }

  /// The quota in force; negative if there is none.
  public long quotaBytes() {
    return quotaBytes;
  }
}
