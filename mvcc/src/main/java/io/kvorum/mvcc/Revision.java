package io.kvorum.mvcc;

import java.util.Comparator;

/// A point in the order of all changes: `main` is the revision a client sees, one per request that
/// changes something, `sub` the position of a change within it.
public record Revision(long main, int sub) implements Comparable<Revision> {
  private static final Comparator<Revision> ORDER =
      Comparator.comparingLong(Revision::main).thenComparingInt(Revision::sub);

  /// The end of everything up to the main revision `last`, itself included.
  static Revision endOf(long last) {
    return new Revision(last + 1, 0);
  }

  boolean isAtOrBefore(long otherMain, int otherSub) {
    return main < otherMain || (main == otherMain && sub <= otherSub);
  }

  @Override
  public int compareTo(Revision other) {
    return ORDER.compare(this, other);
  }
}
