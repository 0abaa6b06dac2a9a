/// What the members of a cluster do for each other beside Raft: questions from one server to
/// another, and the requests that any member takes but only the leader can answer.
///
/// Safe for any thread unless a class says otherwise; handlers run on event loops and never wait.
/// Depends on what applies, proposes and reads; knows no transport but by [PeerCalls.Transport].
/// Start reading at `PeerCalls`, then `LeaderLessor`.
@NullMarked
package io.kvorum.server.cluster;

import org.jspecify.annotations.NullMarked;
