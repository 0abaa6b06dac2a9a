/// What the replicated log says and what applying it answers.
///
/// [ApplyResult] and [Rejection] are the deterministic outcomes of a command: every member computes
/// the same one at the same log index. The codec turns commands into the bytes of a log entry and
/// back; it runs on event loops (encode) and on the thread `apply` (decode) and holds no state.
///
/// Depends on `proto` and `lease` values only. Start reading at [ApplyResult].
@NullMarked
package io.kvorum.server.command;

import org.jspecify.annotations.NullMarked;
