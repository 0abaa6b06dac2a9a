package io.kvorum.server.apply;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvorum.proto.command.LogCommand;
import io.kvorum.proto.command.MemberAddresses;
import io.kvorum.proto.command.MemberChange;
import io.kvorum.raft.membership.Configuration;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.server.apply.ToldApplied.Told;
import io.kvorum.server.command.ApplyResult;
import io.kvorum.server.command.MembershipRefusal;
import io.kvorum.server.command.Rejection;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Configuration entries, applied (raft.md M2).
class MemberChangeTest {
  private static final MemberId LEARNER = new MemberId(70);
  private static final MemberId FOUNDER = new MemberId(Workbench.FOUNDER.getId());

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

  private static LogCommand.Builder adding(long id, String url, boolean learner) {
    return LogCommand.newBuilder()
        .setMemberChange(
            MemberChange.newBuilder()
                .setAdded(
                    MemberChange.Added.newBuilder()
                        .setId(id)
                        .addPeerUrls(url)
                        .setLearner(learner)
                        .setMaxLearners(1)));
  }

  private static LogCommand.Builder removing(long id) {
    return LogCommand.newBuilder().setMemberChange(MemberChange.newBuilder().setRemoved(id));
  }

  private static LogCommand.Builder promoting(long id) {
    return LogCommand.newBuilder().setMemberChange(MemberChange.newBuilder().setPromoted(id));
  }

  private void assertRefused(LogCommand.Builder command, MembershipRefusal refusal) {
    assertThat(bench.execute(command))
        .isEqualTo(new ApplyResult.Rejected(new Rejection.Membership(refusal)));
  }

  private List<Configuration> configurations() {
    return bench.listener.all.stream()
        .filter(Told.Configured.class::isInstance)
        .map(told -> ((Told.Configured) told).configuration())
        .toList();
  }

  @Test
  void learner_addedPromotedRemoved_changesTheConfigurationEachTime() {
    MemberId added = new MemberId(70);

    bench.applied(adding(70, "http://10.0.0.7:2380", true));
    bench.applied(promoting(70));
    bench.applied(removing(70));

    assertThat(configurations())
        .containsExactly(
            Configuration.of(List.of(FOUNDER), List.of(added)),
            Configuration.ofVoters(List.of(FOUNDER, added)),
            Configuration.ofVoters(List.of(FOUNDER)));
    assertThat(bench.batches.clusterState().isRemoved(added)).isTrue();
  }

  @Test
  void change_thatDoesNotFit_changesNothingAndIsReportedAllTheSame() {
    bench.applied(adding(70, "http://10.0.0.7:2380", true));
    bench.applied(removing(70));
    var before = bench.batches.clusterState();

    assertRefused(
        adding(FOUNDER.value(), "http://10.0.0.8:2380", false), MembershipRefusal.MEMBER_EXISTS);
    assertRefused(adding(70, "http://10.0.0.7:2380", false), MembershipRefusal.MEMBER_EXISTS);
    assertRefused(
        adding(71, Workbench.FOUNDER.getPeerUrls(0), false), MembershipRefusal.PEER_URL_EXISTS);
    assertRefused(removing(70), MembershipRefusal.MEMBER_NOT_FOUND);
    assertRefused(removing(FOUNDER.value()), MembershipRefusal.NOT_ENOUGH_STARTED);
    assertRefused(promoting(FOUNDER.value()), MembershipRefusal.NOT_A_LEARNER);
    assertRefused(promoting(99), MembershipRefusal.MEMBER_NOT_FOUND);

    assertThat(bench.batches.clusterState()).isEqualTo(before);
    assertThat(configurations()).hasSize(2 + 7);
    assertThat(configurations().getLast()).isEqualTo(Configuration.ofVoters(List.of(FOUNDER)));
  }

  private static LogCommand.Builder leavingAlone(long id, String url) {
    return LogCommand.newBuilder()
        .setMemberChange(
            MemberChange.newBuilder()
                .setAlone(MemberChange.Alone.newBuilder().setId(id).addPeerUrls(url)));
  }

  @Test
  void learner_leftAlone_votes_andTheOthersNeverComeBack() {
    bench.applied(adding(70, "http://10.0.0.7:2380", true));
    bench.applied(adding(71, "http://10.0.0.8:2380", false));

    bench.applied(leavingAlone(70, "http://elsewhere:2380"));

    ClusterState state = bench.batches.clusterState();
    assertThat(configurations().getLast()).isEqualTo(Configuration.ofVoters(List.of(LEARNER)));
    assertThat(state.membership().getMembers(0).getPeerUrlsList())
        .containsExactly("http://10.0.0.7:2380");
    assertThat(state.membership().getRemovedList()).containsExactly(FOUNDER.value(), 71L);
    assertRefused(adding(71, "http://10.0.0.9:2380", false), MembershipRefusal.MEMBER_EXISTS);

    bench.applied(leavingAlone(70, "http://elsewhere:2380"));
    assertThat(bench.batches.clusterState()).as("again").isEqualTo(state);
  }

  @Test
  void removedMember_leftAlone_belongsAgain() {
    bench.applied(adding(70, "http://10.0.0.7:2380", false));
    bench.applied(removing(70));

    bench.applied(leavingAlone(70, "http://10.0.0.70:2380"));

    ClusterState state = bench.batches.clusterState();
    assertThat(configurations().getLast()).isEqualTo(Configuration.ofVoters(List.of(LEARNER)));
    assertThat(state.membership().getMembers(0).getPeerUrlsList())
        .containsExactly("http://10.0.0.70:2380");
    assertThat(state.membership().getRemovedList()).containsExactly(FOUNDER.value());
  }

  @Test
  void secondLearner_addedWhereOneIsAllowed_isRefused() {
    bench.applied(adding(70, "http://10.0.0.7:2380", true));

    assertRefused(adding(71, "http://10.0.0.8:2380", true), MembershipRefusal.TOO_MANY_LEARNERS);
  }

  @Test
  void addresses_changed_areToldAndSurviveRestart() {
    bench.applied(
        LogCommand.newBuilder()
            .setMemberAddresses(
                MemberAddresses.newBuilder()
                    .setMemberId(FOUNDER.value())
                    .addPeerUrls("http://10.0.0.99:2380")));

    assertThat(bench.listener.all).hasAtLeastOneElementOfType(Told.Membership.class);
    bench.close();
    bench = new Workbench(directory);
    assertThat(bench.batches.clusterState().membership().getMembers(0).getPeerUrlsList())
        .containsExactly("http://10.0.0.99:2380");
  }
}
