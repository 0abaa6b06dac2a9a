package io.kvorum.lease;

/// One lease on the leader's clock.
final class RunningLease {
  /// What a new leader would be told about the time left, seen from this leader, which knows what
  /// is still on its way through the log.
  ///
  /// ```
  /// FULL --checkpoint proposed--> NOTED --renewed, clear proposed--> CLEARING --clear applied--> FULL
  ///                                 ^--------------- clear failed --------|
  /// ```
  enum Note {
    /// Nothing is noted: a renewal may be answered at once.
    FULL,
    /// A checkpoint is in the log or on its way: a renewal must clear it before it is answered.
    NOTED,
    /// A renewal waits for the clear it proposed. No checkpoint is proposed meanwhile.
    CLEARING
  }

  final DueTimes.Slot expiry = new DueTimes.Slot(this);
  final DueTimes.Slot checkpoint = new DueTimes.Slot(this);
  Lease lease;
  Note note;
  long deadlineNanos;

  RunningLease(Lease lease, long deadlineNanos) {
    this.lease = lease;
    this.note = lease.isCheckpointed() ? Note.NOTED : Note.FULL;
    this.deadlineNanos = deadlineNanos;
  }

  LeaseId id() {
    return lease.id();
  }

  boolean isExpired(long nowNanos) {
    return deadlineNanos <= nowNanos;
  }

  long remainingNanos(long nowNanos) {
    return Math.max(0, deadlineNanos - nowNanos);
  }
}
