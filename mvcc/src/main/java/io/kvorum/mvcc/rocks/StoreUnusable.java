package io.kvorum.mvcc.rocks;

/// The state database cannot be opened. Nothing was changed on disk.
public final class StoreUnusable extends RuntimeException {
  /// Why, in the terms of the operator who has to act.
  public enum Reason {
    /// Another process, or another store of this process, has the directory open.
    LOCKED,
    /// Written by a newer version of the product.
    NEWER_FORMAT,
    /// Not a state database, damaged, or not accessible.
    UNREADABLE,
    /// No space left on the device.
    DISK_FULL,
    /// The native library of RocksDB could not be unpacked or loaded.
    NO_NATIVE_LIBRARY
  }

  private final Reason reason;

  StoreUnusable(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  StoreUnusable(Reason reason, String message, Throwable cause) {
    super(message, cause);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }
}
