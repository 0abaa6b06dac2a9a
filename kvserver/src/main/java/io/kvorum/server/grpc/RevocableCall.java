package io.kvorum.server.grpc;

import io.grpc.Attributes;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.SecurityLevel;
import io.grpc.ServerCall;
import io.grpc.Status;
import org.jspecify.annotations.Nullable;

/// A call that can be ended over its handler's head: from then on the handler holds a cancelled
/// call, and what it still sends is dropped. Owned by the event loop of the call.
///
/// @param <Q> the request as the handler knows it; the call below may have another form of it
final class RevocableCall<Q, A> extends ServerCall<Q, A> {
  private final ServerCall<?, A> call;
  private final MethodDescriptor<Q, A> method;
  private volatile boolean revoked;
  private boolean closed;

  RevocableCall(ServerCall<?, A> call, MethodDescriptor<Q, A> method) {
    this.call = call;
    this.method = method;
  }

  /// Ends the call with `status`, unless its handler has ended it. The caller then tells the
  /// handler's listener that the call is cancelled.
  void revoke(Status status) {
    revoked = true;
    if (!closed) {
      closed = true;
      call.close(status, new Metadata());
    }
  }

  boolean isRevoked() {
    return revoked;
  }

  @Override
  public void request(int numMessages) {
    if (!revoked) {
      call.request(numMessages);
    }
  }

  @Override
  public void sendHeaders(Metadata headers) {
    if (!revoked) {
      call.sendHeaders(headers);
    }
  }

  @Override
  public void sendMessage(A message) {
    if (!revoked) {
      call.sendMessage(message);
    }
  }

  @Override
  public void close(Status status, Metadata trailers) {
    if (!revoked) {
      closed = true;
      call.close(status, trailers);
    }
  }

  @Override
  public boolean isReady() {
    return !revoked && call.isReady();
  }

  @Override
  public boolean isCancelled() {
    return revoked || call.isCancelled();
  }

  @Override
  public MethodDescriptor<Q, A> getMethodDescriptor() {
    return method;
  }

  @Override
  public void setMessageCompression(boolean enabled) {
    call.setMessageCompression(enabled);
  }

  @Override
  public void setCompression(String compressor) {
    call.setCompression(compressor);
  }

  @Override
  public void setOnReadyThreshold(int bytes) {
    call.setOnReadyThreshold(bytes);
  }

  @Override
  public SecurityLevel getSecurityLevel() {
    return call.getSecurityLevel();
  }

  @Override
  public Attributes getAttributes() {
    return call.getAttributes();
  }

  @Override
  public @Nullable String getAuthority() {
    return call.getAuthority();
  }
}
