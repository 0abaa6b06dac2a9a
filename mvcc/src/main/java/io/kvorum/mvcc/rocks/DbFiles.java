package io.kvorum.mvcc.rocks;

import io.kvorum.invariant.Invariant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Properties;
import org.rocksdb.AbstractNativeReference;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.CompressionType;
import org.rocksdb.DBOptions;
import org.rocksdb.InfoLogLevel;
import org.rocksdb.RocksDB;

/// The native options of the database, and the order in which they must be given back.
///
/// One cache holds blocks, indexes and filters and is charged for memtables too, so native memory
/// has one bound (design.md §2).
final class DbFiles implements AutoCloseable {
  private static final int BLOOM_BITS_PER_KEY = 10;
  private static final long MAX_MEMTABLE_BYTES = 64L << 20;
  private static final double MEMTABLE_BLOOM_SHARE = 0.02;
  // A memtable takes memory by blocks of this size; by default they are so large that the first row
  // of each family together would exhaust a small budget and make every write flush.
  private static final long LARGE_ARENA_BLOCK_BYTES = 256 << 10;
  private static final long SMALL_ARENA_BLOCK_BYTES = 16 << 10;
  private static final long POINT_READ_BLOCK_BYTES = 4 << 10;
  private static final long SEQUENTIAL_BLOCK_BYTES = 16 << 10;
  private static final String REWRITE_DELAY = "bottommost_file_compaction_delay";
  private static final int LEVELS = 7;
  private static final int BACKGROUND_JOBS = 2;
  private static final int KEPT_INFO_LOGS = 2;
  private static final long MAX_INFO_LOG_BYTES = 1 << 20;

  private final Deque<AbstractNativeReference> owned = new ArrayDeque<>();
  private final NativeMemory memory;
  private final BloomFilter bloom;
  private final DBOptions options;
  private final List<ColumnFamilyDescriptor> families = new ArrayList<>();
  private final long memtableBytes;

  /// @param memory is used by these options from here on, and released with them
  DbFiles(NativeMemory memory) {
    this.memory = memory;
    this.memtableBytes = Math.min(MAX_MEMTABLE_BYTES, memory.memtableBytes());
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
        .setWriteBufferManager(memory.memtables())
        .setInfoLogLevel(InfoLogLevel.WARN_LEVEL)
        .setKeepLogFileNum(KEPT_INFO_LOGS)
        .setMaxLogFileSize(MAX_INFO_LOG_BYTES);
    families.add(
        new ColumnFamilyDescriptor(RocksDB.DEFAULT_COLUMN_FAMILY, own(new ColumnFamilyOptions())));
    for (Family family : Family.values()) {
      families.add(
          new ColumnFamilyDescriptor(
              KeyLayout.metaKey(family.columnFamily()),
              switch (family) {
                case LATEST, DELETED -> userKeys();
                case HISTORY -> sequential();
                case META, LEASE, COUNT, AUTH -> small();
              }));
    }
  }

  private <T extends AbstractNativeReference> T own(T reference) {
    owned.push(reference);
    return reference;
  }

  /// Keys in random order, looked up one by one, often absent.
  private ColumnFamilyOptions userKeys() {
    return common(table().setBlockSize(POINT_READ_BLOCK_BYTES).setFilterPolicy(bloom))
        .setArenaBlockSize(LARGE_ARENA_BLOCK_BYTES)
        .setMemtablePrefixBloomSizeRatio(MEMTABLE_BLOOM_SHARE)
        .setMemtableWholeKeyFiltering(true);
  }

  /// Few rows: their memtables must not take memory from those that have many.
  private ColumnFamilyOptions small() {
    return common(table().setBlockSize(POINT_READ_BLOCK_BYTES).setFilterPolicy(bloom))
        .setArenaBlockSize(SMALL_ARENA_BLOCK_BYTES);
  }

  /// Keys written in order, never rewritten; a row that is looked up exists, so no filter helps.
  private ColumnFamilyOptions sequential() {
    ColumnFamilyOptions neverRewritten =
        ColumnFamilyOptions.getColumnFamilyOptionsFromProps(neverRewriteBottom());
    Invariant.check(neverRewritten != null, "RocksDB does not know %s", REWRITE_DELAY);
    return common(neverRewritten, table().setBlockSize(SEQUENTIAL_BLOCK_BYTES))
        .setArenaBlockSize(LARGE_ARENA_BLOCK_BYTES);
  }

  /// By default a file that was moved to the last level as it is gets rewritten as soon as a
  /// snapshot is released, which here is with every batch: all history would be written twice, and
  /// a file being rewritten cannot be dropped. The option has no setter in RocksDB's Java
  /// interface.
  private static Properties neverRewriteBottom() {
    Properties properties = new Properties();
    properties.setProperty(REWRITE_DELAY, Integer.toString(Integer.MAX_VALUE));
    return properties;
  }

  private BlockBasedTableConfig table() {
    return new BlockBasedTableConfig()
        .setBlockCache(memory.cache())
        .setCacheIndexAndFilterBlocks(true)
        .setCacheIndexAndFilterBlocksWithHighPriority(true)
        .setPinL0FilterAndIndexBlocksInCache(true);
  }

  private ColumnFamilyOptions common(BlockBasedTableConfig table) {
    return common(new ColumnFamilyOptions(), table);
  }

  private ColumnFamilyOptions common(ColumnFamilyOptions options, BlockBasedTableConfig table) {
    List<CompressionType> perLevel = new ArrayList<>();
    for (int level = 0; level < LEVELS; level++) {
      perLevel.add(level < 2 ? CompressionType.NO_COMPRESSION : CompressionType.LZ4_COMPRESSION);
    }
    return own(options)
        .setTableFormatConfig(table)
        .setWriteBufferSize(memtableBytes)
        .setNumLevels(LEVELS)
        .setCompressionPerLevel(perLevel);
  }

  long cachedBytes() {
    return memory.cache().getUsage();
  }

  NativeMemory memory() {
    return memory;
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
    memory.release();
  }
}
