package io.kvorum.testkit.differential;

import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.kvorum.proto.etcd.WatchCancelRequest;
import io.kvorum.proto.etcd.WatchGrpc;
import io.kvorum.proto.etcd.WatchProgressRequest;
import io.kvorum.proto.etcd.WatchRequest;
import io.kvorum.proto.etcd.WatchResponse;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/// One watch stream to one server. Sorts what arrives to the requests and watchers it belongs to.
///
/// Its fields are guarded by the lock of the [WatchLog]; requests are sent by the script's thread.
final class WatchStream implements ClientResponseObserver<WatchRequest, WatchResponse> {
  private record Creation(Command.WatchCreate command, CompletableFuture<Answer> answer) {}

  private final WatchLog log;
  private final ServerIdentity identity;
  private final LeaseAliases aliases;
  private final Queue<Creation> creations = new ArrayDeque<>();
  private final Map<Long, CompletableFuture<Answer>> cancellations = new HashMap<>();
  private final NavigableMap<Long, RecordedWatcher> watchers = new TreeMap<>();
  private final List<String> breaches = new ArrayList<>();
  private @Nullable CompletableFuture<Answer> progress;
  private long fragmentsOf = NO_FRAGMENTS;
  private boolean abandoned;
  private @Nullable ClientCallStreamObserver<WatchRequest> requests;

  private static final long NO_FRAGMENTS = Long.MIN_VALUE;

  WatchStream(
      WatchGrpc.WatchStub watch, WatchLog log, ServerIdentity identity, LeaseAliases aliases) {
    this.log = log;
    this.identity = identity;
    this.aliases = aliases;
    var _ = watch.watch(this);
  }

  @Override
  public void beforeStart(ClientCallStreamObserver<WatchRequest> call) {
    requests = call;
  }

  private void send(WatchRequest request) {
    if (requests == null) {
      throw new IllegalStateException("stream not started");
    }
    requests.onNext(request);
  }

  CompletableFuture<Answer> create(Command.WatchCreate command) {
    CompletableFuture<Answer> answer = new CompletableFuture<>();
    log.locked(() -> creations.add(new Creation(command, answer)));
    send(WatchRequest.newBuilder().setCreateRequest(command.request()).build());
    return answer;
  }

  /// Cancels a watcher; an id that is not in use is never answered.
  CompletableFuture<Answer> cancel(long watchId) {
    CompletableFuture<Answer> answer = new CompletableFuture<>();
    log.locked(
        () -> {
          if (watchers.containsKey(watchId)) {
            cancellations.put(watchId, answer);
          } else {
            answer.complete(new Answer.Silent());
          }
        });
    send(
        WatchRequest.newBuilder()
            .setCancelRequest(WatchCancelRequest.newBuilder().setWatchId(watchId))
            .build());
    return answer;
  }

  CompletableFuture<Answer> progress() {
    CompletableFuture<Answer> answer = new CompletableFuture<>();
    log.locked(() -> progress = answer);
    send(
        WatchRequest.newBuilder()
            .setProgressRequest(WatchProgressRequest.getDefaultInstance())
            .build());
    return answer;
  }

  void halfClose() {
    if (requests != null) {
      requests.onCompleted();
    }
  }

  void abandon() {
    log.locked(() -> abandoned = true);
    if (requests != null) {
      requests.cancel("the script opens a new stream", null);
    }
  }

  NavigableMap<Long, RecordedWatcher> watchers() {
    return watchers;
  }

  RecordedWatcher watcher(long watchId) {
    return Optional.ofNullable(watchers.get(watchId)).orElseThrow();
  }

  List<String> breaches() {
    return breaches;
  }

  @Override
  public void onNext(WatchResponse raw) {
    WatchResponse response = identity.masked(aliases.toScript(raw));
    log.locked(() -> sort(response));
  }

  private void sort(WatchResponse response) {
    if (fragmentsOf != NO_FRAGMENTS && response.getWatchId() != fragmentsOf) {
      breaches.add("a response between two fragments: " + response);
    }
    fragmentsOf = response.getFragment() ? response.getWatchId() : NO_FRAGMENTS;
    RecordedWatcher watcher = watchers.get(response.getWatchId());
    if (response.getCreated()) {
      created(response);
    } else if (response.getWatchId() == -1 && response.getEventsCount() == 0 && progress != null) {
      progress.complete(new Answer.Replied(response));
      progress = null;
    } else if (watcher == null) {
      breaches.add("a response for no watcher: " + response);
    } else if (response.getCompactRevision() != 0) {
      watcher.ended(response);
    } else if (response.getCanceled()) {
      canceled(response);
    } else {
      watcher.events(response);
    }
  }

  private void created(WatchResponse response) {
    Creation creation = creations.poll();
    if (creation == null) {
      breaches.add("a creation that was not asked for: " + response);
      return;
    }
    if (!response.getCanceled()) {
      watchers.put(response.getWatchId(), new RecordedWatcher(creation.command(), response));
    }
    creation.answer().complete(new Answer.Replied(response));
  }

  private void canceled(WatchResponse response) {
    CompletableFuture<Answer> answer = cancellations.remove(response.getWatchId());
    if (answer == null) {
      breaches.add("a cancellation that was not asked for: " + response);
      return;
    }
    RecordedWatcher watcher = watchers.remove(response.getWatchId());
    if (watcher != null) {
      breaches.addAll(watcher.breaches());
    }
    answer.complete(new Answer.Replied(response));
  }

  @Override
  public void onError(Throwable cause) {
    log.locked(() -> broken(Status.fromThrowable(cause).toString()));
  }

  @Override
  public void onCompleted() {
    log.locked(() -> broken("ended by the server"));
  }

  private void broken(String why) {
    if (!abandoned) {
      breaches.add("stream broken: " + why);
    }
    Answer answer = new Answer.Failed(Status.Code.UNAVAILABLE, "watch stream: " + why);
    creations.forEach(creation -> creation.answer().complete(answer));
    cancellations.values().forEach(cancellation -> cancellation.complete(answer));
  }
}
