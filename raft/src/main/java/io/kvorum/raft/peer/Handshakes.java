package io.kvorum.raft.peer;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import io.kvorum.proto.peer.Handshake;
import io.kvorum.proto.peer.HandshakeReply;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.raft.peer.HandshakeRule.Verdict;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.UUID;

/// The two messages that open a connection, as frames.
final class Handshakes {
  private static final int UUID_BYTES = 16;

  private Handshakes() {}

  /// What a dialling member says of itself.
  record Greeting(int version, PeerIdentity sender) {}

  static ByteBuf greeting(PeerIdentity self, ByteBufAllocator allocator) {
    ByteBuffer uuid =
        ByteBuffer.allocate(UUID_BYTES)
            .putLong(self.storeUuid().getMostSignificantBits())
            .putLong(self.storeUuid().getLeastSignificantBits())
            .flip();
    return frame(
        Handshake.newBuilder()
            .setProtocolVersion(HandshakeRule.NEWEST_VERSION)
            .setClusterId(self.clusterId())
            .setMemberId(self.member().value())
            .setStoreUuid(ByteString.copyFrom(uuid))
            .setBootEpoch(self.bootEpoch())
            .build(),
        allocator);
  }

  /// Empty if the frame is no handshake.
  static Optional<Greeting> readGreeting(byte[] frame) {
    try {
      Handshake wire = Handshake.parseFrom(frame);
      if (wire.getStoreUuid().size() != UUID_BYTES || wire.getBootEpoch() <= 0) {
        return Optional.empty();
      }
      ByteBuffer uuid = wire.getStoreUuid().asReadOnlyByteBuffer();
      PeerIdentity sender =
          new PeerIdentity(
              wire.getClusterId(),
              new MemberId(wire.getMemberId()),
              new UUID(uuid.getLong(), uuid.getLong()),
              wire.getBootEpoch());
      return Optional.of(new Greeting(wire.getProtocolVersion(), sender));
    } catch (InvalidProtocolBufferException e) {
      return Optional.empty();
    }
  }

  static ByteBuf reply(PeerIdentity self, Verdict verdict, ByteBufAllocator allocator) {
    return frame(
        HandshakeReply.newBuilder()
            .setProtocolVersion(HandshakeRule.NEWEST_VERSION)
            .setClusterId(self.clusterId())
            .setMemberId(self.member().value())
            .setVerdict(wireVerdict(verdict))
            .build(),
        allocator);
  }

  /// Empty if the frame is no answer to a handshake.
  static Optional<HandshakeReply> readReply(byte[] frame) {
    try {
      return Optional.of(HandshakeReply.parseFrom(frame));
    } catch (InvalidProtocolBufferException e) {
      return Optional.empty();
    }
  }

  private static HandshakeReply.Verdict wireVerdict(Verdict verdict) {
    return switch (verdict) {
      case UNSUPPORTED_VERSION -> HandshakeReply.Verdict.UNSUPPORTED_VERSION;
      case WRONG_CLUSTER -> HandshakeReply.Verdict.WRONG_CLUSTER;
      case REMOVED -> HandshakeReply.Verdict.REMOVED;
      case STORE_REPLACED -> HandshakeReply.Verdict.STORE_REPLACED;
      case OUTDATED_BOOT -> HandshakeReply.Verdict.OUTDATED_BOOT;
      case ACCEPTED -> HandshakeReply.Verdict.ACCEPTED;
    };
  }

  private static ByteBuf frame(MessageLite message, ByteBufAllocator allocator) {
    byte[] bytes = message.toByteArray();
    return allocator
        .ioBuffer(FrameDecoder.LENGTH_BYTES + bytes.length)
        .writeInt(bytes.length)
        .writeBytes(bytes);
  }
}
