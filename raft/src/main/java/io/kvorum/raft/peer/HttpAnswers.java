package io.kvorum.raft.peer;

import static io.netty.handler.codec.http.HttpHeaderNames.CONNECTION;
import static io.netty.handler.codec.http.HttpHeaderNames.CONTENT_LENGTH;
import static io.netty.handler.codec.http.HttpHeaderNames.CONTENT_TYPE;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.ReferenceCountUtil;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.function.Function;

/// Answers one HTTP/1 GET with a JSON body and closes the connection; whatever has no body here is
/// refused with 404. Every answer names the cluster. Stands behind Netty's codec, which bounds line
/// and headers.
///
/// Owned by the connection's event loop.
final class HttpAnswers extends ChannelInboundHandlerAdapter {
  private static final String CLUSTER_ID = "X-Etcd-Cluster-ID";

  /// Who answers, so that a copy of a member finds out that the member is running.
  private static final String MEMBER_ID = "X-Kvorum-Member-ID";

  private final PeerIdentity self;
  private final Function<String, Optional<String>> pages;
  private final HalfOpen halfOpen;
  private boolean isAnswered;

  HttpAnswers(PeerIdentity self, Function<String, Optional<String>> pages, HalfOpen halfOpen) {
    this.self = self;
    this.pages = pages;
    this.halfOpen = halfOpen;
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    try {
      if (!isAnswered && message instanceof HttpRequest request) {
        isAnswered = true;
        answer(context, request);
      } // a body, or one more request: not answered
    } finally {
      ReferenceCountUtil.release(message);
    }
  }

  private void answer(ChannelHandlerContext context, HttpRequest request) {
    if (request.decoderResult().isFailure() || !request.method().equals(HttpMethod.GET)) {
      halfOpen.refuse("a malformed HTTP request");
      return;
    }
    String path = request.uri().split("\\?", 2)[0];
    Optional<String> body = pages.apply(path);
    if (body.isPresent()) {
      respond(context, HttpResponseStatus.OK, body.get()).addListener(ChannelFutureListener.CLOSE);
    } else {
      var _ = respond(context, HttpResponseStatus.NOT_FOUND, "{}");
      halfOpen.refuse("an HTTP request for another page than there is");
    }
  }

  private ChannelFuture respond(
      ChannelHandlerContext context, HttpResponseStatus status, String json) {
    ByteBuf body =
        ByteBufUtil.encodeString(context.alloc(), CharBuffer.wrap(json), StandardCharsets.UTF_8);
    FullHttpResponse response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, body);
    response
        .headers()
        .set(CLUSTER_ID, Long.toHexString(self.clusterId()))
        .set(MEMBER_ID, self.member().toString())
        .set(CONTENT_TYPE, HttpHeaderValues.APPLICATION_JSON)
        .setInt(CONTENT_LENGTH, body.readableBytes())
        .set(CONNECTION, HttpHeaderValues.CLOSE);
    return context.writeAndFlush(response);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    halfOpen.refuse(String.valueOf(cause.getMessage()));
  }
}
