package io.kvorum.mvcc;

/// A read asked for a revision that is not kept any more or does not exist yet. An expected answer,
/// so it carries no stack trace.
public final class RevisionRefused extends RuntimeException {
  /// Which side of the readable revisions was missed.
  public enum Kind {
    COMPACTED,
    FUTURE
  }

  private final Kind kind;
  private final long requested;
  private final long compacted;

  private RevisionRefused(Kind kind, long requested, long compacted) {
    super("revision " + requested + ": " + kind + ", compacted " + compacted, null, false, false);
    this.kind = kind;
    this.requested = requested;
    this.compacted = compacted;
  }

  static RevisionRefused compacted(long requestedRevision, long compactedRevision) {
    return new RevisionRefused(Kind.COMPACTED, requestedRevision, compactedRevision);
  }

  static RevisionRefused future(long requestedRevision, long compactedRevision) {
    return new RevisionRefused(Kind.FUTURE, requestedRevision, compactedRevision);
  }

  public Kind kind() {
    return kind;
  }

  public long requested() {
    return requested;
  }

  /// The compacted revision at the time of the refusal.
  public long compacted() {
    return compacted;
  }
}
