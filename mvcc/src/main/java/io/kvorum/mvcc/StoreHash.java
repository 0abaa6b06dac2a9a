package io.kvorum.mvcc;

import io.kvorum.mvcc.rocks.Family;
import io.kvorum.mvcc.rocks.HistoryEntry;
import io.kvorum.mvcc.rocks.HistoryScan;
import io.kvorum.mvcc.rocks.HistoryTable;
import io.kvorum.mvcc.rocks.KeyLayout;
import io.kvorum.mvcc.rocks.RowCursor;
import io.kvorum.mvcc.rocks.StateRecord;
import io.kvorum.mvcc.rocks.StateView;
import io.kvorum.mvcc.rocks.StoredRecord;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;

/// Computes the hashes that members compare (mvcc.md §7) over one state: one scan of `latest`, one
/// of history. Only what the API can see goes in, so the hash does not depend on what each member
/// has already dropped or purged (H1).
///
/// A scan takes as long as reading everything does, so it ends with a [CancellationException] if
/// its thread is interrupted.
final class StoreHash {
  private static final long EVENTS_SALT = 0x51ed270bL;
  private static final byte[] FIRST = {};
  private static final List<Family> FACTS = List.of(Family.LEASE, Family.AUTH, Family.META);
  private static final int FIRST_FACT_KIND = 16;

  private final StateView view;
  private final StateRecord state;
  private final RecordHash hash = new RecordHash();

  StoreHash(StateView view, StateRecord state) {
    this.view = view;
    this.state = state;
  }

  /// HashKV at `revision`, which lies in `[compacted, head]`. May throw
  /// [io.kvorum.mvcc.rocks.HistoryGap].
  HashResult hashKv(long revision) {
    long combined = keys(revision);
    return new HashResult(fold(combined), state.compacted(), revision);
  }

  /// The hash of the whole store (H4).
  int all() {
    long facts = 0;
    for (int i = 0; i < FACTS.size(); i++) {
      facts += sumOf(FACTS.get(i), FIRST_FACT_KIND + i);
    }
    return fold(RecordHash.mix(keys(state.head()) ^ RecordHash.mix(facts)));
  }

  private long keys(long revision) {
    long compacted = state.compacted();
    long live = sumOfLatest();
    long events = 0;
    long from = Math.max(compacted, 0) + 1;
    try (HistoryScan scan = new HistoryTable(view).scan(from, state.head())) {
      for (HistoryEntry entry = scan.next(); entry != null; entry = scan.next()) {
        goOnUnlessInterrupted();
        if (entry.main() > revision) {
          live -= hash.of(entry.key(), entry.next()) - hash.of(entry.key(), entry.old());
        } else {
          events += hash.ofEvent(entry);
        }
      }
    }
    return RecordHash.mix(live ^ RecordHash.mix(events + EVENTS_SALT))
        ^ RecordHash.mix(31 * revision + compacted);
  }

  private long sumOfLatest() {
    long sum = 0;
    try (RowCursor rows = view.scan(Family.LATEST, FIRST, null)) {
      while (rows.isValid()) {
        goOnUnlessInterrupted();
        sum += hash.of(rows.key(), StoredRecord.parse(rows.value()));
        rows.next();
      }
    }
    return sum;
  }

  private long sumOf(Family family, int kind) {
    byte[] stateKey = KeyLayout.stateKey();
    long sum = 0;
    try (RowCursor rows = view.scan(family, FIRST, null)) {
      while (rows.isValid()) {
        byte[] key = rows.key();
        if (family != Family.META || !Arrays.equals(key, stateKey)) {
          sum += hash.ofRow(kind, key, rows.value());
        }
        rows.next();
      }
    }
    return sum;
  }

  private static void goOnUnlessInterrupted() {
    if (Thread.currentThread().isInterrupted()) {
      throw new CancellationException("interrupted while hashing");
    }
  }

  private static int fold(long value) {
    int folded = (int) (value >>> Integer.SIZE) ^ (int) value;
    return folded == 0 ? 1 : folded;
  }
}
