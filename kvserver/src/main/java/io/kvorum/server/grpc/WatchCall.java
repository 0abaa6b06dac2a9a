package io.kvorum.server.grpc;

import com.google.protobuf.ByteString;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.kvorum.mvcc.KeyRange;
import io.kvorum.mvcc.watch.WatchCreate;
import io.kvorum.mvcc.watch.WatchHub;
import io.kvorum.mvcc.watch.WatchMessage;
import io.kvorum.mvcc.watch.WatchSink;
import io.kvorum.mvcc.watch.WatchStream;
import io.kvorum.proto.etcd.WatchCreateRequest;
import io.kvorum.proto.etcd.WatchRequest;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.Executor;

/// One client's watch stream as a gRPC call. Owned by the event loop of its connection.
///
/// Requests are read one by one, and none while the client does not take responses: so the answers
/// to requests cannot pile up, and events wait in the watch hub, which bounds them.
final class WatchCall implements StreamObserver<WatchRequest>, WatchSink {
  private static final ByteString SMALLEST_KEY = ByteString.copyFrom(new byte[1]);

  private final ServerCallStreamObserver<ByteString> call;
  private final WatchFrames frames;
  private final WatchStream stream;
  private Runnable onClosed = () -> {};
  private boolean wantsRequest;
  private boolean closed;

  WatchCall(
      ServerCallStreamObserver<ByteString> call, WatchFrames frames, WatchHub hub, Executor loop) {
    this.call = call;
    this.frames = frames;
    this.stream = hub.open(this, loop);
    call.disableAutoRequest();
    call.setOnReadyHandler(this::ready);
    call.setOnCancelHandler(this::close);
    call.request(1);
  }

  void whenClosed(Runnable body) {
    onClosed = body;
  }

  @Override
  public void onNext(WatchRequest request) {
    switch (request.getRequestUnionCase()) {
      case CREATE_REQUEST -> stream.create(wish(request.getCreateRequest()));
      case CANCEL_REQUEST -> stream.cancel(request.getCancelRequest().getWatchId());
      case PROGRESS_REQUEST -> stream.requestProgress();
      case REQUESTUNION_NOT_SET -> {
        // etcd ignores what it does not know.
      }
    }
    wantsRequest = true;
    requestNext();
  }

  private void requestNext() {
    if (wantsRequest && !closed && call.isReady()) {
      wantsRequest = false;
      call.request(1);
    }
  }

  private static WatchCreate wish(WatchCreateRequest request) {
    ByteString key = request.getKey().isEmpty() ? SMALLEST_KEY : request.getKey();
    Set<WatchCreate.Option> options = EnumSet.noneOf(WatchCreate.Option.class);
    for (WatchCreateRequest.FilterType filter : request.getFiltersList()) {
      switch (filter) {
        case NOPUT -> options.add(WatchCreate.Option.NO_PUTS);
        case NODELETE -> options.add(WatchCreate.Option.NO_DELETES);
        case UNRECOGNIZED -> {
          // etcd ignores filters it does not know.
        }
      }
    }
    if (request.getPrevKv()) {
      options.add(WatchCreate.Option.PREVIOUS_PAIR);
    }
    if (request.getProgressNotify()) {
      options.add(WatchCreate.Option.PROGRESS_NOTICES);
    }
    if (request.getFragment()) {
      options.add(WatchCreate.Option.FRAGMENTS);
    }
    return new WatchCreate(
        request.getWatchId() == 0
            ? new WatchCreate.WatcherId.Next()
            : new WatchCreate.WatcherId.Chosen(request.getWatchId()),
        KeyRange.of(key, request.getRangeEnd()),
        request.getStartRevision() == 0
            ? new WatchCreate.Start.Now()
            : new WatchCreate.Start.At(request.getStartRevision()),
        options);
  }

  /// The client has said all its requests; its watchers go on (`api.md` §3.3).
  @Override
  public void onCompleted() {
    // Nothing ends.
  }

  /// The call is broken; the cancel handler cleans up.
  @Override
  public void onError(Throwable cause) {
    close();
  }

  private void ready() {
    if (!closed) {
      stream.ready();
      requestNext();
    }
  }

  void tick() {
    if (!closed) {
      stream.tick();
    }
  }

  private void close() {
    if (!closed) {
      closed = true;
      stream.close();
      onClosed.run();
    }
  }

  @Override
  public boolean isReady() {
    return !closed && call.isReady();
  }

  @Override
  public void send(WatchMessage message) {
    if (closed || call.isCancelled()) {
      return;
    }
    frames.encode(message, call::onNext);
  }
}
