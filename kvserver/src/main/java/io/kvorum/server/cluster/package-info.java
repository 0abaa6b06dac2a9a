/// The cluster as one member sees it: the way to its peers, which of them are connected, the rules
/// for changing who belongs; questions from one member's server to another's, and the requests that
/// any member takes but only the leader can answer.
///
/// Safe for any thread unless a class says otherwise; what is called by event loops never waits.
/// Depends on what applies, proposes and reads. Start reading at `PeerSide` for the connections, at
/// `LeaderLessor` for the questions.
@NullMarked
package io.kvorum.server.cluster;

import org.jspecify.annotations.NullMarked;
