package io.kvorum.raft.peer;

import io.kvorum.raft.membership.MemberId;
import io.kvorum.raft.snapshot.SnapshotConnection;
import io.kvorum.raft.snapshot.SnapshotMessage;
import io.netty.buffer.ByteBuf;
import java.io.IOException;

/// Messages about a snapshot over frames, whose bytes are counted for the peer.
final class SnapshotChannel implements SnapshotConnection {
  private final FrameConnection frames;
  private final MemberId peer;
  private final PeerListener listener;

  SnapshotChannel(FrameConnection frames, MemberId peer, PeerListener listener) {
    this.frames = frames;
    this.peer = peer;
    this.listener = listener;
  }

  @Override
  public void send(SnapshotMessage message) throws IOException {
    ByteBuf frame = SnapshotCodec.encode(message, frames.allocator());
    int bytes = frame.readableBytes(); // before it belongs to the connection
    frames.send(frame);
    listener.sent(peer, bytes);
  }

  @Override
  public SnapshotMessage receive() throws IOException {
    byte[] frame = frames.receive();
    listener.received(peer, FrameDecoder.LENGTH_BYTES + frame.length);
    return SnapshotCodec.decode(frame);
  }

  @Override
  public void close() {
    frames.close();
  }
}
