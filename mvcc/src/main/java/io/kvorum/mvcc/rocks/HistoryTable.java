package io.kvorum.mvcc.rocks;

/// The family `history`: every change since the compacted revision, in revision order, each with
/// the record it made and the record it replaced.
public final class HistoryTable {
  private final StateView view;

  public HistoryTable(StateView view) {
    this.view = view;
  }

  /// The entry at exactly (`main`, `sub`). Throws [HistoryGap] if it is missing.
  public HistoryEntry entry(long main, int sub) {
    byte[] rowKey = KeyLayout.historyKey(main, sub);
    byte[] value = view.get(Family.HISTORY, rowKey);
    if (value == null) {
      throw new HistoryGap(main, sub);
    }
    return HistoryEntry.parse(rowKey, value);
  }

  /// All entries of the main revisions `[from, last]`. Revision 1 has none.
  public HistoryScan scan(long from, long last) {
    return new HistoryScan(view, from, last + 1, 0);
  }

  /// All entries from main revision `from` up to, but without, (`endMain`, `endSub`): the applier's
  /// own scans must not run into rows that a crash left above what it has reached (W3).
  public HistoryScan scanUpTo(long from, long endMain, int endSub) {
    return new HistoryScan(view, from, endMain, endSub);
  }
}
