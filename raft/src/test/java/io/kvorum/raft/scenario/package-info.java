/// Stories of a Raft group, told in files: `src/test/resources/scenarios/*.scenario`. Each names
/// what it shows in prose, then drives whole members one command a line and states facts about
/// them; nothing moves unless a line says so. The grammar is in `README.md` beside the files.
///
/// Start reading at [io.kvorum.raft.scenario.ScenarioTest], then `World` (the commands) and `Facts`
/// (what `expect` understands). `Witness` checks after every line what must never happen.
@NullMarked
package io.kvorum.raft.scenario;

import org.jspecify.annotations.NullMarked;
