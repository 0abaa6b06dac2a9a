package io.kvorum.server.apply;

import static io.kvorum.server.apply.Workbench.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvorum.lease.LeaseId;
import io.kvorum.proto.command.Checkpoint;
import io.kvorum.proto.command.ExpiredLease;
import io.kvorum.proto.command.LeaseCheckpoints;
import io.kvorum.proto.command.LogCommand;
import io.kvorum.proto.etcd.LeaseGrantRequest;
import io.kvorum.proto.etcd.LeaseGrantResponse;
import io.kvorum.proto.etcd.LeaseRevokeRequest;
import io.kvorum.server.command.Rejection;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Grant, revoke, expiry and checkpoints as the log has them (api.md §3.4, raft.md B6).
class LeaseCommandsTest {
  private static final LeaseId LEASE_7 = new LeaseId(7);

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

  /// Case 38.
  @Test
  void grants_repeatedOrTooLong_areRejected() {
    LeaseGrantResponse granted = bench.execute(grant(7, 60), LeaseGrantResponse.class);

    assertThat(granted.getID()).isEqualTo(7);
    assertThat(granted.getTTL()).isEqualTo(60);
    assertThat(bench.rejection(grant(7, 60))).isEqualTo(new Rejection.LeaseExists(LEASE_7));
    assertThat(bench.rejection(grant(7, 9_000_000_001L)))
        .isEqualTo(new Rejection.LeaseTtlTooLarge(9_000_000_001L));
    assertThat(bench.store.head()).isEqualTo(1);
  }

  /// Case 37.
  @Test
  void extremeIds_workThroughRestartAndRevoke() {
    for (long id : new long[] {-1, Long.MAX_VALUE, Long.MIN_VALUE}) {
      bench.execute(grant(id, 60));
      bench.put("k" + id, "v", id);
    }

    restart();

    for (long id : new long[] {-1, Long.MAX_VALUE, Long.MIN_VALUE}) {
      bench.applied(revoke(id));
    }
    assertThat(bench.keys()).isEmpty();
  }

  @Test
  void leaseWithKeys_revoked_deletesThemSortedInOneRevision() {
    bench.execute(grant(7, 60));
    bench.put("c", "1", 7);
    bench.put("a", "1", 7);
    bench.put("b", "1");

    long revision = bench.applied(revoke(7)).revision();

    assertThat(revision).isEqualTo(5);
    assertThat(bench.changes.getLast().changes())
        .extracting(change -> change.keyValue().key().toStringUtf8())
        .containsExactly("a", "c");
    assertThat(bench.keys()).containsExactly("b");
  }

  /// Case 39.
  @Test
  void leaseWithoutKeys_revoked_keepsTheRevisionAndIsGone() {
    bench.execute(grant(7, 60));

    assertThat(bench.applied(revoke(7)).revision()).isEqualTo(1);
    assertThat(bench.rejection(revoke(7))).isEqualTo(new Rejection.LeaseNotFound(LEASE_7));
  }

  /// Case 42.
  @Test
  void keysMovedOrDetached_oldLeaseRevokedAfterRestart_survive() {
    bench.execute(grant(7, 60));
    bench.execute(grant(8, 60));
    bench.put("moved", "1", 7);
    bench.put("moved", "2", 8);
    bench.put("detached", "1", 7);
    bench.put("detached", "2");
    bench.put("kept", "1", 7);

    restart();
    bench.applied(revoke(7));

    assertThat(bench.keys()).containsExactly("detached", "moved");
  }

  @Test
  void expiryOfManyLeases_inOneEntry_givesEachItsRevision() {
    bench.execute(grant(7, 60));
    bench.execute(grant(8, 60));
    bench.put("a", "1", 7);
    bench.put("b", "1", 8);
    long head = bench.store.head();

    bench.execute(expiry(bench.term, new long[][] {{7, 1}, {8, 2}}));

    assertThat(bench.store.head()).isEqualTo(head + 2);
    assertThat(bench.keys()).isEmpty();
  }

  @Test
  void expiryDecidedInAnotherTerm_isIgnored() {
    bench.execute(grant(7, 60));

    bench.execute(expiry(bench.term - 1, new long[][] {{7, 1}}));

    assertThat(bench.machine.leaseBook().leases().contains(LEASE_7)).isTrue();
  }

  @Test
  void leaseGrantedAnew_expiryOfItsFormerLife_isIgnored() {
    bench.execute(grant(7, 60));
    bench.execute(revoke(7));
    bench.execute(grant(7, 60));

    bench.execute(expiry(bench.term, new long[][] {{7, 1}}));

    assertThat(bench.machine.leaseBook().leases().contains(LEASE_7)).isTrue();
  }

  @Test
  void checkpoint_restart_keepsTheTimeNoted() {
    bench.execute(grant(7, 60));
    bench.execute(checkpoint(bench.term, 1, 40_000));

    restart();

    assertThat(remainingMillis()).isEqualTo(40_000);
    bench.execute(checkpoint(bench.term, 1, 0));
    restart();
    assertThat(remainingMillis()).isEqualTo(60_000);
  }

  @Test
  void checkpointOfAnotherTermOrGeneration_isIgnored() {
    bench.execute(grant(7, 60));

    bench.execute(checkpoint(bench.term - 1, 1, 40_000));
    bench.execute(checkpoint(bench.term, 2, 40_000));

    assertThat(remainingMillis()).isEqualTo(60_000);
  }

  @Test
  void keyAttached_toTheStore_isListedByLease() {
    bench.execute(grant(7, 60));
    bench.put("b", "1", 7);
    bench.put("a", "1", 7);

    assertThat(bench.store.attachedKeys(7)).containsExactly(bytes("a"), bytes("b"));
  }

  private long remainingMillis() {
    return bench.machine.leaseBook().leases().find(LEASE_7).orElseThrow().remainingMillis();
  }

  private void restart() {
    bench.close();
    bench = new Workbench(directory);
  }

  private static LogCommand.Builder grant(long id, long ttlSeconds) {
    return LogCommand.newBuilder()
        .setLeaseGrant(LeaseGrantRequest.newBuilder().setID(id).setTTL(ttlSeconds));
  }

  private static LogCommand.Builder revoke(long id) {
    return LogCommand.newBuilder().setLeaseRevoke(LeaseRevokeRequest.newBuilder().setID(id));
  }

  private static LogCommand.Builder expiry(long term, long[][] leases) {
    var expiry = io.kvorum.proto.command.LeaseExpiry.newBuilder().setTerm(term);
    for (long[] lease : leases) {
      expiry.addLeases(ExpiredLease.newBuilder().setId(lease[0]).setGeneration(lease[1]));
    }
    return LogCommand.newBuilder().setLeaseExpiry(expiry);
  }

  private static LogCommand.Builder checkpoint(long term, long generation, long millis) {
    return LogCommand.newBuilder()
        .setLeaseCheckpoints(
            LeaseCheckpoints.newBuilder()
                .setTerm(term)
                .addCheckpoints(
                    Checkpoint.newBuilder()
                        .setId(7)
                        .setGeneration(generation)
                        .setRemainingMillis(millis)));
  }
}
