package io.kvorum.mvcc;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.kvorum.mvcc.rocks.StoredRecord;

/// One key at one revision, as clients see it.
///
/// @param createRevision revision of the put that began this generation of the key
/// @param modRevision revision of its last change
/// @param version number of puts of this generation, 1 at creation
/// @param lease the lease the key is attached to, 0 for none
public record KeyValue(
    ByteString key,
    ByteString value,
    long createRevision,
    long modRevision,
    long version,
    long lease) {

  /// The key as a live record holds it. Shares the record's bytes.
  static KeyValue of(byte[] key, StoredRecord live) {
    return of(UnsafeByteOperations.unsafeWrap(key), live);
  }

  static KeyValue of(ByteString key, StoredRecord live) {
    ByteString value =
        UnsafeByteOperations.unsafeWrap(live.bytes(), live.valueFrom(), live.valueSize());
    return new KeyValue(
        key, value, live.createMain(), live.modMain(), live.version(), live.lease());
  }

  /// What a DELETE event carries.
  static KeyValue deleted(ByteString key, long revision) {
    return new KeyValue(key, ByteString.EMPTY, 0, revision, 0, 0);
  }

  KeyValue withoutValue() {
    return new KeyValue(key, ByteString.EMPTY, createRevision, modRevision, version, lease);
  }

  /// The form of a `keys_only` answer: neither value nor lease (etcd API, since 3.7).
  KeyValue keyOnly() {
    return new KeyValue(key, ByteString.EMPTY, createRevision, modRevision, version, 0);
  }
}
