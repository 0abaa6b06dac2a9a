package io.kvorum.server.transport;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpServerExpectContinueHandler;
import io.netty.handler.codec.http.HttpServerKeepAliveHandler;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.flow.FlowControlHandler;
import io.netty.handler.timeout.IdleStateEvent;
import io.netty.handler.timeout.IdleStateHandler;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/// One HTTP/1 connection: requests are answered one after the other, in their order, and bodies are
/// read and dropped. Owned by the connection's event loop.
///
/// Nothing is read ahead: the next message is asked for when the one before is done with, so that a
/// client that sends many requests and reads no answers is held back by TCP.
final class Http1Connection extends SimpleChannelInboundHandler<HttpObject> {
  private static final int MAX_LINE_BYTES = 8 << 10;
  private static final int MAX_HEADER_BYTES = 32 << 10;
  private static final int MAX_CHUNK_BYTES = 8 << 10;

  /// A connection that neither sends nor takes anything for so long is closed. Longer than the
  /// interval of any probe or scrape, which therefore keep their connection.
  private static final int IDLE_SECONDS = 180;

  private final PortSide side;
  private final Greeting greeting;

  /// The two halves of the exchange in progress; the next one starts when neither is open.
  private boolean requestOpen;

  private boolean answerOwed;
  private boolean closing;

  Http1Connection(PortSide side, Greeting greeting) {
    this.side = side;
    this.greeting = greeting;
  }

  static void addTo(ChannelPipeline pipeline, Http1Connection connection) {
    pipeline.channel().config().setAutoRead(false);
    pipeline.addLast(
        new IdleStateHandler(0, 0, IDLE_SECONDS, TimeUnit.SECONDS),
        new HttpServerCodec(MAX_LINE_BYTES, MAX_HEADER_BYTES, MAX_CHUNK_BYTES),
        new FlowControlHandler(),
        new HttpServerKeepAliveHandler(),
        new HttpServerExpectContinueHandler(),
        connection);
  }

  /// Lets the exchange in progress end and then closes; at once when there is none.
  static void closeWhenDone(ChannelHandlerContext context) {
    ((Http1Connection) context.handler()).finish(context);
  }

  private void finish(ChannelHandlerContext context) {
    closing = true;
    if (!answerOwed) {
      ChannelFuture _ = context.close();
    }
  }

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    context.read();
  }

  @Override
  protected void channelRead0(ChannelHandlerContext context, HttpObject message) {
    if (message instanceof io.netty.handler.codec.http.HttpRequest head) {
      start(context, head);
    }
    if (message instanceof LastHttpContent) {
      requestOpen = false;
    }
    readOn(context);
  }

  private void start(ChannelHandlerContext context, io.netty.handler.codec.http.HttpRequest head) {
    requestOpen = true;
    answerOwed = true;
    if (head.decoderResult().isFailure()) {
      closing = true;
      write(context, HttpAnswer.text(400, "400 Bad Request\n"), false);
      return;
    }
    greeting.complete();
    boolean isHead = head.method().equals(HttpMethod.HEAD);
    AtomicBoolean sent = new AtomicBoolean();
    HttpHandler.Reply reply =
        answer -> {
          if (sent.compareAndSet(false, true)) {
            context.executor().execute(() -> write(context, answer, isHead));
          }
        };
    HttpRequest request;
    try {
      request = HttpRequest.of(head.method().name(), head.uri(), wanted(head.headers()));
    } catch (IllegalArgumentException _) {
      reply.send(HttpAnswer.text(400, "malformed request target\n"));
      return;
    }
    side.http().handle(request, reply);
  }

  private static NavigableMap<String, String> wanted(HttpHeaders headers) {
    NavigableMap<String, String> wanted = new TreeMap<>();
    for (String name : HttpRequest.HEADERS) {
      String value = headers.get(name);
      if (value != null) {
        wanted.put(name, value);
      }
    }
    return wanted;
  }

  private void write(ChannelHandlerContext context, HttpAnswer answer, boolean isHead) {
    FullHttpResponse response =
        new DefaultFullHttpResponse(
            HttpVersion.HTTP_1_1,
            HttpResponseStatus.valueOf(answer.status()),
            isHead
                ? Unpooled.EMPTY_BUFFER
                : Unpooled.wrappedBuffer(answer.body().asReadOnlyByteBuffer()));
    for (HttpAnswer.Header header : answer.headers()) {
      response.headers().add(header.name(), header.value());
    }
    response.headers().setInt(HttpHeaderNames.CONTENT_LENGTH, answer.body().size());
    if (closing) {
      response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
    }
    answerOwed = false;
    context
        .writeAndFlush(response)
        .addListener(ChannelFutureListener.CLOSE_ON_FAILURE)
        .addListener(_ -> readOn(context));
  }

  /// Asks for the next message: the rest of this request, or the next one once this is answered.
  private void readOn(ChannelHandlerContext context) {
    if (requestOpen || !answerOwed) {
      context.read();
    }
  }

  /// Bytes came that are no whole message yet: what was asked for is still to come, and the flow
  /// control handler has forgotten that it was asked.
  @Override
  public void channelReadComplete(ChannelHandlerContext context) {
    readOn(context);
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) {
    if (event instanceof IdleStateEvent) {
      ChannelFuture _ = context.close();
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    ChannelFuture _ = context.close();
  }
}
