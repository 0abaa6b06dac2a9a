package io.kvorum.server.apply;

import static io.kvorum.server.apply.Workbench.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvorum.lease.LeaseId;
import io.kvorum.mvcc.KeyValue;
import io.kvorum.proto.command.LogCommand;
import io.kvorum.proto.etcd.CompactionRequest;
import io.kvorum.proto.etcd.DeleteRangeRequest;
import io.kvorum.proto.etcd.DeleteRangeResponse;
import io.kvorum.proto.etcd.LeaseGrantRequest;
import io.kvorum.proto.etcd.LeaseRevokeRequest;
import io.kvorum.proto.etcd.PutRequest;
import io.kvorum.proto.etcd.PutResponse;
import io.kvorum.server.command.Rejection;
import io.kvorum.server.command.Rejection.RevisionBounds;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Put, DeleteRange and Compact as api.md §3.1 has them; cases of §8 are cited by number.
class KvCommandsTest {
  @TempDir Path directory;
  private Workbench bench;

  @BeforeEach
  void open() {
    bench = new Workbench(directory);
  }

  @AfterEach
  void close() {
    bench.close();
  }

  /// Case 1.
  @Test
  void freshStore_firstPut_isRevisionTwo() {
    assertThat(bench.store.head()).isEqualTo(1);

    long revision = bench.put("a", "x");

    assertThat(revision).isEqualTo(2);
    assertThat(bench.get("a")).contains(new KeyValue(bytes("a"), bytes("x"), 2, 2, 1, 0));
  }

  @Test
  void presentKey_putAgain_keepsCreationAndCountsVersions() {
    bench.put("a", "x");

    bench.put("a", "x");

    assertThat(bench.get("a")).contains(new KeyValue(bytes("a"), bytes("x"), 2, 3, 2, 0));
  }

  /// Case 15.
  @Test
  void emptyValueReplaced_prevKvAsked_isPresentAndEmpty() {
    bench.put("a", "");

    PutResponse response = bench.execute(put(ask("a").setPrevKv(true)), PutResponse.class);
    PutResponse ofNewKey = bench.execute(put(ask("b").setPrevKv(true)), PutResponse.class);

    assertThat(response.hasPrevKv()).isTrue();
    assertThat(response.getPrevKv().getValue().isEmpty()).isTrue();
    assertThat(ofNewKey.hasPrevKv()).isFalse();
    assertThat(response.hasHeader()).isFalse();
  }

  @Test
  void unknownLease_put_isRejectedBeforeTheMissingKey() {
    Rejection rejection = bench.rejection(put(ask("a").setLease(7).setIgnoreValue(true)));

    assertThat(rejection).isEqualTo(new Rejection.LeaseNotFound(new LeaseId(7)));
    assertThat(bench.store.head()).isEqualTo(1);
  }

  @Test
  void absentKey_valueOrLeaseKept_isRejected() {
    assertThat(bench.rejection(put(ask("a").setIgnoreValue(true))))
        .isEqualTo(new Rejection.KeyNotFound());
    assertThat(bench.rejection(put(ask("a").setIgnoreLease(true))))
        .isEqualTo(new Rejection.KeyNotFound());
  }

  /// Case 14.
  @Test
  void valueKeptWithoutLease_oldLeaseRevoked_keySurvives() {
    grant(7);
    bench.put("a", "x", 7);

    bench.execute(put(ask("a").setValue(bytes("")).setIgnoreValue(true)));
    bench.execute(LogCommand.newBuilder().setLeaseRevoke(LeaseRevokeRequest.newBuilder().setID(7)));

    assertThat(bench.get("a")).contains(new KeyValue(bytes("a"), bytes("x"), 2, 3, 2, 0));
  }

  @Test
  void leaseKept_valueReplaced_staysAttached() {
    grant(7);
    bench.put("a", "x", 7);

    bench.execute(put(ask("a").setValue(bytes("y")).setIgnoreLease(true)));

    assertThat(bench.get("a")).contains(new KeyValue(bytes("a"), bytes("y"), 2, 3, 2, 7));
    assertThat(bench.store.attachedKeys(7)).containsExactly(bytes("a"));
  }

  @Test
  void rangeDeleted_prevKvsAsked_areInKeyOrderOfOneRevision() {
    bench.put("b", "2");
    bench.put("a", "1");
    bench.put("c", "3");

    DeleteRangeResponse response =
        bench.execute(
            delete(
                DeleteRangeRequest.newBuilder()
                    .setKey(bytes("a"))
                    .setRangeEnd(bytes("c"))
                    .setPrevKv(true)),
            DeleteRangeResponse.class);

    assertThat(response.getDeleted()).isEqualTo(2);
    assertThat(response.getPrevKvsList())
        .extracting(pair -> pair.getKey().toStringUtf8())
        .containsExactly("a", "b");
    assertThat(bench.store.head()).isEqualTo(5);
    assertThat(bench.changes.getLast().changes()).hasSize(2);
    assertThat(bench.keys()).containsExactly("c");
  }

  /// Cases 6 and 19.
  @Test
  void nothingDeleted_revisionStays() {
    bench.put("a", "1");

    long missing =
        bench.applied(delete(DeleteRangeRequest.newBuilder().setKey(bytes("z")))).revision();
    long backwards =
        bench
            .applied(
                delete(DeleteRangeRequest.newBuilder().setKey(bytes("d")).setRangeEnd(bytes("b"))))
            .revision();

    assertThat(missing).isEqualTo(2);
    assertThat(backwards).isEqualTo(2);
  }

  /// Cases 3 and 5.
  @Test
  void compaction_repeatedOrAhead_isRejected() {
    bench.put("a", "1");
    bench.put("a", "2");

    assertThat(bench.applied(compaction(3)).revision()).isEqualTo(3);
    assertThat(bench.rejection(compaction(3)))
        .isEqualTo(new Rejection.Compacted(new RevisionBounds(3, 3)));
    assertThat(bench.rejection(compaction(4)))
        .isEqualTo(new Rejection.FutureRevision(new RevisionBounds(4, 3)));
    assertThat(bench.get("a")).isPresent();
  }

  @Test
  void compactionAtZero_firstTime_succeedsOnce() {
    bench.applied(compaction(0));

    assertThat(bench.rejection(compaction(0)))
        .isEqualTo(new Rejection.Compacted(new RevisionBounds(0, 0)));
    assertThat(bench.rejection(compaction(-3)))
        .isEqualTo(new Rejection.Compacted(new RevisionBounds(-3, 0)));
  }

  private void grant(long id) {
    bench.execute(
        LogCommand.newBuilder().setLeaseGrant(LeaseGrantRequest.newBuilder().setID(id).setTTL(60)));
  }

  private static PutRequest.Builder ask(String key) {
    return PutRequest.newBuilder().setKey(bytes(key));
  }

  private static LogCommand.Builder put(PutRequest.Builder put) {
    return LogCommand.newBuilder().setPut(put);
  }

  private static LogCommand.Builder delete(DeleteRangeRequest.Builder delete) {
    return LogCommand.newBuilder().setDeleteRange(delete);
  }

  private static LogCommand.Builder compaction(long revision) {
    return LogCommand.newBuilder()
        .setCompaction(CompactionRequest.newBuilder().setRevision(revision));
  }
}
