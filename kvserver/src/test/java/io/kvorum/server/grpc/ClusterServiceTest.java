package io.kvorum.server.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.kvorum.proto.command.MemberChange;
import io.kvorum.proto.etcd.ClusterGrpc;
import io.kvorum.proto.etcd.ClusterGrpc.ClusterBlockingStub;
import io.kvorum.proto.etcd.KVGrpc;
import io.kvorum.proto.etcd.MaintenanceGrpc;
import io.kvorum.proto.etcd.MemberAddRequest;
import io.kvorum.proto.etcd.MemberAddResponse;
import io.kvorum.proto.etcd.MemberListRequest;
import io.kvorum.proto.etcd.MemberPromoteRequest;
import io.kvorum.proto.etcd.MemberRemoveRequest;
import io.kvorum.proto.etcd.MemberUpdateRequest;
import io.kvorum.proto.etcd.MoveLeaderRequest;
import io.kvorum.proto.etcd.PutRequest;
import io.kvorum.proto.etcd.RangeRequest;
import io.kvorum.proto.etcd.StatusRequest;
import io.kvorum.raft.RoleKind;
import io.kvorum.server.command.MembershipRefusal;
import io.kvorum.server.command.Rejection;
import io.kvorum.server.propose.ProposalFailure;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// `api.md` §3.5: changes of the membership, and what learners serve.
class ClusterServiceTest {
  private static final String URL = "http://10.0.0.9:2380";

  @TempDir Path directory;
  private ServedStore served;
  private ClusterBlockingStub cluster;

  @BeforeEach
  void serve() throws Exception {
    served = ServedStore.in(directory.resolve("db"));
    cluster = ClusterGrpc.newBlockingStub(served.channel());
    served.commands.apply(MemberChange.getDefaultInstance(), 8);
  }

  @AfterEach
  void stop() {
    served.close();
  }

  @Test
  void removal_ofAMemberThatIsDown_isProposedAndAnswersWithTheMembers() {
    var answer = cluster.memberRemove(MemberRemoveRequest.newBuilder().setID(-5).build());

    assertThat(served.commands.proposed().getFirst().getMemberChange().getRemoved()).isEqualTo(-5);
    assertThat(answer.getMembersList()).isEqualTo(ServedStore.MEMBERS);
    assertThat(answer.getHeader()).isEqualTo(served.headers.withoutRevision());
  }

  @Test
  void addition_ofALearner_answersWithItsIdAndSortedUrls() {
    MemberAddResponse answer =
        cluster.memberAdd(
            MemberAddRequest.newBuilder()
                .addPeerURLs(URL)
                .addPeerURLs("http://10.0.0.8:2380")
                .setIsLearner(true)
                .build());

    MemberChange.Added proposed =
        served.commands.proposed().getFirst().getMemberChange().getAdded();
    assertThat(proposed.getPeerUrlsList()).containsExactly("http://10.0.0.8:2380", URL);
    assertThat(proposed.getLearner()).isTrue();
    assertThat(proposed.getMaxLearners()).isEqualTo(1);
    assertThat(answer.getMember().getID()).isEqualTo(proposed.getId()).isNotZero();
    assertThat(answer.getMember().getIsLearner()).isTrue();
    assertThat(answer.getMembersList()).isEqualTo(ServedStore.MEMBERS);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "10.0.0.9:2380", "ftp://10.0.0.9:2380", "http://h", "http://h:1/x"})
  void addition_ofWhatIsNoPeerUrl_isRefused(String url) {
    Status status =
        Calls.failureOf(
            () -> cluster.memberAdd(MemberAddRequest.newBuilder().addPeerURLs(url).build()));

    assertThat(status.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(status.getDescription()).isEqualTo("etcdserver: given member URLs are invalid");
  }

  @Test
  void changes_ofAnUnknownMember_areRefused() {
    for (Runnable call :
        new Runnable[] {
          () -> cluster.memberRemove(MemberRemoveRequest.newBuilder().setID(99).build()),
          () -> cluster.memberPromote(MemberPromoteRequest.newBuilder().setID(99).build())
        }) {
      Status status = Calls.failureOf(call);
      assertThat(status.getCode()).isEqualTo(Status.Code.NOT_FOUND);
      assertThat(status.getDescription()).isEqualTo("etcdserver: member not found");
    }
  }

  @ParameterizedTest
  @EnumSource(MembershipRefusal.class)
  void refusal_byTheStateMachineOrTheLeader_isToldWithTheSameStatus(MembershipRefusal refusal) {
    served.commands.reject(new Rejection.Membership(refusal));
    Status ofMachine = Calls.failureOf(this::updateUrls);
    served.commands.fail(new ProposalFailure.ChangeRefused(refusal));
    Status ofLeader = Calls.failureOf(this::updateUrls);

    assertThat(ofMachine.getDescription()).startsWith("etcdserver: ");
    assertThat(ofLeader.getCode()).isEqualTo(ofMachine.getCode());
    assertThat(ofLeader.getDescription()).isEqualTo(ofMachine.getDescription());
  }

  private void updateUrls() {
    var _ =
        cluster.memberUpdate(MemberUpdateRequest.newBuilder().setID(17).addPeerURLs(URL).build());
  }

  @Test
  void learner_servesItsStatusAndSerializableRangesOnly() {
    served.learner = true;
    var keys = KVGrpc.newBlockingStub(served.channel());
    var maintenance = MaintenanceGrpc.newBlockingStub(served.channel());
    RangeRequest range = RangeRequest.newBuilder().setKey(ByteString.copyFromUtf8("k")).build();

    assertThat(maintenance.status(StatusRequest.getDefaultInstance()).getIsLearner()).isTrue();
    assertThat(keys.range(range.toBuilder().setSerializable(true).build()).getCount()).isZero();
    for (Runnable call :
        new Runnable[] {
          () -> keys.range(range),
          () -> keys.put(PutRequest.newBuilder().setKey(ByteString.copyFromUtf8("k")).build()),
          () -> cluster.memberList(MemberListRequest.getDefaultInstance())
        }) {
      Status status = Calls.failureOf(call);
      assertThat(status.getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
      assertThat(status.getDescription()).isEqualTo("etcdserver: rpc not supported for learner");
    }
  }

  @Test
  void leadership_movedByTheWrongMemberOrToAStranger_isRefused() {
    var maintenance = MaintenanceGrpc.newBlockingStub(served.channel());

    Status atFollower =
        Calls.failureOf(
            () -> maintenance.moveLeader(MoveLeaderRequest.newBuilder().setTargetID(17).build()));
    served.role = RoleKind.LEADER;
    Status toStranger =
        Calls.failureOf(
            () -> maintenance.moveLeader(MoveLeaderRequest.newBuilder().setTargetID(99).build()));
    Status tooLong =
        Calls.failureOf(
            () -> maintenance.moveLeader(MoveLeaderRequest.newBuilder().setTargetID(-5).build()));

    assertThat(atFollower.getDescription()).isEqualTo("etcdserver: not leader");
    assertThat(toStranger.getDescription()).isEqualTo("etcdserver: bad leader transferee");
    assertThat(tooLong.getDescription())
        .isEqualTo("etcdserver: request timed out, leader transfer took too long");
  }
}
