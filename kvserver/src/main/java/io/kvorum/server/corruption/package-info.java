/// Whether all members hold the same data (operations.md §5.9): hashes of this member's keys, the
/// rules by which members' hashes are compared, the checks that ask for them.
///
/// The rules (`StartRule`, `PeriodicRule`, `CompactionRule`) are pure. Hashes are made on the
/// thread `hash`; the checks wait on a background thread and are told the time by the thread
/// `clock`. Depends on what asks other members, proposes and reads. Start reading at
/// `CorruptionChecks`; why it is so is in docs/decisions/0014-corruption-checks.md.
@NullMarked
package io.kvorum.server.corruption;

import org.jspecify.annotations.NullMarked;
