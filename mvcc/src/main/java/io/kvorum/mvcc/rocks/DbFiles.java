package io.kvorum.mvcc.rocks;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.rocksdb.AbstractNativeReference;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.Cache;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.CompressionType;
import org.rocksdb.DBOptions;
import org.rocksdb.InfoLogLevel;
import org.rocksdb.LRUCache;
import org.rocksdb.RocksDB;
import org.rocksdb.WriteBufferManager;

/// The native options of the database, and the order in which they must be given back.
///
/// One cache holds blocks, indexes and filters and is charged for memtables too, so native memory
/// has one bound (design.md §2).
final class DbFiles implements AutoCloseable {
  private static final int BLOOM_BITS_PER_KEY = 10;
  private static final int MEMTABLE_SHARE_OF_BUDGET = 3;
  private static final long MAX_MEMTABLE_BYTES = 64L << 20;
  private static final double MEMTABLE_BLOOM_SHARE = 0.02;
  private static final long POINT_READ_BLOCK_BYTES = 4 << 10;
  private static final long SEQUENTIAL_BLOCK_BYTES = 16 << 10;
  private static final int LEVELS = 7;
  private static final int BACKGROUND_JOBS = 2;
  private static final int KEPT_INFO_LOGS = 2;
  private static final long MAX_INFO_LOG_BYTES = 1 << 20;

  private final Deque<AbstractNativeReference> owned = new ArrayDeque<>();
  private final Cache cache;
  private final BloomFilter bloom;
  private final DBOptions options;
  private final List<ColumnFamilyDescriptor> families = new ArrayList<>();
  private final long memtableBytes;

  DbFiles(long nativeBudgetBytes) {
    long memtableBudget = nativeBudgetBytes / MEMTABLE_SHARE_OF_BUDGET;
    this.memtableBytes = Math.min(MAX_MEMTABLE_BYTES, memtableBudget);
    this.cache = own(new LRUCache(nativeBudgetBytes));
    this.bloom = own(new BloomFilter(BLOOM_BITS_PER_KEY, false));
    this.options = own(new DBOptions());
    options
        .setCreateIfMissing(true)
        .setCreateMissingColumnFamilies(true)
        .setAtomicFlush(true)
        // Closing flushes by itself, and after a failure nothing may be written any more.
        .setAvoidFlushDuringShutdown(true)
        .setAllowConcurrentMemtableWrite(false)
        .setMaxBackgroundJobs(BACKGROUND_JOBS)
        .setMaxOpenFiles(-1)
        .setWriteBufferManager(own(new WriteBufferManager(memtableBudget, cache)))
        .setInfoLogLevel(InfoLogLevel.WARN_LEVEL)
        .setKeepLogFileNum(KEPT_INFO_LOGS)
        .setMaxLogFileSize(MAX_INFO_LOG_BYTES);
    families.add(
        new ColumnFamilyDescriptor(RocksDB.DEFAULT_COLUMN_FAMILY, own(new ColumnFamilyOptions())));
    for (Family family : Family.values()) {
      families.add(
          new ColumnFamilyDescriptor(
              KeyLayout.metaKey(family.columnFamily()),
              family == Family.HISTORY ? sequential() : pointRead()));
    }
  }

  private <T extends AbstractNativeReference> T own(T reference) {
    owned.push(reference);
    return reference;
  }

  /// Keys in random order, looked up one by one, often absent.
  private ColumnFamilyOptions pointRead() {
    return common(table().setBlockSize(POINT_READ_BLOCK_BYTES).setFilterPolicy(bloom))
        .setMemtablePrefixBloomSizeRatio(MEMTABLE_BLOOM_SHARE)
        .setMemtableWholeKeyFiltering(true);
  }

  /// Keys written in order, never rewritten; a row that is looked up exists, so no filter helps.
  private ColumnFamilyOptions sequential() {
    return common(table().setBlockSize(SEQUENTIAL_BLOCK_BYTES));
  }

  private BlockBasedTableConfig table() {
    return new BlockBasedTableConfig()
        .setBlockCache(cache)
        .setCacheIndexAndFilterBlocks(true)
        .setCacheIndexAndFilterBlocksWithHighPriority(true)
        .setPinL0FilterAndIndexBlocksInCache(true);
  }

  private ColumnFamilyOptions common(BlockBasedTableConfig table) {
    List<CompressionType> perLevel = new ArrayList<>();
    for (int level = 0; level < LEVELS; level++) {
      perLevel.add(level < 2 ? CompressionType.NO_COMPRESSION : CompressionType.LZ4_COMPRESSION);
    }
    return own(new ColumnFamilyOptions())
        .setTableFormatConfig(table)
        .setWriteBufferSize(memtableBytes)
        .setNumLevels(LEVELS)
        .setCompressionPerLevel(perLevel);
  }

  DBOptions options() {
    return options;
  }

  /// The default family, which stays empty, and then every [Family] in order.
  List<ColumnFamilyDescriptor> families() {
    return families;
  }

  /// Only after the database has been closed.
  @Override
  public void close() {
    while (!owned.isEmpty()) {
      owned.pop().close();
    }
  }
}
