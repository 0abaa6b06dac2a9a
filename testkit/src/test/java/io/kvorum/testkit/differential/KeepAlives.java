package io.kvorum.testkit.differential;

import io.grpc.stub.StreamObserver;
import io.kvorum.proto.etcd.LeaseGrpc;
import io.kvorum.proto.etcd.LeaseKeepAliveRequest;
import io.kvorum.proto.etcd.LeaseKeepAliveResponse;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;

/// The one keep-alive stream of a script: answers come in the order of the requests (api.md §3.4).
final class KeepAlives implements StreamObserver<LeaseKeepAliveResponse> {
  private final Queue<CompletableFuture<Answer>> waiting = new ConcurrentLinkedQueue<>();
  private final StreamObserver<LeaseKeepAliveRequest> requests;

  KeepAlives(LeaseGrpc.LeaseStub leases) {
    requests = leases.leaseKeepAlive(this);
  }

  CompletableFuture<Answer> send(LeaseKeepAliveRequest request) {
    CompletableFuture<Answer> answer = new CompletableFuture<>();
    waiting.add(answer);
    requests.onNext(request);
    return answer;
  }

  private void complete(Answer answer) {
    CompletableFuture<Answer> next = waiting.poll();
    if (next != null) {
      next.complete(answer);
    }
  }

  @Override
  public void onNext(LeaseKeepAliveResponse response) {
    complete(new Answer.Replied(response));
  }

  @Override
  public void onError(Throwable cause) {
    complete(Answer.failed(cause));
  }

  @Override
  public void onCompleted() {}
}
