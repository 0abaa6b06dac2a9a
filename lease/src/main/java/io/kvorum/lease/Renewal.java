package io.kvorum.lease;

/// What a keep-alive may be answered.
public sealed interface Renewal {
  /// Renewed for its full time; answer at once.
  record Renewed(Lease lease) implements Renewal {}

  /// Renewed, but the log still notes less than the full time: propose a clear, and answer once it
  /// is applied. Otherwise a new leader could end the lease earlier than this answer promises.
  record ClearFirst(Lease lease) implements Renewal {}

  /// As [ClearFirst], and the clear is already proposed.
  record ClearUnderWay(Lease lease) implements Renewal {}

  /// The lease's time is up: it will be revoked, and nothing can save it.
  record Expired() implements Renewal {}

  /// There is no such lease.
  record Unknown() implements Renewal {}
}
