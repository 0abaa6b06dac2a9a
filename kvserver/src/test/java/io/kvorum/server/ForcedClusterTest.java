package io.kvorum.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.grpc.ChannelCredentials;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.kvorum.proto.command.LogCommand;
import io.kvorum.proto.command.MemberChange;
import io.kvorum.proto.etcd.ClusterGrpc;
import io.kvorum.proto.etcd.KVGrpc;
import io.kvorum.proto.etcd.MemberListRequest;
import io.kvorum.proto.etcd.PutRequest;
import io.kvorum.proto.etcd.RangeRequest;
import io.kvorum.raft.Ballot;
import io.kvorum.raft.Entry;
import io.kvorum.raft.EntryId;
import io.kvorum.raft.EntryKind;
import io.kvorum.raft.HardState;
import io.kvorum.raft.Persist;
import io.kvorum.raft.log.LogOptions;
import io.kvorum.raft.log.RecoveredLog;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.server.command.CommandCodec;
import io.kvorum.server.command.ProposalId;
import io.kvorum.server.config.CommandLine;
import io.kvorum.server.config.MemberConfig;
import io.kvorum.server.config.ServerFlags;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A member of three whose log ends with entries of which it has not heard that they are committed,
/// forced to go on alone (decision 12).
class ForcedClusterTest {
  private static final ByteString KEY = ByteString.copyFromUtf8("acknowledged elsewhere");
  private static final MemberId LEADER = new MemberId(0x5ead);
  private static final long ADDED = 70;
  private static final String FORCE = "--force-new-cluster";
  private static final ChannelCredentials NO_TLS = InsecureChannelCredentials.create();

  @TempDir private Path directory;
  private int oldPeerPort;
  private String clientUrl = "";
  private String peerUrl = "";

  @BeforeEach
  void choosePorts() throws IOException {
    oldPeerPort = freePort();
    clientUrl = "http://127.0.0.1:" + freePort();
    peerUrl = "http://127.0.0.1:" + freePort();
  }

  private static int freePort() throws IOException {
    try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return probe.getLocalPort();
    }
  }

  private MemberConfig config(String... flags) {
    List<String> all =
        new ArrayList<>(
            List.of(
                "--name=a",
                "--data-dir=" + directory.resolve("data"),
                "--listen-client-urls=" + clientUrl,
                "--advertise-client-urls=" + clientUrl,
                "--listen-peer-urls=" + peerUrl,
                "--initial-advertise-peer-urls=" + peerUrl,
                "--initial-cluster=a="
                    + peerUrl
                    + ",c=http://127.0.0.1:2,b=http://127.0.0.1:"
                    + oldPeerPort));
    all.addAll(List.of(flags));
    return ((CommandLine.Run) ServerFlags.parse(all, Map.of(), Optional::empty)).config();
  }

  private interface Look {
    void at(MemberFiles files) throws IOException;
  }

  private void open(MemberConfig config, Look look) throws Exception {
    MemberFiles files = MemberFiles.open(config, LogOptions.defaults(System::nanoTime));
    try {
      look.at(files);
    } finally {
      files.recovery().log().close();
      files.close();
    }
  }

  /// A put, and the addition of a member, both of term 2; only the founding is known to be
  /// committed.
  private void writeUncommittedTail() throws Exception {
    LogCommand.Builder put =
        LogCommand.newBuilder().setPut(PutRequest.newBuilder().setKey(KEY).setValue(KEY));
    LogCommand.Builder addition =
        LogCommand.newBuilder()
            .setMemberChange(
                MemberChange.newBuilder()
                    .setAdded(
                        MemberChange.Added.newBuilder()
                            .setId(ADDED)
                            .addPeerUrls("http://127.0.0.1:3")));
    append(
        new HardState(new Ballot(2, Optional.of(LEADER)), 1),
        entry(2, EntryKind.NORMAL, put),
        entry(3, EntryKind.CONFIGURATION, addition));
  }

  private static Entry entry(long index, EntryKind kind, LogCommand.Builder command) {
    ProposalId id = new ProposalId(new ProposalId.Proposer(LEADER, 1), index);
    return new Entry(new EntryId(2, index), kind, CommandCodec.encode(command, id));
  }

  private void append(HardState state, Entry... entries) throws Exception {
    Persist command = new Persist(1, Optional.of(state), List.of(entries), Optional.empty());
    open(config(), files -> files.recovery().log().append(List.of(command)));
  }

  /// Starts the member, and returns the ids of the members once it has served the pair of the tail.
  private List<Long> membersServedBy(MemberConfig config) throws Exception {
    List<Integer> halts = new ArrayList<>();
    ManagedChannel channel =
        Grpc.newChannelBuilder(URI.create(clientUrl).getAuthority(), NO_TLS).build();
    try (Member _ = Member.start(config, new FatalErrors(halts::add), () -> halts.add(0))) {
      assertThat(
              KVGrpc.newBlockingStub(channel)
                  .range(RangeRequest.newBuilder().setKey(KEY).build())
                  .getKvsList())
          .hasSize(1);
      return ClusterGrpc.newBlockingStub(channel)
          .memberList(MemberListRequest.getDefaultInstance())
          .getMembersList()
          .stream()
          .map(member -> member.getID())
          .toList();
    } finally {
      channel.shutdownNow();
      assertThat(halts).isEmpty();
    }
  }

  @Test
  void tail_forced_isCommittedUpToAnEntryOfANewTerm() throws Exception {
    writeUncommittedTail();
    StoreIdentity[] before = new StoreIdentity[1];
    open(config(), files -> before[0] = files.directory().identity());

    open(
        config(FORCE),
        files -> {
          RecoveredLog recovered = files.recovery().recovered();
          Ballot ownTerm = new Ballot(3, Optional.of(files.self()));
          assertThat(recovered.last()).isEqualTo(new EntryId(3, 4));
          assertThat(recovered.hardState()).isEqualTo(new HardState(ownTerm, 4));
          assertThat(recovered.committedConfiguration()).isEqualTo(4);
          assertThat(files.directory().identity()).isEqualTo(before[0]);
        });
  }

  @Test
  void tail_forced_isKept_andWhomItAddsDoesNotStay() throws Exception {
    writeUncommittedTail();
    List<Long> self = new ArrayList<>();
    open(config(), files -> self.add(files.self().value()));

    assertThat(membersServedBy(config(FORCE))).isEqualTo(self);
    assertThat(membersServedBy(config(FORCE))).as("forced again").isEqualTo(self);
    assertThat(membersServedBy(config())).as("started as usual").isEqualTo(self);
  }

  @Test
  void killedAfterTheEntryWasWritten_startedAsUsual_isForcedAllTheSame() throws Exception {
    writeUncommittedTail();
    List<Long> self = new ArrayList<>();
    open(config(FORCE), files -> self.add(files.self().value()));

    assertThat(membersServedBy(config())).isEqualTo(self);
  }

  @Test
  void oldMembers_areNotMetAgain_whenTheLogIsAppliedAnew() throws Exception {
    writeUncommittedTail();
    open(config(FORCE), _ -> {});

    try (ServerSocket old = new ServerSocket(oldPeerPort, 50, InetAddress.getLoopbackAddress())) {
      old.setSoTimeout(1);
      assertThat(membersServedBy(config())).hasSize(1);
      assertThatThrownBy(old::accept).isInstanceOf(SocketTimeoutException.class);
    }
  }

  @Test
  void removedMember_forced_belongsAgain() throws Exception {
    writeUncommittedTail();
    List<Long> self = new ArrayList<>();
    open(config(), files -> self.add(files.self().value()));
    LogCommand.Builder removal =
        LogCommand.newBuilder()
            .setMemberChange(MemberChange.newBuilder().setRemoved(self.getFirst()));
    append(
        new HardState(new Ballot(2, Optional.of(LEADER)), 4),
        entry(4, EntryKind.CONFIGURATION, removal));

    assertThat(membersServedBy(config(FORCE))).isEqualTo(self);
  }

  @Test
  void newDirectory_forced_isFoundedAsUsual() throws Exception {
    open(
        config(FORCE),
        files -> assertThat(files.recovery().recovered().last()).isEqualTo(new EntryId(1, 1)));
  }

  @Test
  void memberThatJoinedAndHasNothingYet_forced_isRefused() {
    StoreIdentity identity =
        new StoreIdentity(1, LEADER, UUID.randomUUID(), StoreIdentity.State.MEMBER);
    RecoveredLog empty =
        new RecoveredLog(
            HardState.NONE, Optional.empty(), EntryId.NONE, EntryId.NONE, List.of(), 0, 1);

    assertThatThrownBy(() -> ForcedCluster.entryAfter(empty, identity, List.of()))
        .isInstanceOf(StartFailure.class)
        .hasMessageContaining("received none of its data");
  }
}
