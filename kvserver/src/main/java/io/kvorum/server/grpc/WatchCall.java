package io.kvorum.server.grpc;

import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.kvorum.mvcc.watch.WatchHub;
import io.kvorum.mvcc.watch.WatchMessage;
import io.kvorum.mvcc.watch.WatchSink;
import io.kvorum.mvcc.watch.WatchStream;
import io.kvorum.proto.etcd.WatchRequest;
import java.util.concurrent.Executor;

/// One watch call: hands its requests to a [WatchStream] and the stream's messages to the
/// transport.
///
/// Requests are read one by one, and only while the client takes responses, so answers that wait
/// for a client are bounded. The end of the requests does not end the call. Owned by the event loop
/// of the call.
final class WatchCall extends ServerCall.Listener<WatchRequest> implements WatchSink {
  private final ServerCall<WatchRequest, WatchFrame> call;
  private final WatchAnswers answers;
  private final WatchStream stream;
  private final ProgressTimers.Ticking ticking;
  private boolean readWhenReady;
  private boolean ended;

  WatchCall(
      ServerCall<WatchRequest, WatchFrame> call,
      WatchAnswers answers,
      WatchHub hub,
      ProgressTimers timers,
      Executor loop) {
    this.call = call;
    this.answers = answers;
    this.stream = hub.open(this, loop);
    this.ticking = timers.start(loop, stream::tick);
    call.sendHeaders(new Metadata());
    call.request(1);
  }

  @Override
  public void onMessage(WatchRequest request) {
    if (ended) {
      return;
    }
    switch (request.getRequestUnionCase()) {
      case CREATE_REQUEST -> stream.create(WatchRequests.create(request.getCreateRequest()));
      case CANCEL_REQUEST -> stream.cancel(request.getCancelRequest().getWatchId());
      case PROGRESS_REQUEST -> stream.requestProgress();
      case REQUESTUNION_NOT_SET -> {}
    }
    if (isReady()) {
      call.request(1);
    } else {
      readWhenReady = true;
    }
  }

  @Override
  public void onReady() {
    if (ended) {
      return;
    }
    if (readWhenReady) {
      readWhenReady = false;
      call.request(1);
    }
    stream.ready();
  }

  @Override
  public void onCancel() {
    end();
  }

  @Override
  public void onComplete() {
    end();
  }

  private void end() {
    if (!ended) {
      ended = true;
      ticking.stop();
      stream.close();
    }
  }

  @Override
  public boolean isReady() {
    return !ended && call.isReady();
  }

  @Override
  public void send(WatchMessage message) {
    for (WatchFrame frame : answers.frames(message)) {
      if (ended) {
        return;
      }
      if (frame.sizeBytes() > WatchFrame.MAX_BYTES) {
        call.close(GrpcErrors.responseTooLarge(frame.sizeBytes()), new Metadata());
        end();
      } else {
        call.sendMessage(frame);
      }
    }
  }
}
