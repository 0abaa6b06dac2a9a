package io.kvorum.server.grpc;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import io.grpc.Drainable;
import io.grpc.KnownLength;
import io.kvorum.mvcc.watch.WatchEvent;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One encoded `WatchResponse`: its own few fields, and events whose bytes it shares with every
/// other response that carries them. They are copied once, into the transport's buffer. Used by one
/// thread.
///
/// ```
/// head                                    the response without events, as protobuf encodes it
/// per event:  5a  varint length  body  [previous]
/// ```
final class WatchFrame extends InputStream implements KnownLength, Drainable {
  /// What gRPC can frame.
  static final int MAX_BYTES = Integer.MAX_VALUE;

  /// Field 11, length-delimited.
  private static final int EVENT_TAG = (11 << 3) | 2;

  private final ByteString head;
  private final List<WatchEvent> events;
  private final boolean withPrevious;
  private final long sizeBytes;

  /// Set when a transport within the process reads instead of draining.
  private @Nullable InputStream bytes;

  WatchFrame(ByteString head, List<WatchEvent> events, boolean withPrevious) {
    this.head = head;
    this.events = events;
    this.withPrevious = withPrevious;
    long size = head.size();
    for (WatchEvent event : events) {
      size += sizeBytes(event, withPrevious);
    }
    this.sizeBytes = size;
  }

  static WatchFrame withoutEvents(ByteString head) {
    return new WatchFrame(head, List.of(), false);
  }

  /// More than [#MAX_BYTES] cannot be sent.
  long sizeBytes() {
    return sizeBytes;
  }

  /// What an event adds to a response.
  static long sizeBytes(WatchEvent event, boolean withPrevious) {
    int size = event.size(withPrevious);
    return 1L + CodedOutputStream.computeUInt32SizeNoTag(size) + size;
  }

  @Override
  public int drainTo(OutputStream target) throws IOException {
    head.writeTo(target);
    for (WatchEvent event : events) {
      target.write(EVENT_TAG);
      writeVarint(event.size(withPrevious), target);
      event.body().writeTo(target);
      if (withPrevious) {
        event.previous().writeTo(target);
      }
    }
    return (int) sizeBytes;
  }

  private static void writeVarint(int value, OutputStream target) throws IOException {
    int rest = value;
    while (rest >= 0x80) {
      target.write((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    target.write(rest);
  }

  @Override
  public int available() throws IOException {
    return bytes == null ? (int) sizeBytes : bytes.available();
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
      ByteArrayOutputStream all = new ByteArrayOutputStream((int) sizeBytes);
      drainTo(all);
      bytes = new ByteArrayInputStream(all.toByteArray());
    }
    return bytes;
  }
}
