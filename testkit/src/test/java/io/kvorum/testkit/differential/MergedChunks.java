package io.kvorum.testkit.differential;

import io.grpc.stub.StreamObserver;
import io.kvorum.proto.etcd.RangeResponse;
import io.kvorum.proto.etcd.RangeStreamResponse;
import java.util.concurrent.CompletableFuture;

/// Merges the chunks of a RangeStream into the answer of a Range (api.md §3.1 RangeStream).
final class MergedChunks implements StreamObserver<RangeStreamResponse> {
  private final CompletableFuture<Answer> answer = new CompletableFuture<>();
  private final RangeResponse.Builder merged = RangeResponse.newBuilder();

  CompletableFuture<Answer> answer() {
    return answer;
  }

  @Override
  public void onNext(RangeStreamResponse chunk) {
    merged.mergeFrom(chunk.getRangeResponse());
  }

  @Override
  public void onError(Throwable cause) {
    answer.complete(Answer.failed(cause));
  }

  @Override
  public void onCompleted() {
    answer.complete(new Answer.Replied(merged.build()));
  }
}
