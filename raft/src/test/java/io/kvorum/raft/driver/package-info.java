/// Lets scenario suites from elsewhere drive cores of this project: a process that hosts any number
/// of them and speaks JSON lines, one reply per request. What can be asked is on the page
/// `docs/raft-driver.md`.
///
/// Start reading at [io.kvorum.raft.driver.RaftDriver].
@NullMarked
package io.kvorum.raft.driver;

import org.jspecify.annotations.NullMarked;
