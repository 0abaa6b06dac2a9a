/// Leases: what every member knows about them (replicated) and when they end (leader only).
///
/// [Leases] is replicated state: the same log gives the same leases on every member. A deadline is
/// not replicated; it is kept in leader time by [LeaseDeadlines], an object that is born when a
/// leader has applied the first entry of its term and dies with its leadership.
///
/// Everything here is pure: no thread, clock, logger or randomness. Time is an argument, in
/// nanoseconds since the member started. The thread `apply` owns every mutable object.
///
/// Start reading at [Leases], then [LeaseDeadlines].
@NullMarked
package io.kvorum.lease;

import org.jspecify.annotations.NullMarked;
