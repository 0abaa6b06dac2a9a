package io.kvorum.client;

import io.grpc.Status;

/// A watch asked for history that is no longer kept. To go on, read the keys and watch from the
/// revision of that answer plus one.
public final class CompactedException extends ClientException {
  private static final long serialVersionUID = 1;

  private final long compactedRevision;

  CompactedException(long compactedRevision) {
    super(
        Outcome.NOT_DONE,
        Status.OUT_OF_RANGE.withDescription(
            "etcdserver: mvcc: required revision has been compacted"));
    this.compactedRevision = compactedRevision;
  }

  /// The oldest revision that can still be watched from.
  public long compactedRevision() {
    return compactedRevision;
  }
}
