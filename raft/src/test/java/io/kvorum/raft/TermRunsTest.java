package io.kvorum.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/// The runs against a list of ids.
class TermRunsTest {
  private final SplittableRandom random = new SplittableRandom(20_253);

  /// R7: "the largest index at most `index` whose term is at most `term`", or the base if
  /// everything retained is of later terms.
  @Test
  void randomLogs_lastAtMost_isTheLargestIndexOfATermAtMost() {
    for (int run = 0; run < 5_000; run++) {
      List<EntryId> ids = randomLog();
      EntryId base = ids.getFirst();
      TermRuns runs = new TermRuns(base, List.of());
      ids.stream().skip(1).forEach(runs::append);
      for (EntryId from : ids) {
        for (long term = 0; term < 12; term++) {
          long most = term;
          EntryId expected =
              ids.stream()
                  .filter(id -> id.index() <= from.index() && id.term() <= most)
                  .reduce((first, second) -> second)
                  .orElse(base);

          assertThat(runs.lastAtMost(from.index(), term))
              .as("%s from %d, term %d", ids, from.index(), term)
              .isEqualTo(expected);
        }
      }
    }
  }

  /// Dropping a prefix and truncating a suffix leave the terms of the rest as they were.
  @Test
  void randomLogs_dropAndTruncate_keepTheTermsBetween() {
    for (int run = 0; run < 5_000; run++) {
      List<EntryId> ids = randomLog();
      TermRuns runs = new TermRuns(ids.getFirst(), List.of());
      ids.stream().skip(1).forEach(runs::append);
      int first = random.nextInt(ids.size());
      int end = random.nextInt(first + 1, ids.size() + 1);

      if (end < ids.size()) {
        runs.truncateFrom(ids.get(end).index());
      }
      runs.dropTo(ids.get(first).index());

      assertThat(runs.base()).isEqualTo(ids.get(first));
      for (EntryId id : ids.subList(first, end)) {
        assertThat(runs.termAt(id.index())).isEqualTo(id.term());
      }
    }
  }

  private List<EntryId> randomLog() {
    List<EntryId> ids = new ArrayList<>();
    long term = random.nextInt(4);
    long index = random.nextInt(5);
    for (int count = random.nextInt(1, 12); count > 0; count--) {
      ids.add(new EntryId(term, index));
      term += random.nextInt(3) == 0 ? random.nextInt(1, 4) : 0;
      index++;
    }
    return ids;
  }
}
