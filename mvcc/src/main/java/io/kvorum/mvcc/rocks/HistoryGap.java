package io.kvorum.mvcc.rocks;

/// A history row that a reader needs is not there. Either a compaction has overtaken the read, or
/// the disk has lost it: only a look at the newest compacted revision can tell (R1, R2).
public final class HistoryGap extends RuntimeException {
  private final long main;

  HistoryGap(long main, int sub) {
    super("history entry " + main + "." + sub + " is missing", null, false, false);
    this.main = main;
  }

  /// The main revision of the missing row.
  public long main() {
    return main;
  }
}
