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
  record Greeting(int version, PeerIdentity sender, Purpose purpose) {}

  /// What a connection is for.
  enum Purpose {
    MESSAGES,
    SNAPSHOT
  }

  static ByteBuf greeting(PeerIdentity self, Purpose purpose, ByteBufAllocator allocator) {
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
            .setPurpose(
                switch (purpose) {
                  case MESSAGES -> Handshake.Purpose.MESSAGES;
                  case SNAPSHOT -> Handshake.Purpose.SNAPSHOT;
                })
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
      return switch (wire.getPurpose()) {
        case MESSAGES ->
            Optional.of(new Greeting(wire.getProtocolVersion(), sender, Purpose.MESSAGES));
        case SNAPSHOT ->
            Optional.of(new Greeting(wire.getProtocolVersion(), sender, Purpose.SNAPSHOT));
        case UNRECOGNIZED -> Optional.empty();
      };
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

  /// Why this member cannot send to `peer` on a connection that was answered so, if it cannot;
  /// completes a log line.
  static Optional<String> flawOf(HandshakeReply reply, PeerIdentity self, MemberId peer) {
    if (reply.getVerdict() == HandshakeReply.Verdict.WRONG_CLUSTER
        || reply.getClusterId() != self.clusterId()) {
      return Optional.of("it belongs to the cluster " + Long.toHexString(reply.getClusterId()));
    }
    if (reply.getVerdict() == HandshakeReply.Verdict.REMOVED) {
      return Optional.of("this member was removed from the cluster");
    }
    if (reply.getMemberId() != peer.value()) {
      return Optional.of("member " + Long.toHexString(reply.getMemberId()) + " answers there");
    }
    if (reply.getVerdict() != HandshakeReply.Verdict.ACCEPTED) {
      return Optional.of("it refuses this member: " + reply.getVerdict());
    }
    return reply.getProtocolVersion() < HandshakeRule.OLDEST_VERSION
        ? Optional.of("it speaks protocol version " + reply.getProtocolVersion())
        : Optional.empty();
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
