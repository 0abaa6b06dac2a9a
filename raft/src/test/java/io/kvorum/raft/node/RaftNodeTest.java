package io.kvorum.raft.node;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.kvorum.raft.Ballot;
import io.kvorum.raft.Entry;
import io.kvorum.raft.EntryId;
import io.kvorum.raft.EntryKind;
import io.kvorum.raft.HardState;
import io.kvorum.raft.RaftOptions;
import io.kvorum.raft.RoleKind;
import io.kvorum.raft.membership.Configuration;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.raft.node.RecordingListener.Event;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RaftNodeTest {
  private static final MemberId SELF = new MemberId(7);
  private static final EntryId BOOTSTRAP = new EntryId(1, 1);
  private static final HardState BOOTSTRAP_STATE =
      new HardState(new Ballot(1, Optional.empty()), 1);
  private static final AppliedState BOOTSTRAPPED =
      new AppliedState(BOOTSTRAP, Configuration.ofVoters(List.of(SELF)));

  private final MemoryLog log = new MemoryLog(BOOTSTRAP_STATE, BOOTSTRAP);
  private final RecordingListener listener = new RecordingListener();
  private RaftNode node = startLater();

  @AfterEach
  void closeNode() {
    log.releaseAllSyncs();
    node.close();
  }

  @Test
  void loneVoter_starts_leadsOnceItsVoteIsDurableAndCommitsAnEmptyEntry() throws Exception {
    Entry first = listener.next(Event.Committed.class).entry();

    assertThat(first).isEqualTo(new Entry(new EntryId(2, 2), EntryKind.NORMAL, ByteString.EMPTY));
    assertThat(node.status())
        .isEqualTo(new RaftStatus(SELF, RoleKind.LEADER, 2, Optional.of(SELF), 2, 2, 1));
    assertThat(log.syncs().getFirst().getFirst().hardState().orElseThrow().ballot())
        .isEqualTo(new Ballot(2, Optional.of(SELF)));
  }

  @Test
  void syncUnderWay_proposalsArrive_shareTheNextCommand() throws Exception {
    listener.next(Event.Committed.class);
    holdOneProposalInSync();

    for (int i = 0; i < 100; i++) {
      assertThat(node.propose(i, payload("x" + i))).isTrue();
    }
    log.releaseAllSyncs();
    for (int i = 0; i < 100; i++) {
      assertThat(listener.next(Event.Committed.class).entry().index()).isEqualTo(4 + i);
    }

    assertThat(log.syncs().size()).as("syncs").isLessThan(20);
  }

  @Test
  void proposal_notYetSynced_isNotCommitted() throws Exception {
    listener.next(Event.Committed.class);

    log.holdSyncs();
    node.propose(17, payload("held"));
    awaitSyncOf(3);

    assertThat(node.status().commitIndex()).isEqualTo(2);
    assertThat(listener.remaining()).noneMatch(Event.Committed.class::isInstance);
  }

  @Test
  void readBeforeTheFirstOwnCommit_isAnsweredAfterIt() throws Exception {
    node.close();
    MemoryLog slowLog = new MemoryLog(BOOTSTRAP_STATE, BOOTSTRAP);
    slowLog.holdSyncs();
    RecordingListener told = new RecordingListener();
    node = start(RaftNodeOptions.defaults(SELF), slowLog, told);
    slowLog.releaseSync();
    while (told.next(Event.StatusChanged.class).status().role() != RoleKind.LEADER) {}

    node.readIndex(41);
    slowLog.awaitSync();
    slowLog.awaitSync();
    List<Event> beforeTheCommit = told.remaining();
    slowLog.releaseAllSyncs();

    assertThat(beforeTheCommit).isEmpty();
    assertThat(told.next(Event.ReadReady.class)).isEqualTo(new Event.ReadReady(41, 2));
  }

  @Test
  void fullInbox_anotherProposal_isRefusedAtOnce() throws Exception {
    node.close();
    RaftNodeOptions tight =
        new RaftNodeOptions(SELF, RaftOptions.defaults(), Duration.ofMillis(100), 4, 1 << 20);
    MemoryLog busyLog = new MemoryLog(BOOTSTRAP_STATE, BOOTSTRAP);
    StallingListener stalled = new StallingListener();
    node = start(tight, busyLog, stalled);
    stalled.awaitStall();

    boolean[] accepted = new boolean[6];
    for (int i = 0; i < accepted.length; i++) {
      accepted[i] = node.propose(i, payload("p" + i));
    }
    stalled.resume();

    assertThat(accepted).containsExactly(true, true, true, true, false, false);
  }

  @Test
  void failedSync_reported_memberFailsOnceAndCommitsNothing() throws Exception {
    listener.next(Event.Committed.class);

    log.failSyncs();
    node.propose(17, payload("lost"));
    Event.Failed failed = listener.next(Event.Failed.class);

    assertThat(failed.cause()).hasMessage("disk is gone");
    node.close();
    assertThat(listener.remaining()).isEmpty();
  }

  @Test
  void acceptedProposals_closed_areDurableAndHandedOutFirst() throws Exception {
    listener.next(Event.Committed.class);
    node.propose(17, payload("last words"));

    node.close();

    assertThat(listener.next(Event.Committed.class).entry().payload())
        .isEqualTo(payload("last words"));
    assertThat(log.isClosed()).isTrue();
    assertThat(node.propose(18, payload("too late"))).isFalse();
    assertThat(node.status().role()).isEqualTo(RoleKind.FOLLOWER);
  }

  @Test
  void restartWithUnappliedEntries_committedOnesAreHandedOutAfterTheAppliedIndex()
      throws Exception {
    listener.next(Event.Committed.class);
    node.propose(17, payload("a"));
    node.propose(18, payload("b"));
    listener.next(Event.Committed.class);
    listener.next(Event.Committed.class);
    node.close();

    RecordingListener second = new RecordingListener();
    AppliedState applied =
        new AppliedState(new EntryId(2, 3), Configuration.ofVoters(List.of(SELF)));
    node =
        RaftNode.start(
            RaftNodeOptions.defaults(SELF),
            log,
            log.recovered(),
            applied,
            second,
            RaftPeers.NONE,
            () -> 0L,
            new SplittableRandom(5));

    assertThat(second.next(Event.Committed.class).entry().payload()).isEqualTo(payload("b"));
    assertThat(second.next(Event.Committed.class).entry().id()).isEqualTo(new EntryId(3, 5));
  }

  @Test
  void appliedBeyondTheTail_stateDurable_marksThenDropsThePrefix() throws Exception {
    node.close();
    MemoryLog own = new MemoryLog(BOOTSTRAP_STATE, BOOTSTRAP);
    RaftOptions core = RaftOptions.defaults().withTail(new RaftOptions.Tail(10, 1 << 20));
    RecordingListener told = new RecordingListener();
    node = start(new RaftNodeOptions(SELF, core, Duration.ofMillis(100), 100, 1 << 20), own, told);
    node.applied(told.next(Event.Committed.class).entry().index());
    for (int i = 0; i < 50; i++) {
      node.propose(i, payload("v"));
    }
    for (int i = 0; i < 50; i++) {
      node.applied(told.next(Event.Committed.class).entry().index());
    }

    node.stateDurable(45);
    node.close();

    assertThat(own.marker().orElseThrow().id()).isEqualTo(new EntryId(2, 42));
    assertThat(own.droppedTo()).isEqualTo(42);
  }

  private RaftNode startLater() {
    return start(RaftNodeOptions.defaults(SELF), log, listener);
  }

  private static RaftNode start(RaftNodeOptions options, MemoryLog log, RaftListener listener) {
    return RaftNode.start(
        options,
        log,
        log.recovered(),
        BOOTSTRAPPED,
        listener,
        RaftPeers.NONE,
        () -> 0L,
        new SplittableRandom(5));
  }

  private void holdOneProposalInSync() throws InterruptedException {
    log.holdSyncs();
    node.propose(1_000, payload("first"));
    awaitSyncOf(3);
    log.releaseSync();
    assertThat(listener.next(Event.Committed.class).entry().index()).isEqualTo(3);
  }

  private void awaitSyncOf(int count) throws InterruptedException {
    for (int i = 0; i < count; i++) {
      log.awaitSync();
    }
  }

  private static ByteString payload(String text) {
    return ByteString.copyFromUtf8(text);
  }
}
