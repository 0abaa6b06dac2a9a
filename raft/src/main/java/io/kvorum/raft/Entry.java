package io.kvorum.raft;

import com.google.protobuf.ByteString;

/// One position of the replicated log. The payload is opaque here and already encoded for the wire.
public record Entry(EntryId id, EntryKind kind, ByteString payload) {
  public long term() {
    return id.term();
  }

  public long index() {
    return id.index();
  }

  /// Bytes of payload; what every limit on entries counts.
  public int payloadBytes() {
    return payload.size();
  }
}
