package io.kvorum.server.grpc;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import io.grpc.KnownLength;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;

/// Reads request messages within the limits of size and nesting, and says what is wrong in the
/// words of etcd's gRPC library.
///
/// The bytes of a message are copied once, off the transport's buffers; its keys and values are
/// slices of that copy.
final class RequestMarshaller<T extends MessageLite>
    implements MethodDescriptor.Marshaller<Decoded<T>> {

  /// Message levels that the deepest accepted transaction needs: two per transaction (itself and
  /// the operation around it), and its operations with theirs. Deeper is refused while parsing,
  /// because the parser recurses.
  static final int MAX_MESSAGE_LEVELS = 2 * RequestChecks.MAX_TXN_LEVELS + 2;

  private final Parser<T> parser;
  private final int maxBytes;

  RequestMarshaller(Parser<T> parser, int maxBytes) {
    this.parser = parser;
    this.maxBytes = maxBytes;
  }

  @Override
  public Decoded<T> parse(InputStream stream) {
    try {
      int announced = stream instanceof KnownLength ? stream.available() : 0;
      if (announced > maxBytes) {
        return new Decoded.Unreadable<>(tooLarge(announced));
      }
      byte[] bytes = stream.readNBytes(maxBytes + 1);
      if (bytes.length > maxBytes) {
        return new Decoded.Unreadable<>(tooLarge(bytes.length));
      }
      return new Decoded.Message<>(parse(bytes));
    } catch (InvalidProtocolBufferException e) {
      return new Decoded.Unreadable<>(unreadable(e));
    } catch (IOException e) {
      return new Decoded.Unreadable<>(
          Status.INTERNAL.withDescription("grpc: request could not be read").withCause(e));
    }
  }

  private T parse(byte[] bytes) throws InvalidProtocolBufferException {
    CodedInputStream input = CodedInputStream.newInstance(bytes);
    input.enableAliasing(true);
    input.setRecursionLimit(MAX_MESSAGE_LEVELS);
    T message = parser.parseFrom(input);
    input.checkLastTagWas(0);
    return message;
  }

  private Status tooLarge(int bytes) {
    return Status.RESOURCE_EXHAUSTED.withDescription(
        "grpc: received message larger than max (%d vs. %d)".formatted(bytes, maxBytes));
  }

  private static Status unreadable(InvalidProtocolBufferException e) {
    String text = String.valueOf(e.getMessage());
    if (text.contains("too many levels of nesting")) {
      return GrpcErrors.statusOf(RequestFlaw.TOO_MANY_OPERATIONS);
    }
    return Status.INTERNAL.withDescription("grpc: error unmarshalling request: " + text);
  }

  /// Only needed where a client lives in the same process; servers never write requests.
  @Override
  public InputStream stream(Decoded<T> request) {
    return switch (request) {
      case Decoded.Message<T>(var message) -> new ByteArrayInputStream(message.toByteArray());
      case Decoded.Unreadable<T>(var status) -> throw status.asRuntimeException();
    };
  }
}
