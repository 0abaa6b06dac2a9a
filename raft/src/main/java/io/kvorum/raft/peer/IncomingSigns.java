package io.kvorum.raft.peer;

import io.kvorum.raft.membership.MemberId;

/// What the outgoing half of the transport learns from the incoming one. Called by the event loop
/// of the incoming half; must not block.
interface IncomingSigns {
  /// Of no interest.
  IncomingSigns IGNORED =
      new IncomingSigns() {
        @Override
        public void connected(MemberId peer) {}

        @Override
        public void pinged(MemberId from, long number) {}

        @Override
        public void ponged(MemberId from, long number) {}
      };

  /// The peer has connected to this member: it is there.
  void connected(MemberId peer);

  /// `from` wants an answer.
  void pinged(MemberId from, long number);

  /// `from` has answered.
  void ponged(MemberId from, long number);
}
