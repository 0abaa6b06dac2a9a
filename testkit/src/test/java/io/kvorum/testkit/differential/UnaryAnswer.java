package io.kvorum.testkit.differential;

import com.google.protobuf.Message;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.CompletableFuture;

/// Waits for the one response of a unary call.
final class UnaryAnswer<M extends Message> implements StreamObserver<M> {
  private final CompletableFuture<Answer> answer = new CompletableFuture<>();

  CompletableFuture<Answer> answer() {
    return answer;
  }

  @Override
  public void onNext(M message) {
    answer.complete(new Answer.Replied(message));
  }

  @Override
  public void onError(Throwable cause) {
    answer.complete(Answer.failed(cause));
  }

  @Override
  public void onCompleted() {
    answer.complete(new Answer.Failed(Status.Code.UNKNOWN, "call ended without an answer"));
  }
}
