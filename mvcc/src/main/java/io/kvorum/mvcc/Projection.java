package io.kvorum.mvcc;

/// How much of each key a range answer carries.
public enum Projection {
  FULL,
  /// Everything but values and leases.
  KEYS_ONLY,
  /// Nothing but how many keys there are; limit, filters and order do not matter.
  COUNT_ONLY
}
