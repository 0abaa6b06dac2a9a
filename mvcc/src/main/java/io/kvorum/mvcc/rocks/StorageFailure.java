package io.kvorum.mvcc.rocks;

import com.google.errorprone.annotations.FormatMethod;
import com.google.errorprone.annotations.FormatString;
import java.util.Locale;
import org.rocksdb.RocksDBException;
import org.rocksdb.Status;

/// The disk or RocksDB failed, or stored bytes are damaged. Never retried: what was being written
/// may or may not be there, so the member must stop serving and say why.
public final class StorageFailure extends RuntimeException {
  /// What an operator has to look at.
  public enum Kind {
    /// No space left on the device.
    DISK_FULL,
    /// Bytes on disk are not what was written.
    DAMAGED,
    /// Any other error of the device, the file system or RocksDB.
    DEVICE
  }

  private final Kind kind;

  private StorageFailure(Kind kind, String message, Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  private StorageFailure(Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  public Kind kind() {
    return kind;
  }

  /// Stored bytes break a rule of the format.
  @FormatMethod
  public static StorageFailure damaged(@FormatString String format, Object... arguments) {
    return new StorageFailure(Kind.DAMAGED, String.format(Locale.ROOT, format, arguments));
  }

  static StorageFailure of(String action, RocksDBException cause) {
    return new StorageFailure(kindOf(cause), action + ": " + cause.getMessage(), cause);
  }

  static Kind kindOf(RocksDBException cause) {
    Status status = cause.getStatus();
    if (status == null) {
      return Kind.DEVICE;
    }
    if (status.getSubCode() == Status.SubCode.NoSpace) {
      return Kind.DISK_FULL;
    }
    return status.getCode() == Status.Code.Corruption ? Kind.DAMAGED : Kind.DEVICE;
  }
}
