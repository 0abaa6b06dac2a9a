package io.kvorum.mvcc.rocks;

import java.util.concurrent.atomic.AtomicInteger;
import org.rocksdb.Cache;
import org.rocksdb.LRUCache;
import org.rocksdb.WriteBufferManager;

/// The block cache and the memtable budget of a store: one bound on native memory, however many
/// databases are open while one replaces another. Any thread; freed when the last user has left.
final class NativeMemory {
  private static final int MEMTABLE_SHARE_OF_BUDGET = 3;

  private final long memtableBytes;
  private final Cache cache;
  private final WriteBufferManager memtables;
  private final AtomicInteger users = new AtomicInteger(1);

  /// Has one user, who makes it.
  NativeMemory(long budgetBytes) {
    this.memtableBytes = budgetBytes / MEMTABLE_SHARE_OF_BUDGET;
    this.cache = new LRUCache(budgetBytes);
    this.memtables = new WriteBufferManager(memtableBytes, cache);
  }

  /// Adds a user. Only for one who knows that there is another.
  NativeMemory retained() {
    users.incrementAndGet();
    return this;
  }

  void release() {
    if (users.decrementAndGet() == 0) {
      memtables.close();
      cache.close();
    }
  }

  /// What all memtables together may take.
  long memtableBytes() {
    return memtableBytes;
  }

  Cache cache() {
    return cache;
  }

  WriteBufferManager memtables() {
    return memtables;
  }
}
