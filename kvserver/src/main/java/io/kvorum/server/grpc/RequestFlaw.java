package io.kvorum.server.grpc;

/// Why a request is refused before anything is logged or read. The client sees the text that
/// [GrpcErrors] has for it.
enum RequestFlaw {
  EMPTY_KEY,
  /// `ignore_value` together with a value.
  VALUE_PROVIDED,
  /// `ignore_lease` together with a lease.
  LEASE_PROVIDED,
  /// A transaction operation that is no operation at all; etcd answers `key not found`.
  NO_OPERATION,
  TOO_MANY_OPERATIONS,
  DUPLICATE_KEY,
  INVALID_SORT_OPTION,
  /// A `RangeStream` that asks for another order than by key.
  STREAM_WITH_SORT_ORDER,
  /// A `RangeStream` with a revision filter.
  STREAM_WITH_REVISION_FILTER,
}
