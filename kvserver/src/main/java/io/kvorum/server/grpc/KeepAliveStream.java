package io.kvorum.server.grpc;

import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.kvorum.lease.LeaseId;
import io.kvorum.proto.etcd.LeaseKeepAliveRequest;
import io.kvorum.proto.etcd.LeaseKeepAliveResponse;
import io.kvorum.server.apply.LeaseFailure;
import io.kvorum.server.apply.Lessor;
import io.kvorum.server.apply.Lessor.KeepAlive;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.Executor;

/// One keep-alive stream: answers in the order of the requests, one each (`api.md` §3.4). Up to
/// [#MAX_OPEN_REQUESTS] are asked of the lessor at a time; the next is read from the client when an
/// answer has been sent and the client takes answers, so a client that does not read is not read.
///
/// Owned by the event loop of the call.
final class KeepAliveStream implements StreamObserver<LeaseKeepAliveRequest> {
  /// A client renews all its leases in one go, so they must not wait for each other.
  static final int MAX_OPEN_REQUESTS = 256;

  private final ServerCallStreamObserver<LeaseKeepAliveResponse> call;
  private final Lessor lessor;
  private final ResponseHeaders headers;
  private final Executor loop;
  private final Queue<OpenRequest> openRequests = new ArrayDeque<>();
  private boolean clientDone;
  private boolean ended;

  KeepAliveStream(
      ServerCallStreamObserver<LeaseKeepAliveResponse> call,
      Lessor lessor,
      ResponseHeaders headers,
      Executor loop) {
    this.call = call;
    this.lessor = lessor;
    this.headers = headers;
    this.loop = loop;
    call.disableAutoRequest();
    call.setOnCancelHandler(() -> ended = true);
    call.setOnReadyHandler(this::sendAnswers);
    call.request(MAX_OPEN_REQUESTS);
  }

  @Override
  public void onNext(LeaseKeepAliveRequest request) {
    if (ended) {
      return;
    }
    OpenRequest open = new OpenRequest(request.getID());
    openRequests.add(open);
    lessor.keepAlive(new LeaseId(request.getID()), loop, open);
  }

  @Override
  public void onError(Throwable gone) {
    ended = true;
  }

  @Override
  public void onCompleted() {
    clientDone = true;
    sendAnswers();
  }

  /// Sends what is answered, in order, as long as the client takes it.
  private void sendAnswers() {
    while (!ended && call.isReady() && !openRequests.isEmpty()) {
      Optional<LeaseKeepAliveResponse> answer = openRequests.peek().answer;
      if (answer.isEmpty()) {
        return;
      }
      openRequests.remove();
      call.onNext(answer.get());
      call.request(1);
    }
    if (!ended && clientDone && openRequests.isEmpty()) {
      ended = true;
      call.onCompleted();
    }
  }

  private void end(Status status) {
    if (!ended) {
      ended = true;
      call.onError(status.asRuntimeException());
    }
  }

  private final class OpenRequest implements Lessor.Callback<KeepAlive> {
    private final long id;
    private Optional<LeaseKeepAliveResponse> answer = Optional.empty();

    OpenRequest(long id) {
      this.id = id;
    }

    @Override
    public void answered(KeepAlive keepAlive) {
      long ttlSeconds =
          switch (keepAlive) {
            case KeepAlive.Renewed(var seconds, _) -> seconds;
            case KeepAlive.Gone _ -> 0;
          };
      answer =
          Optional.of(
              LeaseKeepAliveResponse.newBuilder()
                  .setHeader(headers.at(keepAlive.revision()))
                  .setID(id)
                  .setTTL(ttlSeconds)
                  .build());
      sendAnswers();
    }

    @Override
    public void failed(LeaseFailure failure) {
      end(GrpcErrors.statusOf(failure));
    }
  }
}
