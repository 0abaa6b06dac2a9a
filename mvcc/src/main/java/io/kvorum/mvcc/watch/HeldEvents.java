package io.kvorum.mvcc.watch;

import java.util.LinkedHashMap;
import java.util.Map;

/// The cohorts of an event loop whose streams have not yet taken all that was matched for them,
/// longest first, bounded by the heap they hold together. Beyond it the longest-waiting give up
/// their matched events and read them again later.
final class HeldEvents {
  private final long maxBytes;
  private final Map<Cohort, Long> holders = new LinkedHashMap<>();
  private long bytes;

  HeldEvents(long maxBytes) {
    this.maxBytes = maxBytes;
  }

  void hold(Cohort cohort) {
    long held = cohort.pendingBytes();
    Long before = holders.put(cohort, held);
    bytes += held - (before == null ? 0 : before);
    while (bytes > maxBytes) {
      Cohort longest = holders.keySet().iterator().next();
      longest.dropPending();
      release(longest);
      longest.stream().report();
    }
  }

  void release(Cohort cohort) {
    Long held = holders.remove(cohort);
    bytes -= held == null ? 0 : held;
  }

  long bytes() {
    return bytes;
  }
}
