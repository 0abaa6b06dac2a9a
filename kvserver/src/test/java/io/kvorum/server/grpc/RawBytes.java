package io.kvorum.server.grpc;

import com.google.protobuf.ByteString;
import io.grpc.MethodDescriptor;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/// Messages as the bytes they are, so that a test can send anything.
final class RawBytes implements MethodDescriptor.Marshaller<ByteString> {
  @Override
  public InputStream stream(ByteString bytes) {
    return bytes.newInput();
  }

  @Override
  public ByteString parse(InputStream stream) {
    try {
      return ByteString.readFrom(stream);
    } catch (IOException e) {
      throw new UncheckedIOException("reading a message failed", e);
    }
  }
}
