/// Turns committed entries into state: keys, leases, alarms, member attributes.
///
/// The thread `apply` owns every mutable object here. It drains its inbox, executes all waiting
/// entries on one batch of the store, commits it, and only then publishes: first to the watch hub,
/// then the applied index, then the answers, grouped per event loop. Other threads see immutable
/// published values, or put a question into the inbox ([Lessor]).
///
/// Everything that follows from an entry is deterministic: no clock, randomness or hash order.
/// Start reading at `Applier`, then `StateMachine`.
@NullMarked
package io.kvorum.server.apply;

import org.jspecify.annotations.NullMarked;
