package io.kvorum.server.grpc;

import com.google.protobuf.CodedOutputStream;
import io.grpc.Drainable;
import io.grpc.KnownLength;
import io.kvorum.invariant.Invariant;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The bytes of one large message: gRPC is told their number and has them written straight into the
/// transport's buffers, so they exist once. Used by one thread.
final class LargeAnswer extends InputStream implements KnownLength, Drainable {
  private static final int BUFFER_BYTES = 64 << 10;

  private final List<AnswerPart> parts;
  private final int sizeBytes;

  /// Set when a transport within the process reads instead of draining.
  private @Nullable InputStream bytes;

  /// A message of these parts; together they must not exceed what gRPC can frame (2 GiB - 1).
  LargeAnswer(List<AnswerPart> parts) {
    this.parts = List.copyOf(parts);
    this.sizeBytes = Math.toIntExact(parts.stream().mapToLong(AnswerPart::sizeBytes).sum());
  }

  @Override
  public int available() throws IOException {
    return bytes == null ? sizeBytes : bytes.available();
  }

  @Override
  public int drainTo(OutputStream target) throws IOException {
    CodedOutputStream out = CodedOutputStream.newInstance(target, BUFFER_BYTES);
    for (AnswerPart part : parts) {
      long before = out.getTotalBytesWritten();
      part.writeTo(out);
      Invariant.check(
          out.getTotalBytesWritten() - before == part.sizeBytes(),
          "an answer part of %d bytes was announced with %d",
          out.getTotalBytesWritten() - before,
          part.sizeBytes());
    }
    out.flush();
    return sizeBytes;
  }

  @Override
  public int read() throws IOException {
    return readable().read();
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    return readable().read(target, offset, length);
  }

  private InputStream readable() throws IOException {
    if (bytes == null) {
      ByteArrayOutputStream whole = new ByteArrayOutputStream(sizeBytes);
      drainTo(whole);
      bytes = new ByteArrayInputStream(whole.toByteArray());
    }
    return bytes;
  }
}
