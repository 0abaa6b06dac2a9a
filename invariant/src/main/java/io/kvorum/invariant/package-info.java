/// Checks that stay on in production, shared by all modules.
///
/// A broken invariant is a broken program (`InvariantViolation`): it must reach the member's one
/// fatal-error handler, which halts the process. Expected failures are never reported this way.
/// Start reading at [io.kvorum.invariant.Invariant].
@NullMarked
package io.kvorum.invariant;

import org.jspecify.annotations.NullMarked;
