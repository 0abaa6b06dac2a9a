package io.kvorum.server.transport;

import io.grpc.netty.GrpcHttp2ConnectionHandler;
import io.grpc.netty.InternalProtocolNegotiationEvent;
import io.grpc.netty.InternalProtocolNegotiators;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Looks at the first bytes of a connection and gives it to the side that speaks its protocol.
///
/// ```
/// "PRI "            HTTP/2: grpc-java's handler, with GrpcOrHttpFrames around its listener
/// other capitals    HTTP/1: Http1Connection
/// anything else     closed (a TLS handshake on a plaintext port, a port scanner, noise)
/// ```
///
/// Owned by the connection's event loop, as one of grpc-java's negotiation handlers: it replaces
/// itself, and passes on the event by which grpc-java learns the addresses.
final class FirstBytes extends ByteToMessageDecoder {
  private static final byte[] HTTP_2 = "PRI ".getBytes(StandardCharsets.US_ASCII);

  private final GrpcHttp2ConnectionHandler grpc;
  private final PortSide side;

  /// grpc-java's event, of a class it does not export; comes before the first byte.
  private @Nullable Object negotiationEvent;

  private @Nullable Greeting greeting;

  FirstBytes(GrpcHttp2ConnectionHandler grpc, PortSide side) {
    this.grpc = grpc;
    this.side = side;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    side.connections().add(context.channel());
    greeting = new Greeting(context.channel(), side.gate(), side.limits().greeting());
    side.gate().admit(context.channel()).ifPresent(Greeting::cut);
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) throws Exception {
    if (InternalProtocolNegotiationEvent.getDefault().getClass().isInstance(event)) {
      negotiationEvent = event;
    } else {
      super.userEventTriggered(context, event);
    }
  }

  @Override
  protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
    int seen = Math.min(in.readableBytes(), HTTP_2.length);
    for (int i = 0; i < seen; i++) {
      if (in.getByte(in.readerIndex() + i) != HTTP_2[i]) {
        becomeHttp1OrClose(context, in);
        return;
      }
    }
    if (seen == HTTP_2.length) {
      becomeHttp2(context);
    }
  }

  private void becomeHttp2(ChannelHandlerContext context) {
    Greeting greeting = this.greeting;
    Object event = negotiationEvent;
    if (greeting == null || event == null) {
      throw new IllegalStateException("bytes before grpc-java's negotiation event");
    }
    grpc.decoder()
        .frameListener(
            new GrpcOrHttpFrames(
                grpc.decoder().frameListener(), grpc.encoder(), side.http(), greeting));
    context
        .pipeline()
        .replace(this, null, InternalProtocolNegotiators.grpcNegotiationHandler(grpc));
    context.fireUserEventTriggered(event);
  }

  private void becomeHttp1OrClose(ChannelHandlerContext context, ByteBuf in) {
    byte first = in.getByte(in.readerIndex());
    Greeting greeting = this.greeting;
    if (first < 'A' || first > 'Z' || greeting == null) {
      in.skipBytes(in.readableBytes());
      Greeting.cut(context.channel());
      return;
    }
    grpc.notifyUnused(); // grpc-java forgets the connection, which stays open
    context.pipeline().removeLast(); // its handler that buffers writes until negotiation is over
    Http1Connection.addTo(context.pipeline(), new Http1Connection(side, greeting));
    context.pipeline().remove(this);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    Greeting.cut(context.channel());
  }
}
