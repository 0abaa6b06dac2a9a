package io.kvorum.mvcc.rocks;

import io.kvorum.invariant.InvariantViolation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.LiveFileMetaData;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;

/// Reads what a checkpoint says of itself, and leaves its directory as it is.
public final class CheckpointReader {
  private static final long MEMORY_BYTES = 1 << 20;
  private static final int OPEN_FILES = 16;

  private CheckpointReader() {}

  /// The facts of a checkpoint.
  ///
  /// @param meta the replicated facts by their owners' names
  public record Facts(StateRecord state, SortedMap<String, byte[]> meta) {
    public Facts {
      meta = Collections.unmodifiableSortedMap(new TreeMap<>(meta));
    }
  }

  /// Opens all families of the checkpoint in `directory` for reading, which checks that its files
  /// are there in full length, and closes them again. Throws [StoreUnusable] if that fails.
  ///
  /// @param logDirectory gets what RocksDB has to say
  public static Facts read(Path directory, Path logDirectory) {
    try (DbFiles files = new DbFiles(new NativeMemory(MEMORY_BYTES))) {
      files
          .options()
          .setCreateIfMissing(false)
          .setMaxOpenFiles(OPEN_FILES)
          .setDbLogDir(logDirectory.toString());
      List<ColumnFamilyHandle> handles = new ArrayList<>();
      StateDb.refuseUnknownFamilies(directory);
      try (RocksDB db =
          RocksDB.openReadOnly(files.options(), directory.toString(), files.families(), handles)) {
        try {
          requireWholeFiles(db, directory);
          return facts(db, metaOf(handles));
        } finally {
          handles.forEach(ColumnFamilyHandle::close);
        }
      }
    } catch (RocksDBException e) {
      throw StateDb.unusable(directory, e);
    } catch (IOException e) {
      throw StateDb.unreadable(directory, e);
    }
  }

  /// RocksDB looks at the length of a file only when it reads from it.
  private static void requireWholeFiles(RocksDB db, Path directory) throws IOException {
    for (LiveFileMetaData file : db.getLiveFilesMetaData()) {
      Path path = directory.resolve(file.fileName().substring(1)); // it begins with a slash
      long size = Files.size(path);
      if (size != file.size()) {
        throw new IOException(path + " has " + size + " bytes, not " + file.size());
      }
    }
  }

  private static ColumnFamilyHandle metaOf(List<ColumnFamilyHandle> handles)
      throws RocksDBException {
    byte[] name = KeyLayout.metaKey(Family.META.columnFamily());
    for (ColumnFamilyHandle handle : handles) {
      if (Arrays.equals(handle.getName(), name)) {
        return handle;
      }
    }
    throw new InvariantViolation("a database was opened without its family meta");
  }

  private static Facts facts(RocksDB db, ColumnFamilyHandle family) throws RocksDBException {
    StateRecord state = StateRecord.EMPTY;
    SortedMap<String, byte[]> meta = new TreeMap<>();
    try (RocksIterator rows = db.newIterator(family)) {
      for (rows.seekToFirst(); rows.isValid(); rows.next()) {
        String name = KeyLayout.metaName(rows.key());
        if (name.equals(KeyLayout.STATE)) {
          state = StateRecord.parse(rows.value());
        } else {
          meta.put(name, rows.value());
        }
      }
      rows.status();
    }
    return new Facts(state, meta);
  }
}
