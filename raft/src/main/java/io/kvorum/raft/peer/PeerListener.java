package io.kvorum.raft.peer;

import io.kvorum.raft.membership.MemberId;

/// What the transport tells its member. Called by event loops, by `peer-files`, by the threads of
/// snapshots for their bytes and, for what does not fit, by the thread that sends; must not block
/// and must not throw.
public interface PeerListener {
  /// Messages to `peer` were dropped, or its connection is down. Once per outage, and once per run
  /// of drops until the queue was empty again.
  default void unreachable(MemberId peer) {}

  /// The process of `peer` has ended: a connection to it broke, and then every address of it
  /// refused one, so nothing listens there. Once per connection that broke.
  default void gone(MemberId peer) {}

  /// The peer `by` says that this member was removed from the cluster for good: it should stop.
  default void removed(MemberId by) {}

  /// The member must stop: what is known of its peers can no longer be made durable, or the program
  /// is broken.
  default void failed(Throwable cause) {}

  default void connected(MemberId peer, Direction direction) {}

  /// Follows every [#connected]; not called for attempts that came to nothing.
  default void disconnected(MemberId peer, Direction direction) {}

  /// An attempt to connect to `peer` failed or was refused.
  default void failedToConnect(MemberId peer) {}

  /// Bytes of whole frames handed to the connection since the last call.
  default void sent(MemberId peer, long bytes) {}

  /// Bytes of whole frames that came since the last call.
  default void received(MemberId peer, long bytes) {}

  /// A ping and its answer took so long, through the queues of both members.
  default void roundTrip(MemberId peer, long nanos) {}

  /// A message to `peer` was not sent, for lack of a connection or of room.
  default void droppedOutgoing(MemberId peer) {}

  /// A message on the connection of `peer` was not handed on: it is for somebody else, from
  /// somebody else, or of an unknown kind.
  default void droppedIncoming(MemberId peer) {}

  /// An incoming connection was closed before it became a peer's, or for what it sent.
  default void refusedConnection(String reason) {}

  /// Seen from this member.
  enum Direction {
    OUTGOING,
    INCOMING
  }
}
