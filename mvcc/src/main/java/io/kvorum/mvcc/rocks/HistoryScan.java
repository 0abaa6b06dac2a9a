package io.kvorum.mvcc.rocks;

import org.jspecify.annotations.Nullable;

/// One pass over consecutive history entries that cannot miss any (R2): mains must follow each
/// other without a hole from the start to the end, subs from 0. A hole throws [HistoryGap].
public final class HistoryScan implements AutoCloseable {
  /// The first revision that has an entry; an empty store is at revision 1.
  private static final long FIRST_MAIN = 2;

  private final RowCursor rows;
  private final long lastMain;

  // The row that must come next is either (main, sub) or, once main is complete, (main + 1, 0).
  private long main;
  private int sub;
  private boolean started;

  HistoryScan(StateView view, long from, long endMain, int endSub) {
    this.main = Math.max(from, FIRST_MAIN);
    this.lastMain = endSub > 0 ? endMain : endMain - 1;
    this.rows =
        view.scan(
            Family.HISTORY, KeyLayout.historyKey(main, 0), KeyLayout.historyKey(endMain, endSub));
  }

  /// The next entry, or `null` at the end.
  public @Nullable HistoryEntry next() {
    if (!rows.isValid()) {
      checkComplete();
      return null;
    }
    HistoryEntry entry = HistoryEntry.parse(rows.key(), rows.value());
    boolean continues = entry.main() == main && entry.sub() == sub;
    boolean begins = started && sub > 0 && entry.main() == main + 1 && entry.sub() == 0;
    if (!continues && !begins) {
      throw new HistoryGap(main, sub);
    }
    main = entry.main();
    sub = entry.sub() + 1;
    started = true;
    rows.next();
    return entry;
  }

  private void checkComplete() {
    boolean empty = !started && main > lastMain;
    boolean complete = started && main == lastMain;
    if (!empty && !complete) {
      throw new HistoryGap(main, sub);
    }
  }

  @Override
  public void close() {
    rows.close();
  }
}
