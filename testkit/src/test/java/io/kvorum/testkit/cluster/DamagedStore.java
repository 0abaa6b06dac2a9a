package io.kvorum.testkit.cluster;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.DBOptions;
import org.rocksdb.FlushOptions;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.WriteOptions;

/// The state of a member that does not run, changed as a broken disk or program would: every
/// checksum fits, and the data is wrong.
final class DamagedStore {
  private DamagedStore() {}

  /// Puts `wrong` in the place of `right`, which is as long, in the value of every row.
  ///
  /// @return how many rows were changed
  static int change(Path database, String right, String wrong) throws RocksDBException {
    List<ColumnFamilyHandle> handles = new ArrayList<>();
    int changed = 0;
    try (DBOptions options = new DBOptions();
        WriteOptions unlogged = new WriteOptions().setDisableWAL(true);
        FlushOptions flush = new FlushOptions().setWaitForFlush(true);
        RocksDB db = RocksDB.open(options, database.toString(), families(database), handles)) {
      for (ColumnFamilyHandle family : handles) {
        changed += change(db, family, unlogged, right, wrong);
      }
      db.flush(flush, handles);
      handles.forEach(ColumnFamilyHandle::close);
    }
    return changed;
  }

  private static List<ColumnFamilyDescriptor> families(Path database) throws RocksDBException {
    try (Options options = new Options()) {
      return RocksDB.listColumnFamilies(options, database.toString()).stream()
          .map(ColumnFamilyDescriptor::new)
          .toList();
    }
  }

  private static int change(
      RocksDB db, ColumnFamilyHandle family, WriteOptions options, String right, String wrong)
      throws RocksDBException {
    int changed = 0;
    try (RocksIterator rows = db.newIterator(family)) {
      for (rows.seekToFirst(); rows.isValid(); rows.next()) {
        int at = indexOf(rows.value(), right.getBytes(UTF_8));
        if (at >= 0) {
          byte[] value = rows.value();
          System.arraycopy(wrong.getBytes(UTF_8), 0, value, at, right.length());
          db.put(family, options, rows.key(), value);
          changed++;
        }
      }
    }
    return changed;
  }

  private static int indexOf(byte[] bytes, byte[] part) {
    return new String(bytes, ISO_8859_1).indexOf(new String(part, ISO_8859_1)); // byte by byte
  }
}
