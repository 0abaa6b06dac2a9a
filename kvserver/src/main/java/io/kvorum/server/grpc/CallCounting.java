package io.kvorum.server.grpc;

import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.kvorum.server.grpc.CallMeters.MethodMeter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;

/// Reports every call of one service to its meters, as the outermost interceptor: what the other
/// checks refuse is counted too.
final class CallCounting implements ServerInterceptor {
  private static final Metadata.Key<String> CLIENT_VERSION =
      Metadata.Key.of("client-api-version", Metadata.ASCII_STRING_MARSHALLER);

  private final Map<String, MethodMeter> meterByMethod = new LinkedHashMap<>();
  private final CallMeters meters;
  private final LongSupplier nanoClock;

  CallCounting(ServerServiceDefinition service, CallMeters meters, LongSupplier nanoClock) {
    this.meters = meters;
    this.nanoClock = nanoClock;
    for (var method : service.getMethods()) {
      MethodDescriptor<?, ?> descriptor = method.getMethodDescriptor();
      meterByMethod.put(
          descriptor.getFullMethodName(),
          meters.of(
              typeName(descriptor.getType()),
              service.getServiceDescriptor().getName(),
              String.valueOf(descriptor.getBareMethodName())));
    }
  }

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    MethodMeter meter =
        meterByMethod.getOrDefault(
            call.getMethodDescriptor().getFullMethodName(), MethodMeter.NONE);
    CountedCall<Q, A> counted = new CountedCall<>(call, meter, nanoClock);
    meter.started();
    meters.clientRequest(
        call.getMethodDescriptor().getType() == MethodDescriptor.MethodType.UNARY
            ? "unary"
            : "stream",
        Objects.requireNonNullElse(headers.get(CLIENT_VERSION), "unknown"));
    return new SimpleForwardingServerCallListener<>(next.startCall(counted, headers)) {
      @Override
      public void onMessage(Q message) {
        meter.received();
        super.onMessage(message);
      }

      @Override
      public void onCancel() {
        counted.ended(Status.Code.CANCELLED);
        super.onCancel();
      }
    };
  }

  private static String typeName(MethodDescriptor.MethodType type) {
    return switch (type) {
      case UNARY -> "unary";
      case CLIENT_STREAMING -> "client_stream";
      case SERVER_STREAMING -> "server_stream";
      case BIDI_STREAMING -> "bidi_stream";
      case UNKNOWN -> "unknown";
    };
  }

  /// The name of a code in Go, which etcd's metrics carry.
  static String goName(Status.Code code) {
    return switch (code) {
      case OK -> "OK";
      case CANCELLED -> "Canceled";
      case UNKNOWN -> "Unknown";
      case INVALID_ARGUMENT -> "InvalidArgument";
      case DEADLINE_EXCEEDED -> "DeadlineExceeded";
      case NOT_FOUND -> "NotFound";
      case ALREADY_EXISTS -> "AlreadyExists";
      case PERMISSION_DENIED -> "PermissionDenied";
      case RESOURCE_EXHAUSTED -> "ResourceExhausted";
      case FAILED_PRECONDITION -> "FailedPrecondition";
      case ABORTED -> "Aborted";
      case OUT_OF_RANGE -> "OutOfRange";
      case UNIMPLEMENTED -> "Unimplemented";
      case INTERNAL -> "Internal";
      case UNAVAILABLE -> "Unavailable";
      case DATA_LOSS -> "DataLoss";
      case UNAUTHENTICATED -> "Unauthenticated";
    };
  }

  /// Counts what the handler sends, and the end of the call once: by its status, or as cancelled.
  private static final class CountedCall<Q, A> extends SimpleForwardingServerCall<Q, A> {
    private final MethodMeter meter;
    private final LongSupplier nanoClock;
    private final long startNanos;
    private final AtomicBoolean ended = new AtomicBoolean();

    CountedCall(ServerCall<Q, A> call, MethodMeter meter, LongSupplier nanoClock) {
      super(call);
      this.meter = meter;
      this.nanoClock = nanoClock;
      this.startNanos = nanoClock.getAsLong();
    }

    @Override
    public void sendMessage(A message) {
      meter.sent();
      super.sendMessage(message);
    }

    @Override
    public void close(Status status, Metadata trailers) {
      ended(status.getCode());
      super.close(status, trailers);
    }

    void ended(Status.Code code) {
      if (ended.compareAndSet(false, true)) {
        meter.handled(goName(code), nanoClock.getAsLong() - startNanos);
      }
    }
  }
}
