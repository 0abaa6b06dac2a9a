package io.kvorum.mvcc.watch;

import io.kvorum.invariant.Invariant;

/// Bounds of everything the watch hub holds or does in one go.
///
/// @param heldBytes per event loop: matched events kept for streams that are not ready; beyond it
///   the oldest are dropped and read again later
public record WatchLimits(Ring ring, Slice slice, long heldBytes, Turn turn) {
  private static final int MAX_REVISIONS_PER_RESPONSE = 1_000;
  private static final long MIB = 1L << 20;

  /// For a member with a small heap: 16 MiB shared by all, and per event loop 8 MiB held and two
  /// slices in flight.
  public static final WatchLimits STANDARD =
      new WatchLimits(
          new Ring(16 * MIB, 1 << 15), new Slice(1_000, 4 * MIB), 8 * MIB, new Turn(256, 16));

  public WatchLimits {
    Invariant.check(heldBytes > 0, "heldBytes %d", heldBytes);
  }

  /// The newest revisions, shared by all watchers; a reader further back reads the store.
  ///
  /// @param revisions most revisions kept; a power of two
  public record Ring(long bytes, int revisions) {
    public Ring {
      Invariant.check(bytes > 0, "ring of %d bytes", bytes);
      Invariant.check(Integer.bitCount(revisions) == 1, "ring of %d revisions", revisions);
    }
  }

  /// What a late reader advances by at a time: whole revisions, so one may exceed both.
  ///
  /// @param events at most 1,000, so that no response carries more than 1,000 revisions (etcd API:
  ///   Watch)
  public record Slice(int events, long bytes) {
    public Slice {
      Invariant.check(
          events > 0 && events <= MAX_REVISIONS_PER_RESPONSE, "slice of %d events", events);
      Invariant.check(bytes > 0, "slice of %d bytes", bytes);
    }
  }

  /// What is done before other work of the event loop has its turn.
  ///
  /// @param blocks revisions served to synced watchers
  /// @param steps slices handed to late readers
  public record Turn(int blocks, int steps) {
    public Turn {
      Invariant.check(blocks > 0 && steps > 0, "turn of %d blocks, %d steps", blocks, steps);
    }
  }
}
