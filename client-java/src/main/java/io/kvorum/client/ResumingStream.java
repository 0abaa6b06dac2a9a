package io.kvorum.client;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.SynchronizationContext;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ClientResponseObserver;
import io.kvorum.client.ClientException.Outcome;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// One stream that is opened again, at the next endpoint, whenever it breaks while it is needed.
///
/// All methods, and all of the owner's, run in `turns`, one at a time. One response is asked for
/// when the one before has been handled, so that what is not taken waits at the server.
final class ResumingStream<Q, R> {
  /// Whoever knows what the stream is for.
  interface Owner<R> {
    boolean needsStream();

    /// A stream was opened; whatever was sent on the one before has to be sent anew.
    void opened();

    void received(R response);

    /// The stream broke; another is opened after a pause.
    void broken();

    /// The stream ended in a way that opening it again would not change.
    void refused(ClientException reason);
  }

  private final Resources resources;
  private final MethodDescriptor<Q, R> method;
  private final Owner<R> owner;
  private final SynchronizationContext turns;

  private @Nullable Session session;
  private boolean reopening;
  private boolean closed;
  private int failures;

  ResumingStream(
      Resources resources,
      MethodDescriptor<Q, R> method,
      Owner<R> owner,
      SynchronizationContext turns) {
    this.resources = resources;
    this.method = method;
    this.owner = owner;
    this.turns = turns;
  }

  boolean isOpen() {
    return session != null;
  }

  void open() {
    if (session != null || reopening || closed || !owner.needsStream()) {
      return;
    }
    Session opened = new Session(resources.endpoints().current());
    session = opened;
    ClientCalls.asyncBidiStreamingCall(
        Resources.requiringLeader(opened.endpoint).newCall(method, CallOptions.DEFAULT), opened);
    owner.opened();
  }

  /// Sends on the open stream.
  void send(Q request) {
    Session current = session;
    if (current != null) {
      current.requests().onNext(request);
    }
  }

  /// Treats the stream as broken: its member does not answer.
  void abandon() {
    Session current = session;
    if (current != null) {
      current.requests().cancel("no answer in time", null);
      ended(current, Status.UNAVAILABLE.withDescription("no answer in time"));
    }
  }

  void closeIfNotNeeded() {
    Session current = session;
    if (current != null && !owner.needsStream()) {
      session = null;
      current.requests().cancel("no longer needed", null);
    }
  }

  void close() {
    closed = true;
    Session current = session;
    session = null;
    if (current != null) {
      current.requests().cancel("client closed", null);
    }
  }

  private void received(Session from, R response) {
    if (session != from) {
      return;
    }
    failures = 0;
    owner.received(response);
    if (session == from) {
      from.requests().request(1);
    }
  }

  private void ended(Session ended, Status status) {
    if (session != ended) {
      return;
    }
    session = null;
    if (Failures.endsStreams(status)) {
      owner.refused(new ClientException(Outcome.NOT_DONE, status));
      return;
    }
    resources.endpoints().leave(ended.endpoint);
    failures++;
    reopening = true;
    turns.schedule(
        () -> {
          reopening = false;
          open();
        },
        resources.delayNanos(failures),
        TimeUnit.NANOSECONDS,
        resources.scheduler());
    owner.broken();
  }

  private final class Session implements ClientResponseObserver<Q, R> {
    private final Channel endpoint;
    private @Nullable ClientCallStreamObserver<Q> requests;

    Session(Channel endpoint) {
      this.endpoint = endpoint;
    }

    ClientCallStreamObserver<Q> requests() {
      if (requests == null) {
        throw new IllegalStateException("stream not started");
      }
      return requests;
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<Q> stream) {
      requests = stream;
      stream.disableAutoRequestWithInitial(1);
    }

    @Override
    public void onNext(R response) {
      turns.execute(() -> received(this, response));
    }

    @Override
    public void onError(Throwable error) {
      turns.execute(() -> ended(this, Status.fromThrowable(error)));
    }

    @Override
    public void onCompleted() {
      turns.execute(() -> ended(this, Status.UNAVAILABLE.withDescription("stream ended")));
    }
  }
}
