package io.kvorum.server.apply;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.MessageLite;
import io.kvorum.mvcc.ApplyBatch;
import io.kvorum.mvcc.ChangeSet;
import io.kvorum.mvcc.KeyRange;
import io.kvorum.mvcc.KeyValue;
import io.kvorum.mvcc.MvccStore;
import io.kvorum.mvcc.RangeQuery;
import io.kvorum.mvcc.RangeResult;
import io.kvorum.mvcc.ReadTxn;
import io.kvorum.mvcc.StoreOptions;
import io.kvorum.proto.command.LogCommand;
import io.kvorum.proto.etcd.DeleteRangeResponse;
import io.kvorum.proto.etcd.PutRequest;
import io.kvorum.proto.etcd.PutResponse;
import io.kvorum.proto.etcd.TxnResponse;
import io.kvorum.proto.storage.Member;
import io.kvorum.raft.Entry;
import io.kvorum.raft.EntryId;
import io.kvorum.raft.EntryKind;
import io.kvorum.raft.RoleKind;
import io.kvorum.raft.SnapshotMarker;
import io.kvorum.raft.membership.Configuration;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.raft.node.RaftStatus;
import io.kvorum.server.ManualClock;
import io.kvorum.server.ManualLoop;
import io.kvorum.server.command.ApplyResult;
import io.kvorum.server.command.LateFilling;
import io.kvorum.server.command.ProposalId.Proposer;
import io.kvorum.server.command.Rejection;
import io.kvorum.server.propose.ApplyBacklog;
import io.kvorum.server.propose.ProposalFailure;
import io.kvorum.server.propose.ProposalLimits;
import io.kvorum.server.propose.Proposals;
import io.kvorum.server.read.AppliedIndex;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A member's state machine on a real store, with a log that commits what is proposed as soon as
/// the test says so. Everything runs on the test's thread, on the test's time.
final class Workbench implements AutoCloseable {
  static final MemberId MEMBER_5 = new MemberId(5);
  static final Member FOUNDER =
      Member.newBuilder().setId(5).addPeerUrls("http://10.0.0.5:2380").build();

  final ManualClock clock = new ManualClock();
  final ManualLoop loop = new ManualLoop();
  final ManualLoop applyLoop = new ManualLoop();
  final ApplyInbox inbox = new ApplyInbox(64, new ApplyBacklog());
  final List<ChangeSet> changes = new ArrayList<>();
  final List<Entry> log = new ArrayList<>();
  final MvccStore store;
  final AppliedIndex appliedIndex;
  final Proposals proposals;
  final ToldApplied listener = new ToldApplied();
  final StateMachine machine;
  final AppliedBatches batches;
  final LeaseDesk leases;
  private final List<Path> installed = new ArrayList<>();
  long term = 3;
  private int applied;
  private long lastIndex;

  /// Of the newest proposal.
  long lastToken;

  Workbench(Path directory) {
    store = openFounded(directory);
    appliedIndex = new AppliedIndex(store.appliedIndex());
    lastIndex = store.appliedIndex();
    proposals =
        new Proposals(
            new Proposer(MEMBER_5, 1 + store.appliedIndex()),
            ProposalLimits.of(Duration.ofSeconds(1)),
            this::append,
            new ApplyBacklog(),
            clock);
    machine = new StateMachine(store);
    batches =
        new AppliedBatches(
            store,
            machine,
            proposals,
            (sets, _, _) -> changes.addAll(sets),
            appliedIndex,
            ApplyMeter.NONE,
            listener,
            _ -> {
              var _ = store.install(installed.getLast());
            });
    leases =
        new LeaseDesk(
            machine.leaseBook(),
            proposals,
            applyLoop,
            ApplyLimits.of(Duration.ofSeconds(1), Duration.ofSeconds(7)));
  }

  /// A store of a cluster whose founder is [#FOUNDER]. Founding has a store of its own: the one
  /// returned is owned by whoever writes first.
  static MvccStore openFounded(Path directory) {
    try (MvccStore store = MvccStore.open(directory, StoreOptions.defaults())) {
      if (store.meta(StoredFact.MEMBERSHIP.key()).isEmpty()) {
        ApplyBatch batch = store.newBatch();
        ClusterState.found(batch, List.of(FOUNDER));
        var _ = batch.commit(0, 0);
      }
    }
    return MvccStore.open(directory, StoreOptions.defaults());
  }

  /// Proposes without applying.
  Outcome propose(LogCommand.Builder command) {
    Outcome outcome = new Outcome();
    proposals.submit(command, loop, outcome);
    return outcome;
  }

  /// Proposes, applies and tells the result, with everything that is read late.
  ApplyResult execute(LogCommand.Builder command) {
    Outcome outcome = propose(command);
    applyAll();
    return switch (outcome.result()) {
      case ApplyResult.Applied applied -> complete(applied);
      case ApplyResult.Rejected rejected -> rejected;
    };
  }

  private ApplyResult complete(ApplyResult.Applied applied) {
    Map<Integer, RangeResult> found = new HashMap<>();
    try (ReadTxn txn = store.read()) {
      for (ApplyResult.LateRead read : applied.late()) {
        found.put(read.operation(), txn.before(read.end()).range(read.query()));
      }
    }
    LateFilling filling = new LateFilling(found);
    MessageLite response =
        switch (applied.response()) {
          case PutResponse put -> filling.into(put);
          case DeleteRangeResponse deleted -> filling.into(deleted);
          case TxnResponse txn -> filling.into(txn);
          default -> applied.response();
        };
    return new ApplyResult.Applied(response, applied.revision());
  }

  /// Proposes and applies a command that must be answered with this kind of response.
  <M extends MessageLite> M execute(LogCommand.Builder command, Class<M> response) {
    return response.cast(applied(command).response());
  }

  ApplyResult.Applied applied(LogCommand.Builder command) {
    ApplyResult result = execute(command);
    assertThat(result).isInstanceOf(ApplyResult.Applied.class);
    return (ApplyResult.Applied) result;
  }

  Rejection rejection(LogCommand.Builder command) {
    ApplyResult result = execute(command);
    assertThat(result).isInstanceOf(ApplyResult.Rejected.class);
    return ((ApplyResult.Rejected) result).rejection();
  }

  /// Puts and tells the new revision.
  long put(String key, String value) {
    return put(key, value, 0);
  }

  long put(String key, String value, long lease) {
    PutRequest put =
        PutRequest.newBuilder().setKey(bytes(key)).setValue(bytes(value)).setLease(lease).build();
    return applied(LogCommand.newBuilder().setPut(put)).revision();
  }

  /// Applies everything logged in one batch, and lets both loops run.
  void applyAll() {
    applyAll(log.size());
  }

  /// Applies everything logged in batches of `cut` entries.
  void applyAll(int cut) {
    while (applied < log.size()) {
      int to = Math.min(log.size(), applied + Math.max(1, cut));
      List<Entry> batch = List.copyOf(log.subList(applied, to));
      applied = to;
      batches.apply(batch, clock);
    }
    leases.beginIfDue(batches.applied().term(), clock.getAsLong());
    settle();
  }

  void settle() {
    applyLoop.runAll();
    leases.finishRound();
    loop.runAll();
  }

  /// This member becomes the leader of a new term, up to the first entry of it.
  void becomeLeader(long newTerm) {
    term = newTerm;
    leases.statusChanged(
        status(RoleKind.LEADER, MEMBER_5), batches.applied().term(), clock.getAsLong());
    append(ByteString.EMPTY);
    applyAll();
  }

  /// Another member becomes the leader of a new term.
  void follow(long newTerm) {
    term = newTerm;
    leases.statusChanged(
        status(RoleKind.FOLLOWER, new MemberId(9)), batches.applied().term(), clock.getAsLong());
    settle();
  }

  private RaftStatus status(RoleKind role, MemberId leader) {
    return new RaftStatus(
        MEMBER_5, role, term, Optional.of(leader), lastIndex, lastIndex, lastIndex);
  }

  /// Turns the clock on, looks at the leases and applies what they propose.
  void tick(Duration by) {
    leases.tick(clock.advance(by));
    settle();
    applyAll();
  }

  Optional<KeyValue> get(String key) {
    try (ReadTxn txn = store.read()) {
      return txn.range(RangeQuery.all(KeyRange.single(bytes(key))), 0).kvs().stream().findFirst();
    }
  }

  List<String> keys() {
    try (ReadTxn txn = store.read()) {
      return txn.range(RangeQuery.all(KeyRange.all()), 0).kvs().stream()
          .map(pair -> pair.key().toStringUtf8())
          .toList();
    }
  }

  int hash() {
    try (ReadTxn txn = store.read()) {
      return txn.hash();
    }
  }

  /// Takes over the state of another member, whose checkpoint goes to `directory`.
  void install(Workbench other, Path directory) {
    other.store.checkpoint(directory);
    installed.add(directory);
    EntryId last = other.batches.applied();
    StateMachine now =
        batches.install(new SnapshotMarker(last, Configuration.ofVoters(List.of(MEMBER_5))));
    leases.takeUp(now.leaseBook());
    applied = log.size();
    lastIndex = last.index();
    settle();
  }

  void append(ByteString payload) {
    append(0, EntryKind.NORMAL, payload);
  }

  private boolean append(long token, EntryKind kind, ByteString payload) {
    lastToken = token;
    log.add(new Entry(new EntryId(term, ++lastIndex), kind, payload));
    return true;
  }

  static ByteString bytes(String text) {
    return ByteString.copyFromUtf8(text);
  }

  @Override
  public void close() {
    store.close();
  }

  /// What a proposal's callback heard.
  static final class Outcome implements Proposals.Callback {
    final List<Object> events = new ArrayList<>();

    @Override
    public void applied(ApplyResult result) {
      events.add(result);
    }

    @Override
    public void failed(ProposalFailure failure) {
      events.add(failure);
    }

    ApplyResult result() {
      assertThat(events).hasSize(1);
      return (ApplyResult) events.getFirst();
    }
  }
}
