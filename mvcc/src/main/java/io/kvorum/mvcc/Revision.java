package io.kvorum.mvcc;

import java.util.Comparator;

/// A point in the order of all changes: `main` is the revision a client sees, one per request that
/// changes something, `sub` the position of a change within it.
public record Revision(long main, int sub) implements Comparable<Revision> {
  private static final Comparator<Revision> ORDER =
      Comparator.comparingLong(Revision::main).thenComparingInt(Revision::sub);

  @Override
  public int compareTo(Revision other) {
    return ORDER.compare(this, other);
  }
}
