package io.kvorum.testkit.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.StatusRuntimeException;
import io.kvorum.proto.etcd.HashKVRequest;
import io.kvorum.proto.etcd.HashKVResponse;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// The hash of a member's keys, as `etcdctl endpoint hashkv` compares it.
record KeyHash(int hash, long compactRevision) {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  /// What the member has at this revision, once it has come to it.
  static KeyHash of(PlainCluster.Member member, long revision) throws InterruptedException {
    long deadlineNanos = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      try {
        HashKVResponse response =
            member.maintenance().hashKV(HashKVRequest.newBuilder().setRevision(revision).build());
        return new KeyHash(response.getHash(), response.getCompactRevision());
      } catch (StatusRuntimeException e) {
        if (System.nanoTime() > deadlineNanos) {
          throw e;
        }
        TimeUnit.MILLISECONDS.sleep(20);
      }
    }
  }

  /// All members have the same keys at the newest revision of the first.
  static void assertEqualOn(List<PlainCluster.Member> members) throws InterruptedException {
    long revision = members.getFirst().status().getHeader().getRevision();
    KeyHash first = of(members.getFirst(), revision);
    for (PlainCluster.Member member : members) {
      assertThat(of(member, revision)).as(member.place().name()).isEqualTo(first);
    }
  }
}
