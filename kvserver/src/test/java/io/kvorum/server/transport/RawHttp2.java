package io.kvorum.server.transport;

import com.google.protobuf.ByteString;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.DefaultHttp2HeadersEncoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;

/// An HTTP/2 client that writes and reads single frames over a plain socket, for what no real
/// client would do.
final class RawHttp2 implements AutoCloseable {
  static final int DATA = 0;
  static final int HEADERS = 1;
  static final int RST_STREAM = 3;
  static final int SETTINGS = 4;
  private static final int PING = 6;
  static final int GOAWAY = 7;
  static final int WINDOW_UPDATE = 8;
  static final int END_STREAM = 1;
  static final int END_HEADERS = 4;
  static final byte[] PREFACE =
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
  private static final int READ_LIMIT_MILLIS = 20_000;

  /// One frame as it was on the wire.
  record Frame(int type, int flags, int stream, ByteString payload) {
    boolean isEndOfStream() {
      return (type == DATA || type == HEADERS) && (flags & END_STREAM) != 0;
    }
  }

  /// The whole answer to one request.
  record Answer(Http2Headers headers, String body, Http2Headers trailers) {}

  private final Socket socket;
  private final OutputStream out;
  private final DataInputStream in;
  private final DefaultHttp2HeadersEncoder encoder = new DefaultHttp2HeadersEncoder();
  private final DefaultHttp2HeadersDecoder decoder = new DefaultHttp2HeadersDecoder();

  RawHttp2(InetSocketAddress address) throws IOException {
    socket = new Socket(address.getAddress(), address.getPort());
    socket.setSoTimeout(READ_LIMIT_MILLIS);
    out = socket.getOutputStream();
    in = new DataInputStream(socket.getInputStream());
  }

  RawHttp2 greet() throws IOException {
    out.write(PREFACE);
    send(SETTINGS, 0, 0, new byte[0]);
    return this;
  }

  void sendRaw(byte[] bytes) throws IOException {
    out.write(bytes);
    out.flush();
  }

  void send(int type, int flags, int stream, byte[] payload) throws IOException {
    sendRaw(frame(type, flags, stream, payload));
  }

  /// Sends that many pings in one write: after too many of them there is nobody to write to.
  void ping(int count) throws IOException {
    ByteBuf pings = Unpooled.buffer();
    for (int i = 0; i < count; i++) {
      pings.writeBytes(frame(PING, 0, 0, new byte[8]));
    }
    sendRaw(ByteBufUtil.getBytes(pings));
  }

  private static byte[] frame(int type, int flags, int stream, byte[] payload) {
    ByteBuf frame = Unpooled.buffer(9 + payload.length);
    frame.writeMedium(payload.length).writeByte(type).writeByte(flags).writeInt(stream);
    frame.writeBytes(payload);
    return ByteBufUtil.getBytes(frame);
  }

  /// Request headers; `type` is the content type, none when empty.
  void request(int stream, String method, String path, String type, int flags)
      throws IOException, Http2Exception {
    Http2Headers headers =
        new DefaultHttp2Headers().method(method).path(path).scheme("http").authority("h:1");
    if (!type.isEmpty()) {
      headers.add("content-type", type).add("te", "trailers");
    }
    ByteBuf block = Unpooled.buffer();
    encoder.encodeHeaders(stream, headers, block);
    send(HEADERS, flags | END_HEADERS, stream, ByteBufUtil.getBytes(block));
  }

  /// The next frame, whatever it is. Throws [EOFException] when the server has closed.
  Frame read() throws IOException {
    byte[] head = in.readNBytes(9);
    if (head.length < 9) {
      throw new EOFException();
    }
    ByteBuf frame = Unpooled.wrappedBuffer(head);
    int length = frame.readUnsignedMedium();
    return new Frame(
        frame.readUnsignedByte(),
        frame.readUnsignedByte(),
        frame.readInt(),
        ByteString.copyFrom(in.readNBytes(length)));
  }

  Frame readUntil(int type) throws IOException {
    Frame frame = read();
    while (frame.type() != type) {
      frame = read();
    }
    return frame;
  }

  /// Reads frames until the answer on `stream` is complete.
  Answer answer(int stream) throws IOException, Http2Exception {
    Http2Headers first = new DefaultHttp2Headers();
    Http2Headers last = new DefaultHttp2Headers();
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    Frame frame = read();
    while (true) {
      if (frame.type() == HEADERS) {
        Http2Headers headers =
            decoder.decodeHeaders(
                frame.stream(), Unpooled.wrappedBuffer(frame.payload().asReadOnlyByteBuffer()));
        first = first.isEmpty() ? headers : first;
        last = headers;
      } else if (frame.type() == DATA && frame.stream() == stream) {
        body.writeBytes(frame.payload().toByteArray());
      }
      if (frame.isEndOfStream() && frame.stream() == stream) {
        return new Answer(first, body.toString(StandardCharsets.UTF_8), last);
      }
      frame = read();
    }
  }

  /// Reads until the server closes; true unless the read limit passes first.
  boolean isClosedByServer() throws IOException {
    try {
      while (in.read() >= 0) {
        // frames before the end, e.g. GOAWAY
      }
      return true;
    } catch (SocketException _) {
      return true; // reset counts as closed
    } catch (SocketTimeoutException _) {
      return false;
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
