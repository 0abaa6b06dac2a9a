/// Who belongs to the group and in which part: member ids, configurations and the legal steps
/// between them (Raft §6, thesis §4). A configuration is a value; a change derives a new one,
/// validates it and returns it, and nothing here edits a live one.
///
/// Pure: no thread, clock, IO, logger or randomness. The bottom of the module: depends on nothing
/// but `io.kvorum.invariant`. Start reading at [io.kvorum.raft.membership.Configuration].
@NullMarked
package io.kvorum.raft.membership;

import org.jspecify.annotations.NullMarked;
