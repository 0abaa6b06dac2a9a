package io.kvorum.raft.peer;

import io.kvorum.raft.snapshot.SnapshotConnection;
import io.kvorum.raft.snapshot.SnapshotMessage;
import java.io.IOException;

/// Messages about a snapshot over frames.
final class SnapshotChannel implements SnapshotConnection {
  private final FrameConnection frames;

  SnapshotChannel(FrameConnection frames) {
    this.frames = frames;
  }

  @Override
  public void send(SnapshotMessage message) throws IOException {
    frames.send(SnapshotCodec.encode(message));
  }

  @Override
  public SnapshotMessage receive() throws IOException {
    return SnapshotCodec.decode(frames.receive());
  }

  @Override
  public void close() {
    frames.close();
  }
}
