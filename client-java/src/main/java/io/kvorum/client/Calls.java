package io.kvorum.client;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientStreamTracer;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import io.kvorum.client.ClientException.Outcome;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Unary calls with fail-over: attempts at one endpoint after the other, until an answer, an error
/// that another attempt would not change, or the deadline. A write is attempted again only if the
/// last attempt certainly had no effect.
final class Calls {
  private final Resources resources;
  private final Duration timeout;

  Calls(Resources resources, Duration timeout) {
    this.resources = resources;
    this.timeout = timeout;
  }

  private enum Kind {
    READ,
    /// A read that a member without a leader may answer.
    LOCAL_READ,
    WRITE,
    /// A write whose answer holds pairs that the server may read after it.
    WRITE_THEN_READ
  }

  <Q, R> CompletableFuture<R> read(MethodDescriptor<Q, R> method, Q request) {
    return new Call<>(method, request, Kind.READ).start();
  }

  <Q, R> CompletableFuture<R> readLocally(MethodDescriptor<Q, R> method, Q request) {
    return new Call<>(method, request, Kind.LOCAL_READ).start();
  }

  <Q, R> CompletableFuture<R> write(MethodDescriptor<Q, R> method, Q request) {
    return new Call<>(method, request, Kind.WRITE).start();
  }

  <Q, R> CompletableFuture<R> writeThenRead(MethodDescriptor<Q, R> method, Q request) {
    return new Call<>(method, request, Kind.WRITE_THEN_READ).start();
  }

  /// One call with its attempts, which follow each other: no two run at a time.
  private final class Call<Q, R> {
    private final MethodDescriptor<Q, R> method;
    private final Q request;
    private final Kind kind;
    private final long deadlineNanos = System.nanoTime() + timeout.toNanos();
    private final CompletableFuture<R> result = new CompletableFuture<>();
    private volatile @Nullable ClientCall<Q, R> running;

    Call(MethodDescriptor<Q, R> method, Q request, Kind kind) {
      this.method = method;
      this.request = request;
      this.kind = kind;
    }

    CompletableFuture<R> start() {
      var unused = result.whenComplete((answer, error) -> cancelIfGivenUp());
      attempt(0);
      return result;
    }

    private void attempt(int failures) {
      Channel endpoint = resources.endpoints().current();
      Channel channel = kind == Kind.LOCAL_READ ? endpoint : Resources.requiringLeader(endpoint);
      SendTracer tracer = new SendTracer();
      ClientCall<Q, R> call =
          channel.newCall(
              method,
              CallOptions.DEFAULT
                  .withDeadlineAfter(deadlineNanos - System.nanoTime(), TimeUnit.NANOSECONDS)
                  .withStreamTracerFactory(tracer));
      ClientCalls.asyncUnaryCall(
          call,
          request,
          new StreamObserver<R>() {
            private @Nullable R answer;

            @Override
            public void onNext(R message) {
              answer = message;
            }

            @Override
            public void onError(Throwable error) {
              failed(endpoint, Status.fromThrowable(error), tracer.sent, failures + 1);
            }

            @Override
            public void onCompleted() {
              result.complete(answer);
            }
          });
      running = call;
      cancelIfGivenUp();
    }

    private void cancelIfGivenUp() {
      ClientCall<Q, R> call = running;
      if (result.isCancelled() && call != null) {
        call.cancel("given up by the caller", null);
      }
    }

    private void failed(Channel endpoint, Status status, boolean sent, int failures) {
      if (Failures.isOfMember(status)) {
        resources.endpoints().leave(endpoint);
      }
      Outcome outcome = sent ? outcomeOfSent(status) : Outcome.NOT_DONE;
      long delayNanos = resources.delayNanos(failures);
      if (outcome == Outcome.NOT_DONE
          && Failures.isTransient(status)
          && !result.isDone()
          && !resources.endpoints().isClosed()
          && System.nanoTime() + delayNanos < deadlineNanos) {
        var unused =
            resources
                .scheduler()
                .schedule(
                    () -> resources.executor().execute(() -> attempt(failures)),
                    delayNanos,
                    TimeUnit.NANOSECONDS);
      } else {
        result.completeExceptionally(new ClientException(outcome, status));
      }
    }

    private Outcome outcomeOfSent(Status status) {
      return switch (kind) {
        case READ, LOCAL_READ -> Outcome.NOT_DONE;
        case WRITE -> Failures.ofSentWrite(status);
        case WRITE_THEN_READ -> Failures.ofSentWriteThenRead(status);
      };
    }
  }

  /// Notes whether the request was handed to a connection: before that, nothing can have happened.
  private static final class SendTracer extends ClientStreamTracer.Factory {
    private volatile boolean sent;

    @Override
    public ClientStreamTracer newClientStreamTracer(
        ClientStreamTracer.StreamInfo info, Metadata headers) {
      return new ClientStreamTracer() {
        @Override
        public void outboundMessage(int sequenceNumber) {
          sent = true;
        }
      };
    }
  }
}
