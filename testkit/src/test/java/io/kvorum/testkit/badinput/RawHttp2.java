package io.kvorum.testkit.badinput;

import com.google.protobuf.ByteString;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;

/// A connection on which HTTP/2 is spoken by hand: whatever bytes a test likes, read or not.
///
/// Written once per frame, so that each arrives as it is. Closing resets the connection.
final class RawHttp2 implements AutoCloseable {
  static final byte[] PREFACE =
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
  static final int HUGE_WINDOW = Integer.MAX_VALUE;

  private static final int CONNECT_MILLIS = 5_000;
  private static final int INITIAL_WINDOW = 65_535;
  private static final int HEADER_BYTES = 9;
  private static final int INITIAL_WINDOW_SIZE = 4;
  private static final int MAX_FRAME_BYTES = 16_384;
  private static final int SMALLEST_LONG_LENGTH = 127;
  private static final int FIRST_STATIC_STATUS = 8;
  private static final List<String> STATIC_STATUSES =
      List.of("200", "204", "206", "304", "400", "404", "500");

  private final Socket socket;
  private final OutputStream out;
  private final DataInputStream in;

  private RawHttp2(Socket socket) throws IOException {
    this.socket = socket;
    this.out = socket.getOutputStream();
    this.in = new DataInputStream(socket.getInputStream());
  }

  /// Frame types and flags of RFC 9113 §6.
  enum FrameType {
    DATA(0),
    HEADERS(1),
    RST_STREAM(3),
    SETTINGS(4),
    PUSH_PROMISE(5),
    PING(6),
    GOAWAY(7),
    WINDOW_UPDATE(8),
    CONTINUATION(9),
    UNKNOWN(0x42);

    private final int code;

    FrameType(int code) {
      this.code = code;
    }

    private static FrameType of(int code) {
      for (FrameType type : values()) {
        if (type.code == code) {
          return type;
        }
      }
      return UNKNOWN;
    }
  }

  static final int END_STREAM = 1;
  static final int END_HEADERS = 4;

  /// One header field of a request.
  record Header(String name, String value) {}

  /// A frame as the server sent it.
  record Frame(FrameType type, int flags, int stream, ByteString payload) {}

  /// Connects and says nothing.
  static RawHttp2 silent(int port) throws IOException {
    Socket socket = new Socket();
    socket.setTcpNoDelay(true);
    socket.setSoLinger(true, 0);
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), CONNECT_MILLIS);
    return new RawHttp2(socket);
  }

  /// Connects and greets, granting the server `window` bytes per stream and on the connection.
  static RawHttp2 greeting(int port, int window) throws IOException {
    RawHttp2 connection = silent(port);
    connection.write(PREFACE);
    connection.write(
        frame(
            FrameType.SETTINGS,
            0,
            0,
            ByteBuffer.allocate(6).putShort((short) INITIAL_WINDOW_SIZE).putInt(window).array()));
    connection.write(
        frame(
            FrameType.WINDOW_UPDATE,
            0,
            0,
            ByteBuffer.allocate(4).putInt(Math.max(1, window - INITIAL_WINDOW)).array()));
    return connection;
  }

  void write(byte[] bytes) throws IOException {
    out.write(bytes);
    out.flush();
  }

  /// Opens a gRPC call and sends one message; the requests end with it if `ends`.
  void call(int stream, String method, byte[] message, boolean ends) throws IOException {
    write(frame(FrameType.HEADERS, END_HEADERS, stream, grpcHeaders(method)));
    ByteBuffer body =
        ByteBuffer.allocate(5 + message.length).put((byte) 0).putInt(message.length).put(message);
    write(frame(FrameType.DATA, ends ? END_STREAM : 0, stream, body.array()));
  }

  static byte[] grpcHeaders(String method) {
    return headers(
        List.of(
            new Header(":method", "POST"),
            new Header(":scheme", "http"),
            new Header(":path", "/" + method),
            new Header(":authority", "localhost"),
            new Header("te", "trailers"),
            new Header("content-type", "application/grpc")));
  }

  /// HPACK in its plainest form: literals that are not indexed and not compressed (RFC 7541
  /// §6.2.2).
  static byte[] headers(List<Header> fields) {
    ByteArrayOutputStream block = new ByteArrayOutputStream();
    for (Header field : fields) {
      block.write(0);
      for (String text : List.of(field.name(), field.value())) {
        if (text.length() >= SMALLEST_LONG_LENGTH) {
          throw new IllegalArgumentException("too long for this encoder: " + text);
        }
        block.write(text.length());
        block.writeBytes(text.getBytes(StandardCharsets.US_ASCII));
      }
    }
    return block.toByteArray();
  }

  static byte[] frame(FrameType type, int flags, int stream, byte[] payload) {
    return frame(type, flags, stream, payload.length, payload);
  }

  /// A frame that announces `length` bytes, whatever it carries.
  static byte[] frame(FrameType type, int flags, int stream, int length, byte[] payload) {
    return ByteBuffer.allocate(HEADER_BYTES + payload.length)
        .put((byte) (length >>> 16))
        .putShort((short) length)
        .put((byte) type.code)
        .put((byte) flags)
        .putInt(stream)
        .put(payload)
        .array();
  }

  /// The next frame that is about `stream`.
  Frame next(int stream, Duration limit) throws IOException {
    socket.setSoTimeout(Math.toIntExact(limit.toMillis()));
    while (true) {
      int lengthAndType = in.readInt();
      int flags = in.readUnsignedByte();
      int about = in.readInt();
      byte[] payload = new byte[lengthAndType >>> 8];
      in.readFully(payload);
      if (payload.length > MAX_FRAME_BYTES) {
        throw new IOException("a frame of " + payload.length + " bytes");
      }
      if (about == stream) {
        return new Frame(
            FrameType.of(lengthAndType & 0xff), flags, about, ByteString.copyFrom(payload));
      }
    }
  }

  /// Reads what the server still says until it closes the connection or resets `stream`.
  ///
  /// @return how it ended: `closed`, `reset`, `answered` when the stream was ended properly, or
  ///   `open` if nothing of that happened within `limit`
  String outcome(int stream, Duration limit) throws IOException {
    try {
      while (true) {
        Frame frame = next(stream, limit);
        if (frame.type() == FrameType.RST_STREAM) {
          return "reset";
        }
        boolean ends = (frame.flags() & END_STREAM) != 0;
        if (ends && (frame.type() == FrameType.DATA || frame.type() == FrameType.HEADERS)) {
          return "answered";
        }
      }
    } catch (SocketTimeoutException e) {
      return "open";
    } catch (EOFException | SocketException e) {
      return "closed";
    }
  }

  /// Writes `bytes` and returns [#outcome]. A server that has heard enough may close before it has
  /// all of them.
  String send(byte[] bytes, int stream, Duration limit) throws IOException {
    try {
      write(bytes);
    } catch (SocketException e) {
      return "closed";
    }
    return outcome(stream, limit);
  }

  /// The status of the answer on `stream`, one of those that HPACK has in its static table (RFC
  /// 7541, appendix A).
  String status(int stream, Duration limit) throws IOException {
    Frame head = next(stream, limit);
    while (head.type() != FrameType.HEADERS) {
      head = next(stream, limit);
    }
    int index = head.payload().byteAt(0) & 0x7f;
    return STATIC_STATUSES.get(index - FIRST_STATIC_STATUS);
  }

  /// All that comes until the server closes the connection.
  String text(Duration limit) throws IOException {
    socket.setSoTimeout(Math.toIntExact(limit.toMillis()));
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    try {
      for (int next = in.read(); next >= 0; next = in.read()) {
        text.write(next);
      }
    } catch (SocketException e) {
      return text.toString(StandardCharsets.US_ASCII); // reset, with part of the request unread
    }
    return text.toString(StandardCharsets.US_ASCII);
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
