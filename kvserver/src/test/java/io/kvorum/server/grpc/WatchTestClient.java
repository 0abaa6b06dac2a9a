package io.kvorum.server.grpc;

import com.google.protobuf.ByteString;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import io.kvorum.proto.etcd.WatchCancelRequest;
import io.kvorum.proto.etcd.WatchCreateRequest;
import io.kvorum.proto.etcd.WatchGrpc;
import io.kvorum.proto.etcd.WatchProgressRequest;
import io.kvorum.proto.etcd.WatchRequest;
import io.kvorum.proto.etcd.WatchResponse;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/// One watch stream of a client that reads as much as it is told to.
final class WatchTestClient {
  static final int EVERYTHING = Integer.MAX_VALUE;
  private static final long PATIENCE_SECONDS = 60;

  private final ClientCall<WatchRequest, WatchResponse> call;
  private final LinkedBlockingQueue<WatchResponse> responses = new LinkedBlockingQueue<>();
  private final CompletableFuture<Status> closed = new CompletableFuture<>();

  WatchTestClient(Channel channel, int willRead) {
    call = channel.newCall(WatchGrpc.getWatchMethod(), CallOptions.DEFAULT);
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onMessage(WatchResponse response) {
            responses.add(response);
          }

          @Override
          public void onClose(Status status, Metadata trailers) {
            closed.complete(status);
          }
        },
        new Metadata());
    read(willRead);
  }

  void read(int more) {
    if (more > 0) {
      call.request(more);
    }
  }

  static WatchCreateRequest.Builder key(String key) {
    return WatchCreateRequest.newBuilder().setKey(ByteString.copyFromUtf8(key));
  }

  static WatchCreateRequest.Builder range(String key, String end) {
    return key(key).setRangeEnd(ByteString.copyFromUtf8(end));
  }

  void create(WatchCreateRequest.Builder create) {
    call.sendMessage(WatchRequest.newBuilder().setCreateRequest(create).build());
  }

  void cancel(long id) {
    call.sendMessage(
        WatchRequest.newBuilder()
            .setCancelRequest(WatchCancelRequest.newBuilder().setWatchId(id))
            .build());
  }

  void requestProgress() {
    call.sendMessage(
        WatchRequest.newBuilder()
            .setProgressRequest(WatchProgressRequest.getDefaultInstance())
            .build());
  }

  void sendNothing() {
    call.sendMessage(WatchRequest.getDefaultInstance());
  }

  void halfClose() {
    call.halfClose();
  }

  void hangUp() {
    call.cancel("test", null);
  }

  WatchResponse next() throws InterruptedException {
    WatchResponse response = responses.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
    if (response == null) {
      throw new AssertionError("no response");
    }
    return response;
  }

  boolean hasMore() {
    return !responses.isEmpty();
  }
}
