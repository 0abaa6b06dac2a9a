package io.kvorum.testkit.nemesis;

import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.kvorum.client.Client;
import io.kvorum.client.ClientException;
import io.kvorum.client.Get;
import io.kvorum.client.KeyRange;
import io.kvorum.client.WatchListener;
import io.kvorum.client.WatchSpec;
import io.kvorum.client.Watcher;
import io.kvorum.proto.etcd.HashKVRequest;
import io.kvorum.proto.etcd.HashKVResponse;
import io.kvorum.proto.etcd.MaintenanceGrpc;
import io.kvorum.proto.mvcc.Event;
import io.kvorum.testkit.cluster.Cluster;
import io.kvorum.testkit.cluster.ClusterMember;
import io.kvorum.testkit.history.Committed;
import io.kvorum.testkit.history.WatchCheck;
import io.kvorum.testkit.history.WatchRecord;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;

/// What has to come true when all faults have ended and nobody writes any more: every member is
/// healthy, all leases end, and all members are equal, in their states and in their histories.
final class Settlement {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final Duration CALL_LIMIT = Duration.ofSeconds(10);
  private static final int PAUSE_MILLIS = 50;

  private final Cluster cluster;
  private final Load load;
  private final List<String> violations = new ArrayList<>();
  private long revision;
  private long compactedRevision;

  Settlement(Cluster cluster, Load load) {
    this.cluster = cluster;
    this.load = load;
  }

  /// Waits for it. What does not come true is a violation.
  void await() throws InterruptedException {
    if (!areHealthy()) {
      return;
    }
    awaitEndOfLeases();
    if (awaitEquality()) {
      if (!load.archive().awaitRevision(revision, LIMIT.toNanos())) {
        fail(
            "the archive stays at revision %d of %d, %s",
            load.archive().seenRevision(), revision, load.archive().end());
      }
      load.watchers().awaitRevision(revision, LIMIT.toNanos());
      Committed committed = load.archive().committed();
      cluster.members().forEach(member -> compare(member, committed));
    }
  }

  @SuppressWarnings("AnnotateFormatMethod") // the annotation would be one dependency more
  private void fail(String text, Object... details) {
    violations.add(text.formatted(details));
  }

  private boolean areHealthy() {
    for (ClusterMember member : cluster.members()) {
      try {
        member.awaitHealthy();
      } catch (IOException e) {
        fail("%s does not become healthy: %s", member.name(), firstLine(e));
      }
    }
    return violations.isEmpty();
  }

  private static String firstLine(Exception e) {
    return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
  }

  private void awaitEndOfLeases() throws InterruptedException {
    long deadlineNanos = System.nanoTime() + LIMIT.toNanos();
    try (Client client = client(cluster.endpoints())) {
      long left = leasedKeys(client);
      while (left > 0 && System.nanoTime() < deadlineNanos) {
        TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
        left = leasedKeys(client);
      }
      if (left > 0) {
        fail("%d keys of leases that nobody renews are still there after %s", left, LIMIT);
      }
    }
  }

  private static long leasedKeys(Client client) {
    try {
      return client.kv().get(Get.prefix(LeaseHolder.PREFIX).countOnly()).join().getCount();
    } catch (CompletionException _) {
      return Long.MAX_VALUE; // not known; asked again
    }
  }

  private Client client(List<String> endpoints) {
    return Client.builder(endpoints.toArray(String[]::new)).callTimeout(CALL_LIMIT).build();
  }

  /// All members have the same revision, and the same hash at it.
  private boolean awaitEquality() throws InterruptedException {
    List<ManagedChannel> members = new ArrayList<>();
    for (String endpoint : cluster.endpoints()) {
      members.add(NettyChannelBuilder.forTarget(endpoint).usePlaintext().build());
    }
    long deadlineNanos = System.nanoTime() + LIMIT.toNanos();
    List<HashKVResponse> hashes = List.of();
    try {
      while (System.nanoTime() < deadlineNanos) {
        hashes = members.stream().flatMap(member -> hash(member).stream()).toList();
        if (hashes.size() == members.size() && hashes.stream().distinct().count() == 1) {
          HashKVResponse same = hashes.getFirst();
          revision = same.getHeader().getRevision();
          compactedRevision = same.getCompactRevision();
          return true;
        }
        TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
      }
    } finally {
      members.forEach(ManagedChannel::shutdownNow);
    }
    fail("the members do not become equal: %s", hashes.toString().replaceAll("\\s+", " "));
    return false;
  }

  /// Revisions and hash, without what differs by member.
  private static Optional<HashKVResponse> hash(ManagedChannel member) {
    try {
      HashKVResponse hash =
          MaintenanceGrpc.newBlockingStub(member)
              .withDeadlineAfter(CALL_LIMIT.toMillis(), TimeUnit.MILLISECONDS)
              .hashKV(HashKVRequest.getDefaultInstance());
      HashKVResponse.Builder bare = hash.toBuilder();
      bare.getHeaderBuilder().clearMemberId().clearRaftTerm().clearClusterId();
      return Optional.of(bare.build());
    } catch (StatusRuntimeException _) {
      return Optional.empty();
    }
  }

  /// A member shows the state at the end, and the whole history that is kept.
  private void compare(ClusterMember member, Committed committed) {
    try (Client client = client(List.of(member.endpoint()))) {
      String name = "final " + member.name();
      var _ = Caller.readAll(load.recorder(), name, client, true);
      var _ = Caller.readAll(load.recorder(), name, client, false);
      Told told = new Told(compactedRevision + 1);
      try (Watcher _ = client.watch().watch(told.spec(), told)) {
        told.whole.orTimeout(LIMIT.toSeconds(), TimeUnit.SECONDS).join();
      } catch (CompletionException e) {
        fail("%s does not show its history up to %d: %s", member.name(), revision, firstLine(e));
      }
      WatchCheck.violations(told.record, committed, revision)
          .forEach(violation -> fail("%s: %s", name, violation));
    }
  }

  /// The revision at which all are equal.
  long revision() {
    return revision;
  }

  List<String> violations() {
    return violations;
  }

  /// What a member tells of its history, until the end of it.
  private final class Told implements WatchListener {
    final CompletableFuture<Boolean> whole = new CompletableFuture<>();
    final WatchRecord record;
    private final long start;

    Told(long start) {
      this.start = start;
      record = new WatchRecord("", "\uffff", start);
      if (start > revision) {
        whole.complete(true);
      }
    }

    WatchSpec spec() {
      return WatchSpec.of(KeyRange.all()).from(start);
    }

    @Override
    public void onEvents(List<Event> events) {
      record.events(events.stream().map(Archive::recorded).toList());
      if (events.getLast().getKv().getModRevision() >= revision) {
        whole.complete(true);
      }
    }

    @Override
    public void onError(ClientException reason) {
      whole.completeExceptionally(reason);
    }
  }
}
