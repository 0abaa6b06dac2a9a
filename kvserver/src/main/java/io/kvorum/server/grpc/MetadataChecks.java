package io.kvorum.server.grpc;

import io.grpc.InternalMetadata;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.Optional;

/// Checks the metadata of every call before its handler sees it (`api.md` §4.1 steps 4 and 5,
/// §5.1).
///
/// Header values arrive as bytes. grpc-java's public marshallers turn what is not ASCII into
/// replacement characters, so the raw bytes are read through its internal marshaller.
final class MetadataChecks implements ServerInterceptor {
  /// The client's API version; only its encoding matters.
  private static final Metadata.Key<byte[]> CLIENT_API_VERSION = rawKey("client-api-version");

  /// `true` if the client does not want to be served by a member without a leader.
  private static final Metadata.Key<byte[]> HAS_LEADER = rawKey("hasleader");

  private static final ByteBuffer TRUE =
      ByteBuffer.wrap("true".getBytes(StandardCharsets.US_ASCII));

  private final MemberStanding standing;
  private final LeaderRequiredStreams streams;

  MetadataChecks(MemberStanding standing, LeaderRequiredStreams streams) {
    this.standing = standing;
    this.streams = streams;
  }

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    if (!isUtf8(first(headers, CLIENT_API_VERSION))) {
      return refused(call, GrpcErrors.INVALID_CLIENT_API_VERSION);
    }
    boolean leaderRequired =
        first(headers, HAS_LEADER).map(ByteBuffer::wrap).filter(TRUE::equals).isPresent();
    if (!leaderRequired) {
      return next.startCall(call, headers);
    }
    if (!standing.knowsLeader()) {
      return refused(call, GrpcErrors.NO_LEADER);
    }
    return call.getMethodDescriptor().getType().clientSendsOneMessage()
        ? next.startCall(call, headers)
        : streams.start(call, headers, next);
  }

  private static <Q, A> ServerCall.Listener<Q> refused(ServerCall<Q, A> call, Status status) {
    call.close(status, new Metadata());
    return new ServerCall.Listener<>() {};
  }

  private static boolean isUtf8(Optional<byte[]> value) {
    if (value.isEmpty()) {
      return true;
    }
    try {
      StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(value.get()));
      return true;
    } catch (CharacterCodingException _) {
      return false;
    }
  }

  private static Optional<byte[]> first(Metadata headers, Metadata.Key<byte[]> key) {
    Iterable<byte[]> values = headers.getAll(key);
    if (values == null) {
      return Optional.empty();
    }
    Iterator<byte[]> iterator = values.iterator();
    return iterator.hasNext() ? Optional.of(iterator.next()) : Optional.empty();
  }

  private static Metadata.Key<byte[]> rawKey(String name) {
    return InternalMetadata.keyOf(
        name,
        new InternalMetadata.TrustedAsciiMarshaller<byte[]>() {
          @Override
          public byte[] toAsciiString(byte[] value) {
            return value;
          }

          @Override
          public byte[] parseAsciiString(byte[] serialized) {
            return serialized;
          }
        });
  }
}
