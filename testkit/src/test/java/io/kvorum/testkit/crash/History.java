package io.kvorum.testkit.crash;

import com.google.protobuf.ByteString;
import io.grpc.Channel;
import io.grpc.stub.StreamObserver;
import io.kvorum.proto.etcd.KVGrpc;
import io.kvorum.proto.etcd.PutRequest;
import io.kvorum.proto.etcd.RangeRequest;
import io.kvorum.proto.etcd.WatchCreateRequest;
import io.kvorum.proto.etcd.WatchGrpc;
import io.kvorum.proto.etcd.WatchRequest;
import io.kvorum.proto.etcd.WatchResponse;
import io.kvorum.proto.mvcc.Event;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/// The whole history of a server, read in two ways that must agree: as the events of a watch from
/// the first revision, and as the value of each changed key at its revision.
final class History {
  private static final ByteString ALL = ByteString.copyFrom(new byte[1]);

  private History() {}

  /// All changes up to the server's newest revision, by revision.
  static Map<Long, List<Acknowledged.Change>> read(Channel channel) throws InterruptedException {
    KVGrpc.KVBlockingStub kv = KVGrpc.newBlockingStub(channel);
    long newest = revision(kv);
    Map<Long, List<Acknowledged.Change>> history = new TreeMap<>();
    BlockingQueue<WatchResponse> responses = new LinkedBlockingQueue<>();
    StreamObserver<WatchRequest> requests =
        WatchGrpc.newStub(channel).watch(new Collector(responses));
    requests.onNext(
        WatchRequest.newBuilder()
            .setCreateRequest(
                WatchCreateRequest.newBuilder().setKey(ALL).setRangeEnd(ALL).setStartRevision(1))
            .build());
    long reached = 1;
    while (reached < newest) {
      WatchResponse response = responses.poll(30, TimeUnit.SECONDS);
      if (response == null) {
        throw new IllegalStateException("no event after revision " + reached + " of " + newest);
      }
      for (Event event : response.getEventsList()) {
        reached = event.getKv().getModRevision();
        history.computeIfAbsent(reached, _ -> new ArrayList<>()).add(change(event));
      }
    }
    requests.onCompleted();
    return history;
  }

  /// Reads every change of the given revisions at its revision; returns what differs.
  static List<String> differencesAtEachRevision(
      Channel channel, Map<Long, List<Acknowledged.Change>> history) {
    KVGrpc.KVBlockingStub kv = KVGrpc.newBlockingStub(channel);
    List<String> wrong = new ArrayList<>();
    history.forEach(
        (revision, changes) -> {
          for (Acknowledged.Change change : changes) {
            var found =
                kv.range(
                    RangeRequest.newBuilder()
                        .setKey(ByteString.copyFromUtf8(change.key()))
                        .setRevision(revision)
                        .setSerializable(true)
                        .build());
            String value =
                found.getKvsCount() == 0 ? "" : found.getKvs(0).getValue().toStringUtf8();
            if (!value.equals(change.value())) {
              wrong.add("at revision %d: %s is %s".formatted(revision, change, value));
            }
          }
        });
    return wrong;
  }

  private static long revision(KVGrpc.KVBlockingStub kv) {
    return kv.range(RangeRequest.newBuilder().setKey(ALL).setCountOnly(true).build())
        .getHeader()
        .getRevision();
  }

  /// A write that must succeed: the server is not just readable after the crash.
  static long probe(Channel channel, Acknowledged.Change change) {
    return KVGrpc.newBlockingStub(channel)
        .put(
            PutRequest.newBuilder()
                .setKey(ByteString.copyFromUtf8(change.key()))
                .setValue(ByteString.copyFromUtf8(change.value()))
                .build())
        .getHeader()
        .getRevision();
  }

  private static Acknowledged.Change change(Event event) {
    return new Acknowledged.Change(
        event.getKv().getKey().toStringUtf8(),
        event.getKv().getValue().toStringUtf8(),
        event.getType() == Event.EventType.DELETE);
  }

  private record Collector(BlockingQueue<WatchResponse> responses)
      implements StreamObserver<WatchResponse> {
    @Override
    public void onNext(WatchResponse response) {
      responses.add(response);
    }

    @Override
    public void onError(Throwable error) {
      // The reader times out and says how far it came.
    }

    @Override
    public void onCompleted() {
      // The server ends the stream only after the client has.
    }
  }
}
