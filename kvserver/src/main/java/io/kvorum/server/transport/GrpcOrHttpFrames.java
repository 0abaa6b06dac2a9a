package io.kvorum.server.transport;

import com.google.protobuf.ByteString;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameListener;
import io.netty.handler.codec.http2.Http2FrameListenerDecorator;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.util.AsciiString;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;

/// Stands between Netty's HTTP/2 decoder and grpc-java's listener: streams whose content type is
/// not gRPC are answered by the HTTP side and never reach grpc-java. Owned by the connection's
/// event loop.
final class GrpcOrHttpFrames extends Http2FrameListenerDecorator {
  private static final AsciiString CONTENT_TYPE = AsciiString.cached("content-type");
  private static final AsciiString CONTENT_LENGTH = AsciiString.cached("content-length");
  private static final AsciiString GRPC = AsciiString.cached("application/grpc");

  private final Http2ConnectionEncoder encoder;
  private final Http2Connection connection;
  private final Http2Connection.PropertyKey httpMark;
  private final HttpHandler http;
  private final Greeting greeting;

  GrpcOrHttpFrames(
      Http2FrameListener grpc,
      Http2ConnectionEncoder encoder,
      HttpHandler http,
      Greeting greeting) {
    super(grpc);
    this.encoder = encoder;
    this.connection = encoder.connection();
    this.httpMark = connection.newKey();
    this.http = http;
    this.greeting = greeting;
  }

  @Override
  public void onSettingsRead(ChannelHandlerContext context, Http2Settings settings)
      throws Http2Exception {
    greeting.complete();
    super.onSettingsRead(context, settings);
  }

  @Override
  public void onHeadersRead(
      ChannelHandlerContext context,
      int streamId,
      Http2Headers headers,
      int padding,
      boolean endOfStream)
      throws Http2Exception {
    if (!isTakenByHttp(context, streamId, headers)) {
      super.onHeadersRead(context, streamId, headers, padding, endOfStream);
    }
  }

  @Override
  public void onHeadersRead(
      ChannelHandlerContext context,
      int streamId,
      Http2Headers headers,
      int streamDependency,
      short weight,
      boolean exclusive,
      int padding,
      boolean endOfStream)
      throws Http2Exception {
    if (!isTakenByHttp(context, streamId, headers)) {
      super.onHeadersRead(
          context, streamId, headers, streamDependency, weight, exclusive, padding, endOfStream);
    }
  }

  @Override
  public int onDataRead(
      ChannelHandlerContext context, int streamId, ByteBuf data, int padding, boolean endOfStream)
      throws Http2Exception {
    return isHttp(streamId)
        ? data.readableBytes() + padding // dropped, and its flow-control window given back
        : super.onDataRead(context, streamId, data, padding, endOfStream);
  }

  // Resets go to grpc-java in any case: it counts them, and does not mind a stream it never saw.

  private boolean isHttp(int streamId) {
    Http2Stream stream = connection.stream(streamId);
    return stream != null && stream.getProperty(httpMark) != null;
  }

  /// Whether the stream is not gRPC's; starts the request if these are its first headers.
  private boolean isTakenByHttp(ChannelHandlerContext context, int streamId, Http2Headers headers) {
    if (isHttp(streamId)) {
      return true; // trailers
    }
    CharSequence type = headers.get(CONTENT_TYPE);
    Http2Stream stream = connection.stream(streamId);
    if (stream == null || (type != null && isGrpc(type))) {
      return false;
    }
    stream.setProperty(httpMark, Boolean.TRUE);
    answer(context, streamId, headers);
    return true;
  }

  private static boolean isGrpc(CharSequence contentType) {
    return AsciiString.regionMatches(contentType, true, 0, GRPC, 0, GRPC.length());
  }

  private void answer(ChannelHandlerContext context, int streamId, Http2Headers headers) {
    CharSequence method = headers.method();
    CharSequence target = headers.path();
    boolean isHead = method != null && AsciiString.contentEquals("HEAD", method);
    AtomicBoolean sent = new AtomicBoolean();
    HttpHandler.Reply reply =
        answer -> {
          if (sent.compareAndSet(false, true)) {
            context.executor().execute(() -> write(context, streamId, answer, isHead));
          }
        };
    if (method == null || target == null || target.isEmpty() || target.charAt(0) != '/') {
      reply.send(HttpAnswer.text(400, "malformed request\n"));
      return;
    }
    HttpRequest request;
    try {
      request = HttpRequest.of(method.toString(), target.toString(), wanted(headers));
    } catch (IllegalArgumentException _) {
      reply.send(HttpAnswer.text(400, "malformed request target\n"));
      return;
    }
    http.handle(request, reply);
  }

  private static NavigableMap<String, String> wanted(Http2Headers headers) {
    NavigableMap<String, String> wanted = new TreeMap<>();
    for (String name : HttpRequest.HEADERS) {
      CharSequence value = headers.get(AsciiString.of(name));
      if (value != null) {
        wanted.put(name, value.toString());
      }
    }
    CharSequence authority = headers.authority();
    if (authority != null) {
      wanted.put("host", authority.toString());
    }
    return wanted;
  }

  private void write(
      ChannelHandlerContext context, int streamId, HttpAnswer answer, boolean isHead) {
    Http2Stream stream = connection.stream(streamId);
    if (stream == null || !context.channel().isActive()) {
      return;
    }
    ByteString body = isHead ? ByteString.EMPTY : answer.body();
    Http2Headers headers = new DefaultHttp2Headers().status(Integer.toString(answer.status()));
    for (HttpAnswer.Header header : answer.headers()) {
      headers.add(AsciiString.of(header.name()), header.value());
    }
    headers.set(CONTENT_LENGTH, Integer.toString(answer.body().size()));
    ChannelFuture written =
        encoder.writeHeaders(context, streamId, headers, 0, body.isEmpty(), context.newPromise());
    if (!body.isEmpty()) {
      ByteBuf data = Unpooled.wrappedBuffer(body.asReadOnlyByteBuffer());
      written = encoder.writeData(context, streamId, data, 0, true, context.newPromise());
    }
    written.addListener(_ -> refuseRest(context, stream));
    context.channel().flush(); // through the HTTP/2 handler, which sends what flow control allows
  }

  /// After a complete answer the rest of the request is of no use (RFC 9113 §8.1).
  private void refuseRest(ChannelHandlerContext context, Http2Stream stream) {
    if (stream.state().remoteSideOpen() && context.channel().isActive()) {
      ChannelFuture _ =
          encoder.writeRstStream(
              context, stream.id(), Http2Error.NO_ERROR.code(), context.newPromise());
      context.flush();
    }
  }
}
