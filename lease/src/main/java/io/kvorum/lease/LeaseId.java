package io.kvorum.lease;

/// A lease's id. Any 64-bit value but 0 names a lease: clients may choose negative ones.
public record LeaseId(long value) implements Comparable<LeaseId> {
  /// Orders ids by their signed value.
  @Override
  public int compareTo(LeaseId other) {
    return Long.compare(value, other.value);
  }

  /// The form of logs and of etcd's tools: lower-case hexadecimal, without padding.
  @Override
  public String toString() {
    return Long.toHexString(value);
  }
}
