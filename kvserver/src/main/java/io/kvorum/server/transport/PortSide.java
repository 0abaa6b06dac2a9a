package io.kvorum.server.transport;

import io.grpc.netty.GrpcHttp2ConnectionHandler;
import io.grpc.netty.InternalProtocolNegotiator;
import io.grpc.netty.InternalProtocolNegotiators;
import io.netty.channel.ChannelHandler;
import io.netty.channel.group.ChannelGroup;
import io.netty.handler.codec.http.HttpScheme;
import io.netty.util.AsciiString;

/// What the connections of one listen point share. Given to grpc-java as its way to negotiate a
/// protocol, it puts [FirstBytes] in front of every connection.
///
/// @param connections all that are open, of either protocol, for closing them
record PortSide(PortLimits limits, ConnectionGate gate, HttpHandler http, ChannelGroup connections)
    implements InternalProtocolNegotiator.ProtocolNegotiator {

  @Override
  public AsciiString scheme() {
    return HttpScheme.HTTP.name();
  }

  @Override
  public ChannelHandler newHandler(GrpcHttp2ConnectionHandler grpc) {
    return InternalProtocolNegotiators.waitUntilActiveHandler(
        new FirstBytes(grpc, this), grpc.getNegotiationLogger());
  }

  @Override
  public void close() {}
}
