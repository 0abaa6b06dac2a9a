/// What clients of a cluster recorded, and whether any correct cluster could have answered so
/// (raft.md §6.2). Knows nothing of sockets; the checks are functions of recorded values.
@NullMarked
package io.kvorum.testkit.history;

import org.jspecify.annotations.NullMarked;
