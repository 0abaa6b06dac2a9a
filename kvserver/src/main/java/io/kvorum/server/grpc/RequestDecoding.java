package io.kvorum.server.grpc;

import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;

/// Puts our own request decoding ([RequestMarshaller]) under a service: too large, too deeply
/// nested and malformed messages are answered with etcd's status instead of a stream reset, and
/// never reach the handler.
///
/// The transport's own limit must be higher than this one, or it answers first, in other words.
final class RequestDecoding {
  private final int maxRequestBytes;

  RequestDecoding(int maxRequestBytes) {
    this.maxRequestBytes = maxRequestBytes;
  }

  ServerServiceDefinition under(ServerServiceDefinition service) {
    ServiceDescriptor original = service.getServiceDescriptor();
    ServiceDescriptor.Builder descriptor =
        ServiceDescriptor.newBuilder(original.getName())
            .setSchemaDescriptor(original.getSchemaDescriptor());
    var methods = service.getMethods().stream().map(this::under).toList();
    methods.forEach(method -> descriptor.addMethod(method.getMethodDescriptor()));
    ServerServiceDefinition.Builder decoding = ServerServiceDefinition.builder(descriptor.build());
    methods.forEach(decoding::addMethod);
    return decoding.build();
  }

  private <Q, A> ServerMethodDefinition<Decoded<Q>, A> under(ServerMethodDefinition<Q, A> method) {
    MethodDescriptor<Q, A> original = method.getMethodDescriptor();
    MethodDescriptor<Decoded<Q>, A> decoding =
        original.toBuilder(marshaller(original), original.getResponseMarshaller()).build();
    return ServerMethodDefinition.create(
        decoding, new DecodedCalls<>(original, method.getServerCallHandler()));
  }

  /// Request types of generated services are protobuf messages, which the compiler cannot know.
  @SuppressWarnings("unchecked")
  private <Q> MethodDescriptor.Marshaller<Decoded<Q>> marshaller(MethodDescriptor<Q, ?> method) {
    var generated = (MethodDescriptor.PrototypeMarshaller<Q>) method.getRequestMarshaller();
    if (!(generated.getMessagePrototype() instanceof MessageLite prototype)) {
      throw new IllegalArgumentException(method + " is not a protobuf method");
    }
    Parser<? extends MessageLite> parser = prototype.getParserForType();
    return (MethodDescriptor.Marshaller<Decoded<Q>>)
        (MethodDescriptor.Marshaller<?>) new RequestMarshaller<>(parser, maxRequestBytes);
  }

  /// Gives a handler only the messages that could be read.
  private record DecodedCalls<Q, A>(MethodDescriptor<Q, A> method, ServerCallHandler<Q, A> handler)
      implements ServerCallHandler<Decoded<Q>, A> {

    @Override
    public ServerCall.Listener<Decoded<Q>> startCall(
        ServerCall<Decoded<Q>, A> call, Metadata headers) {
      RevocableCall<Q, A> plain = new RevocableCall<>(call, method);
      return new DecodedListener<>(plain, handler.startCall(plain, headers));
    }
  }

  /// Ends the call at the first message that could not be read. The handler then sees a cancelled
  /// call, as if the client had gone.
  private static final class DecodedListener<Q, A> extends ServerCall.Listener<Decoded<Q>> {
    private final RevocableCall<Q, A> call;
    private final ServerCall.Listener<Q> handler;

    DecodedListener(RevocableCall<Q, A> call, ServerCall.Listener<Q> handler) {
      this.call = call;
      this.handler = handler;
    }

    @Override
    public void onMessage(Decoded<Q> message) {
      if (call.isRevoked()) {
        return;
      }
      switch (message) {
        case Decoded.Message<Q>(var request) -> handler.onMessage(request);
        case Decoded.Unreadable<Q>(var status) -> {
          call.revoke(status);
          handler.onCancel();
        }
      }
    }

    @Override
    public void onHalfClose() {
      if (!call.isRevoked()) {
        handler.onHalfClose();
      }
    }

    @Override
    public void onReady() {
      if (!call.isRevoked()) {
        handler.onReady();
      }
    }

    @Override
    public void onCancel() {
      if (!call.isRevoked()) {
        handler.onCancel();
      }
    }

    @Override
    public void onComplete() {
      if (!call.isRevoked()) {
        handler.onComplete();
      }
    }
  }
}
