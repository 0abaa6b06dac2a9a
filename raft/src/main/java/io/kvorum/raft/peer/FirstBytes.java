package io.kvorum.raft.peer;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/// Looks at the first four bytes of an incoming connection and replaces itself by the handlers of
/// its protocol.
///
/// ```
/// "GET "                               HTTP/1: HttpAnswers
/// a length of at most HANDSHAKE_BYTES  frames: IncomingConnection
/// anything else                        refused: other HTTP methods, TLS, noise
/// ```
///
/// Owned by the connection's event loop.
final class FirstBytes extends ByteToMessageDecoder {
  private static final int GET = 0x47455420;

  private final PeerServer server;
  private final HalfOpen halfOpen;

  FirstBytes(PeerServer server, HalfOpen halfOpen) {
    this.server = server;
    this.halfOpen = halfOpen;
  }

  @Override
  protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
    if (halfOpen.isRefused()) {
      in.skipBytes(in.readableBytes());
      return;
    }
    if (in.readableBytes() < Integer.BYTES) {
      return;
    }
    int first = in.getInt(in.readerIndex());
    if (first == GET) {
      server.speakHttp(context.pipeline(), halfOpen);
      context.pipeline().remove(this); // passes on what it has read
    } else if (first > 0 && first <= FrameDecoder.HANDSHAKE_BYTES) {
      server.speakFrames(context.pipeline(), halfOpen);
      context.pipeline().remove(this);
    } else {
      String seen = guess(in.toString(in.readerIndex(), Integer.BYTES, StandardCharsets.US_ASCII));
      in.skipBytes(in.readableBytes());
      halfOpen.refuse(seen);
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    halfOpen.refuse(String.valueOf(cause.getMessage()));
  }

  private static String guess(String first) {
    return switch (first) {
      case "POST", "PUT ", "HEAD", "DELE", "OPTI", "PATC", "CONN", "TRAC" ->
          "an HTTP request other than GET";
      case "PRI " -> "HTTP/2 is not spoken here";
      default ->
          first.startsWith("\u0016\u0003")
              ? "a TLS handshake, but this port speaks plain text"
              : "neither a handshake nor an HTTP request";
    };
  }
}
