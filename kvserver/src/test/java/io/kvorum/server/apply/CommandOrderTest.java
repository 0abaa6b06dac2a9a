package io.kvorum.server.apply;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvorum.lease.Leases;
import io.kvorum.mvcc.ApplyBatch;
import io.kvorum.mvcc.MvccStore;
import io.kvorum.mvcc.StoreOptions;
import io.kvorum.proto.command.LogCommand;
import io.kvorum.proto.etcd.AlarmRequest;
import io.kvorum.proto.etcd.AlarmRequest.AlarmAction;
import io.kvorum.proto.etcd.AlarmType;
import io.kvorum.proto.etcd.LeaseGrantRequest;
import io.kvorum.raft.EntryId;
import io.kvorum.server.command.ApplyResult;
import io.kvorum.server.command.Rejection;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Alarms go before everything a command could be refused for by itself (api.md §4.1 step 9).
class CommandOrderTest {
  @TempDir private Path directory;
  private MvccStore store;
  private ApplyBatch batch;
  private Commands commands;

  @BeforeEach
  void open() {
    store = MvccStore.open(directory, StoreOptions.defaults());
    batch = store.newBatch();
    Leases leases = new Leases();
    commands =
        new Commands(
            new KvCommands(leases),
            new LeaseCommands(leases, () -> 0),
            new AlarmCommands(Optional.empty()),
            new MembershipCommands(
                Optional.of(MembershipCommands.founding(7, List.of("http://127.0.0.1:1"))),
                Optional.empty()));
  }

  @AfterEach
  void close() {
    batch.abandon();
    store.close();
  }

  @Test
  void grantOfTooLongLease_corruptAlarm_alarmDecides() {
    assertThat(grantTooLong()).isInstanceOf(Rejection.LeaseTtlTooLarge.class);

    raise(AlarmType.CORRUPT);

    assertThat(grantTooLong()).isInstanceOf(Rejection.Corrupt.class);
  }

  @Test
  void grantOfTooLongLease_noSpaceAlarm_alarmDecides() {
    raise(AlarmType.NOSPACE);

    assertThat(grantTooLong()).isInstanceOf(Rejection.NoSpace.class);
  }

  private void raise(AlarmType type) {
    var _ =
        apply(
            LogCommand.newBuilder()
                .setAlarm(
                    AlarmRequest.newBuilder()
                        .setAction(AlarmAction.ACTIVATE)
                        .setMemberID(7)
                        .setAlarm(type)));
  }

  private Rejection grantTooLong() {
    LeaseGrantRequest grant =
        LeaseGrantRequest.newBuilder().setID(5).setTTL(9_000_000_001L).build();
    return ((ApplyResult.Rejected) apply(LogCommand.newBuilder().setLeaseGrant(grant))).rejection();
  }

  private ApplyResult apply(LogCommand.Builder command) {
    return commands.apply(batch, new EntryId(3, 17), command.build(), TxnCommand.Answer.WANTED);
  }
}
