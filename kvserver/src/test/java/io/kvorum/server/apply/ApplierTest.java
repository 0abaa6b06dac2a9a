package io.kvorum.server.apply;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.kvorum.invariant.InvariantViolation;
import io.kvorum.lease.LeaseId;
import io.kvorum.mvcc.MvccStore;
import io.kvorum.proto.command.LogCommand;
import io.kvorum.proto.etcd.LeaseGrantRequest;
import io.kvorum.proto.etcd.PutRequest;
import io.kvorum.raft.Entry;
import io.kvorum.raft.EntryId;
import io.kvorum.raft.EntryKind;
import io.kvorum.raft.RoleKind;
import io.kvorum.raft.SnapshotMarker;
import io.kvorum.raft.membership.Configuration;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.raft.node.RaftStatus;
import io.kvorum.server.command.ApplyResult;
import io.kvorum.server.command.ProposalId.Proposer;
import io.kvorum.server.propose.ApplyBacklog;
import io.kvorum.server.propose.ProposalFailure;
import io.kvorum.server.propose.ProposalLimits;
import io.kvorum.server.propose.Proposals;
import io.kvorum.server.read.AppliedIndex;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The thread itself: entries in, answers and requests out. The log commits at once.
@Timeout(30)
class ApplierTest {
  private static final MemberId MEMBER_5 = new MemberId(5);
  private static final long TERM = 3;

  @TempDir Path directory;

  private final ApplyBacklog backlog = new ApplyBacklog();
  private final ToldApplied told = new ToldApplied();
  private final CompletableFuture<Throwable> failure = new CompletableFuture<>();
  private MvccStore store;
  private Proposals proposals;
  private Applier applier;
  private long lastIndex;

  @BeforeEach
  void start() {
    store = Workbench.openFounded(directory.resolve("db"));
    proposals =
        new Proposals(
            new Proposer(MEMBER_5, 1),
            ProposalLimits.of(Duration.ofSeconds(1)),
            (_, _, payload) -> commit(payload),
            backlog,
            System::nanoTime);
    applier =
        new Applier(
            new Applier.Parts(
                store,
                proposals,
                backlog,
                (_, _, _) -> {},
                new AppliedIndex(0),
                ApplyMeter.NONE,
                told,
                _ -> {
                  var _ = store.install(directory.resolve("checkpoint"));
                }),
            ApplyLimits.of(Duration.ofSeconds(1), Duration.ofSeconds(7)).withBatch(2, 1 << 20),
            System::nanoTime,
            failure::complete);
    applier.start();
  }

  @AfterEach
  void stop() {
    applier.close();
    store.close();
  }

  @Test
  void manyCommands_submitted_areAllAnsweredInOrder() {
    List<CompletableFuture<ApplyResult>> answers =
        java.util.stream.IntStream.range(0, 25).mapToObj(i -> submit(put("k" + i))).toList();

    List<Long> revisions =
        answers.stream().map(answer -> ((ApplyResult.Applied) answer.join()).revision()).toList();

    assertThat(revisions).isSorted().hasSize(25).startsWith(2L).endsWith(26L);
    applier.close();
    assertThat(told.all.getLast()).isEqualTo(new ToldApplied.Told.Applied(25));
    assertThat(backlog.bytes()).isZero();
  }

  @Test
  void snapshot_handedOverBehindEntries_isInstalledAfterThem() {
    try (MvccStore other = Workbench.openFounded(directory.resolve("other"))) {
      var batch = other.newBatch();
      var txn = batch.write();
      var _ = txn.put(ByteString.copyFromUtf8("theirs"), ByteString.EMPTY, 0);
      assertThat(txn.end()).isEqualTo(2);
      var _ = batch.commit(40, 6);
      other.checkpoint(directory.resolve("checkpoint"));
    }
    commit(ByteString.EMPTY);
    commit(ByteString.EMPTY);

    applier.install(
        new SnapshotMarker(new EntryId(6, 40), Configuration.ofVoters(List.of(MEMBER_5))));
    while (!told.all.contains(new ToldApplied.Told.Applied(40))) {
      Thread.onSpinWait(); // as Raft waits
    }
    applier.committed(List.of(new Entry(new EntryId(6, 41), EntryKind.NORMAL, ByteString.EMPTY)));

    applier.close();
    assertThat(failure).isNotDone();
    assertThat(told.all)
        .containsSubsequence(
            new ToldApplied.Told.Applied(2),
            new ToldApplied.Told.Applied(40),
            new ToldApplied.Told.Applied(41));
    assertThat(store.head()).isEqualTo(2);
  }

  @Test
  void leaderElected_firstEntryApplied_keepAliveIsServed() {
    applier.statusChanged(
        new RaftStatus(MEMBER_5, RoleKind.LEADER, TERM, Optional.of(MEMBER_5), 0, 0, 0));
    commit(ByteString.EMPTY);
    submit(
            LogCommand.newBuilder()
                .setLeaseGrant(LeaseGrantRequest.newBuilder().setID(7).setTTL(60)))
        .join();
    CompletableFuture<Lessor.KeepAlive> answer = new CompletableFuture<>();

    applier.lessor().keepAlive(new LeaseId(7), Runnable::run, future(answer));

    assertThat(answer.join()).isEqualTo(new Lessor.KeepAlive.Renewed(60, 1));
  }

  @Test
  void damagedEntry_committed_stopsTheThreadAndIsReported() {
    commit(ByteString.copyFromUtf8("\u0007\u0007"));

    assertThat(failure.join()).isInstanceOf(InvariantViolation.class);
  }

  @Test
  void closed_requestArrives_isStopped() {
    applier.close();
    CompletableFuture<Lessor.KeepAlive> answer = new CompletableFuture<>();

    applier.lessor().keepAlive(new LeaseId(7), Runnable::run, future(answer));

    assertThat(answer).isCompletedExceptionally();
  }

  private synchronized boolean commit(ByteString payload) {
    applier.committed(
        List.of(new Entry(new EntryId(TERM, ++lastIndex), EntryKind.NORMAL, payload)));
    return true;
  }

  private CompletableFuture<ApplyResult> submit(LogCommand.Builder command) {
    CompletableFuture<ApplyResult> answer = new CompletableFuture<>();
    proposals.submit(
        command,
        Runnable::run,
        new Proposals.Callback() {
          @Override
          public void applied(ApplyResult result) {
            answer.complete(result);
          }

          @Override
          public void failed(ProposalFailure reason) {
            answer.completeExceptionally(new AssertionError(reason.toString()));
          }
        });
    return answer;
  }

  private static LogCommand.Builder put(String key) {
    return LogCommand.newBuilder()
        .setPut(PutRequest.newBuilder().setKey(ByteString.copyFromUtf8(key)));
  }

  private static <T> Lessor.Callback<T> future(CompletableFuture<T> answer) {
    return new Lessor.Callback<>() {
      @Override
      public void answered(T result) {
        answer.complete(result);
      }

      @Override
      public void failed(LeaseFailure reason) {
        answer.completeExceptionally(new AssertionError(reason.toString()));
      }
    };
  }
}
