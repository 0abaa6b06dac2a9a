package io.kvorum.raft;

import io.kvorum.invariant.Invariant;

/// The identity of a log entry: two logs that hold the same id hold the same entry and the same
/// prefix before it (log matching, Raft §5.3).
///
/// The order is "how new is a log that ends here" (Raft §5.4.1): by term, then by index.
public record EntryId(long term, long index) implements Comparable<EntryId> {
  /// What precedes the first entry of an empty log.
  public static final EntryId NONE = new EntryId(0, 0);

  public EntryId {
    Invariant.check(term >= 0 && index >= 0, "entry id %d/%d is negative", term, index);
  }

  @Override
  public int compareTo(EntryId other) {
    int byTerm = Long.compare(term, other.term);
    return byTerm != 0 ? byTerm : Long.compare(index, other.index);
  }

  /// `term/index`, as scenario files write it.
  @Override
  public String toString() {
    return term + "/" + index;
  }
}
