package io.kvorum.testkit.badinput;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.kvorum.proto.etcd.WatchCreateRequest;
import io.kvorum.proto.etcd.WatchGrpc;
import io.kvorum.proto.etcd.WatchRequest;
import io.kvorum.proto.etcd.WatchResponse;
import io.kvorum.proto.mvcc.Event;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/// One watch stream. While it is paused it takes no message, so that the flow control of HTTP/2
/// holds the server back.
final class PausableWatch extends ClientCall.Listener<WatchResponse> {
  private static final long LIMIT_SECONDS = 20;

  private final ClientCall<WatchRequest, WatchResponse> call;
  private final BlockingQueue<WatchResponse> responses = new LinkedBlockingQueue<>();

  private PausableWatch(ClientCall<WatchRequest, WatchResponse> call) {
    this.call = call;
  }

  static PausableWatch open(TestClient client) {
    PausableWatch watch = paused(client);
    watch.resume();
    return watch;
  }

  static PausableWatch paused(TestClient client) {
    PausableWatch watch =
        new PausableWatch(
            client.channel().newCall(WatchGrpc.getWatchMethod(), CallOptions.DEFAULT));
    watch.call.start(watch, new Metadata());
    return watch;
  }

  /// Takes messages from now on.
  void resume() {
    call.request(1);
  }

  void watch(ByteString key, ByteString rangeEnd) {
    call.sendMessage(
        WatchRequest.newBuilder()
            .setCreateRequest(WatchCreateRequest.newBuilder().setKey(key).setRangeEnd(rangeEnd))
            .build());
  }

  @Override
  public void onMessage(WatchResponse response) {
    responses.add(response);
    call.request(1);
  }

  WatchResponse next() throws InterruptedException {
    WatchResponse response = responses.poll(LIMIT_SECONDS, TimeUnit.SECONDS);
    assertThat(response).as("the next response").isNotNull();
    return response;
  }

  /// Reads on up to the revision `last` and returns how many revisions came, each above the one
  /// before it.
  long revisionsUpTo(long last) throws InterruptedException {
    long count = 0;
    long reached = 1;
    while (reached < last) {
      for (Event event : next().getEventsList()) {
        assertThat(event.getKv().getModRevision()).isGreaterThan(reached);
        reached = event.getKv().getModRevision();
        count++;
      }
    }
    return count;
  }

  void end() {
    call.cancel("enough", null);
  }
}
