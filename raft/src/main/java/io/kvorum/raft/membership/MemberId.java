package io.kvorum.raft.membership;

/// The identity of a member for its whole life. Unsigned; a removed id never comes back.
public record MemberId(long value) implements Comparable<MemberId> {
  @Override
  public int compareTo(MemberId other) {
    return Long.compareUnsigned(value, other.value);
  }

  /// Lower-case hexadecimal without padding, as etcd shows ids.
  @Override
  public String toString() {
    return Long.toHexString(value);
  }
}
