package io.kvorum.server.apply;

import static io.kvorum.server.apply.Workbench.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvorum.mvcc.ChangeSet;
import io.kvorum.proto.command.Checkpoint;
import io.kvorum.proto.command.ExpiredLease;
import io.kvorum.proto.command.LeaseCheckpoints;
import io.kvorum.proto.command.LogCommand;
import io.kvorum.proto.etcd.AlarmRequest;
import io.kvorum.proto.etcd.AlarmType;
import io.kvorum.proto.etcd.CompactionRequest;
import io.kvorum.proto.etcd.Compare;
import io.kvorum.proto.etcd.DeleteRangeRequest;
import io.kvorum.proto.etcd.LeaseGrantRequest;
import io.kvorum.proto.etcd.LeaseRevokeRequest;
import io.kvorum.proto.etcd.PutRequest;
import io.kvorum.proto.etcd.RangeRequest;
import io.kvorum.proto.etcd.RequestOp;
import io.kvorum.proto.etcd.TxnRequest;
import io.kvorum.raft.Entry;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The same log gives the same state, however its entries are cut into batches, whether somebody
/// waits for the answers or not, and with restarts in between (style 2.7).
class DeterminismTest {
  private static final int ENTRIES = 600;

  @TempDir Path directory;

  @Test
  void oneLog_cutIntoBatchesDifferently_givesOneState() {
    for (long seed = 1; seed <= 3; seed++) {
      List<Entry> log;
      int hash;
      List<ChangeSet> changes;
      try (Workbench asked = new Workbench(directory.resolve("asked" + seed))) {
        fill(asked, seed);
        asked.applyAll(1);
        log = List.copyOf(asked.log);
        hash = asked.hash();
        changes = List.copyOf(asked.changes);
      }
      for (int cut : new int[] {7, 64, ENTRIES}) {
        try (Workbench other = new Workbench(directory.resolve("cut" + cut + "-" + seed))) {
          other.log.addAll(log);
          other.applyAll(cut);

          assertThat(other.hash()).as("seed %d, cut %d", seed, cut).isEqualTo(hash);
          assertThat(other.changes).as("seed %d, cut %d", seed, cut).isEqualTo(changes);
        }
      }
      assertThat(withRestarts(log, seed)).as("seed %d, restarts", seed).isEqualTo(hash);
    }
  }

  private int withRestarts(List<Entry> log, long seed) {
    Path place = directory.resolve("restarted" + seed);
    int half = log.size() / 2;
    try (Workbench first = new Workbench(place)) {
      first.log.addAll(log.subList(0, half));
      first.applyAll(16);
    }
    try (Workbench second = new Workbench(place)) {
      second.log.addAll(log);
      second.applyAll(16);
      return second.hash();
    }
  }

  private static void fill(Workbench bench, long seed) {
    Random random = new Random(seed);
    for (int i = 0; i < ENTRIES; i++) {
      var _ = bench.propose(command(random, bench.term));
    }
  }

  private static LogCommand.Builder command(Random random, long term) {
    LogCommand.Builder command = LogCommand.newBuilder();
    int kind = random.nextInt(20);
    if (kind < 8) {
      return command.setPut(put(random));
    }
    if (kind < 11) {
      return command.setDeleteRange(delete(random));
    }
    if (kind < 15) {
      return command.setTxn(txn(random));
    }
    if (kind < 16) {
      return command.setLeaseGrant(
          LeaseGrantRequest.newBuilder().setID(lease(random)).setTTL(random.nextInt(1, 100)));
    }
    if (kind < 17) {
      return command.setLeaseRevoke(LeaseRevokeRequest.newBuilder().setID(lease(random)));
    }
    if (kind < 18) {
      return command.setCompaction(CompactionRequest.newBuilder().setRevision(random.nextInt(300)));
    }
    if (kind < 19) {
      return timed(random, term);
    }
    return command.setAlarm(
        AlarmRequest.newBuilder()
            .setActionValue(random.nextInt(3))
            .setMemberID(5)
            .setAlarm(random.nextInt(8) == 0 ? AlarmType.NOSPACE : AlarmType.NONE));
  }

  private static LogCommand.Builder timed(Random random, long term) {
    long generation = random.nextInt(ENTRIES);
    if (random.nextBoolean()) {
      return LogCommand.newBuilder()
          .setLeaseExpiry(
              io.kvorum.proto.command.LeaseExpiry.newBuilder()
                  .setTerm(term)
                  .addLeases(
                      ExpiredLease.newBuilder().setId(lease(random)).setGeneration(generation)));
    }
    return LogCommand.newBuilder()
        .setLeaseCheckpoints(
            LeaseCheckpoints.newBuilder()
                .setTerm(term)
                .addCheckpoints(
                    Checkpoint.newBuilder()
                        .setId(lease(random))
                        .setGeneration(generation)
                        .setRemainingMillis(random.nextInt(1_000))));
  }

  private static PutRequest.Builder put(Random random) {
    return PutRequest.newBuilder()
        .setKey(bytes(key(random)))
        .setValue(bytes("v" + random.nextInt(1_000)))
        .setLease(random.nextInt(3) == 0 ? lease(random) : 0)
        .setPrevKv(random.nextBoolean());
  }

  private static DeleteRangeRequest.Builder delete(Random random) {
    DeleteRangeRequest.Builder delete =
        DeleteRangeRequest.newBuilder().setKey(bytes(key(random))).setPrevKv(random.nextBoolean());
    return random.nextInt(4) == 0 ? delete.setRangeEnd(bytes(key(random))) : delete;
  }

  private static TxnRequest.Builder txn(Random random) {
    TxnRequest.Builder txn =
        TxnRequest.newBuilder()
            .addCompare(
                Compare.newBuilder()
                    .setKey(bytes(key(random)))
                    .setTargetValue(random.nextInt(3))
                    .setResultValue(random.nextInt(4)));
    for (int i = 0; i < 3; i++) {
      txn.addSuccess(operation(random)).addFailure(operation(random));
    }
    return txn;
  }

  private static RequestOp.Builder operation(Random random) {
    RequestOp.Builder operation = RequestOp.newBuilder();
    return switch (random.nextInt(4)) {
      case 0 -> operation.setRequestPut(put(random));
      case 1 -> operation.setRequestDeleteRange(delete(random));
      case 2 ->
          operation.setRequestRange(
              RangeRequest.newBuilder().setKey(bytes("k")).setRangeEnd(bytes("l")));
      default -> operation.setRequestTxn(TxnRequest.newBuilder().addSuccess(simple(random)));
    };
  }

  private static RequestOp.Builder simple(Random random) {
    return RequestOp.newBuilder().setRequestPut(put(random));
  }

  private static String key(Random random) {
    return "k%02d".formatted(random.nextInt(40));
  }

  private static long lease(Random random) {
    return random.nextLong(1, 6);
  }
}
