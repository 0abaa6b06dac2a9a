package io.kvorum.server.apply;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvorum.lease.LeaseId;
import io.kvorum.proto.command.LogCommand;
import io.kvorum.proto.command.MemberAttributes;
import io.kvorum.proto.etcd.AlarmRequest;
import io.kvorum.proto.etcd.AlarmType;
import io.kvorum.proto.etcd.LeaseGrantRequest;
import io.kvorum.proto.etcd.LeaseRevokeRequest;
import io.kvorum.proto.etcd.PutRequest;
import io.kvorum.raft.ProposalRefusal;
import io.kvorum.server.command.Rejection;
import io.kvorum.server.propose.ProposalFailure;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What the state machine makes of a state that it did not come to by itself.
class InstalledSnapshotTest {
  @TempDir private Path directory;
  private Workbench ahead;
  private Workbench behind;

  @BeforeEach
  void open() {
    ahead = new Workbench(directory.resolve("ahead"));
    behind = new Workbench(directory.resolve("behind"));
    for (Workbench member : List.of(ahead, behind)) {
      member.execute(grant(8));
      member.put("old", "1", 8);
    }
  }

  @AfterEach
  void close() {
    ahead.close();
    behind.close();
  }

  private void install() {
    behind.install(ahead, directory.resolve("checkpoint"));
  }

  private static LogCommand.Builder grant(long id) {
    return LogCommand.newBuilder()
        .setLeaseGrant(LeaseGrantRequest.newBuilder().setID(id).setTTL(60));
  }

  private static LogCommand.Builder put(String key) {
    return LogCommand.newBuilder().setPut(PutRequest.newBuilder().setKey(Workbench.bytes(key)));
  }

  @Test
  void otherLeases_installed_takeThePlaceOfTheOldOnes() {
    ahead.execute(LogCommand.newBuilder().setLeaseRevoke(LeaseRevokeRequest.newBuilder().setID(8)));
    ahead.execute(grant(7));

    install();

    assertThat(behind.leases.list()).containsExactly(new LeaseId(7));
    assertThat(behind.keys()).isEmpty();
    assertThat(behind.rejection(grant(7))).isInstanceOf(Rejection.LeaseExists.class);
    assertThat(behind.put("new", "2", 7)).isEqualTo(ahead.store.head() + 1);
  }

  @Test
  void otherFacts_installed_arePublishedAndObeyed() {
    ahead.execute(
        LogCommand.newBuilder()
            .setMemberAttributes(MemberAttributes.newBuilder().setMemberId(5).setName("five")));
    ahead.execute(
        LogCommand.newBuilder()
            .setAlarm(
                AlarmRequest.newBuilder()
                    .setAction(AlarmRequest.AlarmAction.ACTIVATE)
                    .setMemberID(5)
                    .setAlarm(AlarmType.NOSPACE)));

    install();

    ClusterState state = behind.batches.clusterState();
    assertThat(state.membership().getMembers(0).getName()).isEqualTo("five");
    assertThat(state.alarms().isRaised(AlarmType.NOSPACE)).isTrue();
    assertThat(behind.listener.all).contains(new ToldApplied.Told.Membership(state));
    assertThat(behind.appliedIndex.get()).isEqualTo(ahead.appliedIndex.get());
    assertThat(behind.rejection(put("more"))).isInstanceOf(Rejection.NoSpace.class);
  }

  @Test
  void proposalsOnTheirWay_snapshotInstalled_haveAnUnknownOutcomeButForParkedOnes() {
    Workbench.Outcome handedOver = behind.propose(put("sent"));
    Workbench.Outcome parked = behind.propose(put("parked"));
    behind.proposals.refused(behind.lastToken, ProposalRefusal.NO_LEADER);
    ahead.put("a", "1");

    install();

    assertThat(handedOver.events).containsExactly(new ProposalFailure.Overtaken());
    assertThat(parked.events).isEmpty();
  }

  @Test
  void leaderThatWasDeposedUnheard_snapshotInstalled_vouchesForNoLease() throws Exception {
    behind.becomeLeader(4);
    behind.clock.advance(Duration.ofSeconds(61)); // the lease has expired and is to be revoked
    List<Object> answers = new ArrayList<>();
    LeaseRequests requests = new LeaseRequests(behind.leases, behind.store, behind.inbox);
    requests.keepAlive(
        new LeaseId(8),
        behind.loop,
        new Lessor.Callback<>() {
          @Override
          public void answered(Lessor.KeepAlive answer) {
            answers.add(answer);
          }

          @Override
          public void failed(LeaseFailure failure) {
            answers.add(failure);
          }
        });
    behind.inbox.take(0).tasks().forEach(task -> task.run(behind.clock.getAsLong()));
    ahead.put("a", "1");
    ahead.put("b", "1");
    ahead.term = 5;
    ahead.put("c", "1");

    install();

    assertThat(answers).containsExactly(LeaseFailure.NOT_PRIMARY);
  }
}
