package io.kvorum.server.corruption;

import io.kvorum.mvcc.HashResult;
import io.kvorum.proto.command.LogCommand;
import io.kvorum.proto.etcd.AlarmRequest;
import io.kvorum.proto.etcd.AlarmType;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.server.apply.ClusterState;
import io.kvorum.server.cluster.LeadershipProof;
import io.kvorum.server.cluster.PeerAnswer;
import io.kvorum.server.cluster.PeerPoll;
import io.kvorum.server.cluster.PeerQuestion;
import io.kvorum.server.command.ApplyResult;
import io.kvorum.server.propose.ProposalFailure;
import io.kvorum.server.propose.Proposals;
import io.kvorum.server.read.LinearizableReads;
import io.kvorum.server.read.ReadFailure;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Compares this member's keys with the other members': once before it serves, and again and again
/// while it leads (operations.md §5.9). Who is found to differ gets a CORRUPT alarm, which is
/// replicated: all members refuse writes until it is disarmed.
///
/// ```
/// periodic:    own hash -> the others' at its revision -> linearizable read -> own hash -> PeriodicRule
/// compactions: for each kept hash, newest first: the others' at its revision -> CompactionRule
/// ```
///
/// One round of each kind is under way at a time; nobody waits in between. Safe for any thread,
/// except that one thread ticks.
public final class CorruptionChecks {
  private static final Logger log = LoggerFactory.getLogger(CorruptionChecks.class);
  private static final MemberId WHOLE_CLUSTER = new MemberId(0);

  /// How many times as long as this member, beyond the time of a request, another one may take for
  /// a hash of as many keys.
  private static final int SLOWNESS = 4;

  private final Parts parts;
  private final Duration requestTimeout;
  private final LongSupplier nanoClock;
  private final Round periodic;
  private final Round ofCompactions;

  /// What it works with.
  ///
  /// @param peers the way to the other members
  /// @param leads whether this member does, as far as it knows
  public record Parts(
      MemberId self,
      KeyHashes hashes,
      PeerPoll peers,
      LeadershipProof.Reads reads,
      Supplier<ClusterState> cluster,
      BooleanSupplier leads,
      Proposals proposals) {}

  /// How often the leader checks; zero is never.
  public record Intervals(Duration periodic, Duration ofCompactions) {}

  public CorruptionChecks(
      Parts parts, Intervals intervals, Duration requestTimeout, LongSupplier nanoClock) {
    this.parts = parts;
    this.requestTimeout = requestTimeout;
    this.nanoClock = nanoClock;
    long nowNanos = nanoClock.getAsLong();
    this.periodic = new Round(intervals.periodic(), nowNanos, this::checkKeys);
    this.ofCompactions = new Round(intervals.ofCompactions(), nowNanos, this::checkCompactions);
  }

  /// Compares this member's keys, at its newest revision, with those of every other member that
  /// answers.
  ///
  /// @return whether one of them has other data; completed by any thread
  public CompletableFuture<Boolean> differsFromPeers() {
    log.atInfo()
        .addKeyValue("local-member-id", parts.self())
        .log("starting initial corruption check");
    return ownHash()
        .thenCompose(
            own -> askOthers(own.of(), own.tookNanos()).thenApply(said -> differs(own.of(), said)));
  }

  private static boolean differs(
      HashResult own, NavigableMap<MemberId, Optional<PeerAnswer.Hash>> said) {
    boolean differs = false;
    for (Map.Entry<MemberId, Optional<PeerAnswer.Hash>> peer : said.entrySet()) {
      StartRule finding = StartRule.judge(own, peer.getValue());
      differs |= finding.isInconsistent();
      (finding == StartRule.SAME ? log.atInfo() : log.atWarn())
          .addKeyValue("local-member-revision", own.revision())
          .addKeyValue("local-member-compact-revision", own.compactRevision())
          .addKeyValue("local-member-hash", own.hash())
          .addKeyValue("remote-peer-id", peer.getKey())
          .addKeyValue("remote-peer-answer", peer.getValue())
          .log(finding.text());
    }
    return differs;
  }

  /// Begins what is due. Called a few times per second.
  public void tick(long nowNanos) {
    parts.hashes().tick();
    boolean leads = parts.leads().getAsBoolean();
    periodic.beginIfDue(nowNanos, leads);
    ofCompactions.beginIfDue(nowNanos, leads);
  }

  private CompletableFuture<Void> checkKeys() {
    return ownHash()
        .thenCompose(
            before ->
                askOthers(before.of(), before.tookNanos())
                    .thenCompose(
                        said ->
                            linearizableRead()
                                .thenCompose(_ -> ownHash())
                                .thenAccept(after -> judge(before, after, said))));
  }

  private void judge(
      OwnHash before, OwnHash after, NavigableMap<MemberId, Optional<PeerAnswer.Hash>> said) {
    Optional<PeriodicRule.Suspect> suspect =
        PeriodicRule.judge(parts.self(), before.said(), after.said(), said);
    suspect.ifPresent(
        found -> {
          log.atError()
              .addKeyValue("member-id", found.member())
              .addKeyValue("local-member-hash", before.said())
              .addKeyValue("later-local-member-hash", after.said())
              .addKeyValue("remote-peer-answers", said)
              .log(found.reason().text());
          raise(found.member());
        });
    log.atInfo()
        .addKeyValue(
            "number-of-peers-checked", said.values().stream().filter(Optional::isPresent).count())
        .log("finished peer corruption check");
  }

  private CompletableFuture<Void> checkCompactions() {
    return checkNext(parts.hashes().ofCompactions().iterator());
  }

  private CompletableFuture<Void> checkNext(Iterator<HashResult> newestFirst) {
    if (!newestFirst.hasNext()) {
      return CompletableFuture.completedFuture(null);
    }
    HashResult own = newestFirst.next();
    return askOthers(own, 0)
        .thenCompose(
            said ->
                isSettled(own, said)
                    ? CompletableFuture.<Void>completedFuture(null)
                    : checkNext(newestFirst));
  }

  /// Raises alarms if there is need to. Returns whether earlier compactions need not be looked at.
  private boolean isSettled(
      HashResult own, NavigableMap<MemberId, Optional<PeerAnswer.Hash>> said) {
    CompactionRule.Verdict verdict = CompactionRule.judge(parts.self(), own, said);
    List<MemberId> suspects =
        switch (verdict) {
          case CompactionRule.Verdict.Same _, CompactionRule.Verdict.Incomplete _ -> List.of();
          case CompactionRule.Verdict.Minority(var members) -> members;
          case CompactionRule.Verdict.NoMajority _ -> List.of(WHOLE_CLUSTER);
        };
    if (!suspects.isEmpty()) {
      log.atError()
          .addKeyValue("leader-compaction-hash", own)
          .addKeyValue("remote-peer-answers", said)
          .addKeyValue("verdict", verdict)
          .log("Detected compaction hash mismatch");
      suspects.forEach(this::raise);
    }
    return !(verdict instanceof CompactionRule.Verdict.Incomplete);
  }

  /// @param tookNanos how long it took to make
  private record OwnHash(PeerAnswer.Hashed said, long tookNanos) {
    HashResult of() {
      return said.of();
    }
  }

  /// At the newest revision; anew if compactions have overtaken it.
  private CompletableFuture<OwnHash> ownHash() {
    long begunNanos = nanoClock.getAsLong();
    return parts
        .hashes()
        .at(0)
        .thenCompose(
            hash ->
                hash instanceof PeerAnswer.Hashed own
                    ? CompletableFuture.completedFuture(
                        new OwnHash(own, nanoClock.getAsLong() - begunNanos))
                    : ownHash());
  }

  private CompletableFuture<NavigableMap<MemberId, Optional<PeerAnswer.Hash>>> askOthers(
      HashResult own, long ownNanos) {
    List<MemberId> others =
        parts.cluster().get().membership().getMembersList().stream()
            .map(member -> new MemberId(member.getId()))
            .filter(member -> !member.equals(parts.self()))
            .toList();
    return parts
        .peers()
        .ask(
            others,
            new PeerQuestion.Hash(own.revision()),
            requestTimeout.plusNanos(ownNanos * SLOWNESS));
  }

  private CompletableFuture<Void> linearizableRead() {
    CompletableFuture<Void> read = new CompletableFuture<>();
    parts
        .reads()
        .whenReady(
            Runnable::run,
            new LinearizableReads.Callback() {
              @Override
              public void ready() {
                read.complete(null);
              }

              @Override
              public void failed(ReadFailure failure) {
                read.completeExceptionally(
                    new IllegalStateException("no linearizable read: " + failure));
              }
            });
    return read;
  }

  /// Proposed once per finding: an alarm that is lost is raised by the next round.
  private void raise(MemberId suspect) {
    if (parts.cluster().get().alarms().isRaised(suspect, AlarmType.CORRUPT)) {
      return;
    }
    parts
        .proposals()
        .submit(
            LogCommand.newBuilder()
                .setAlarm(
                    AlarmRequest.newBuilder()
                        .setAction(AlarmRequest.AlarmAction.ACTIVATE)
                        .setMemberID(suspect.value())
                        .setAlarm(AlarmType.CORRUPT)),
            Runnable::run,
            new Proposals.Callback() {
              @Override
              public void applied(ApplyResult result) {
                log.atError().addKeyValue("member-id", suspect).log("raised the alarm CORRUPT");
              }

              @Override
              public void failed(ProposalFailure failure) {
                log.atWarn()
                    .addKeyValue("member-id", suspect)
                    .addKeyValue("reason", failure)
                    .log("failed to raise the alarm CORRUPT");
              }
            });
  }

  /// A check that is made at intervals, if it has ended by then.
  private static final class Round {
    private final Duration interval;
    private final Supplier<CompletableFuture<Void>> check;
    private final AtomicBoolean isUnderWay = new AtomicBoolean();
    private long dueNanos; // by the thread that ticks

    Round(Duration interval, long nowNanos, Supplier<CompletableFuture<Void>> check) {
      this.interval = interval;
      this.check = check;
      this.dueNanos = nowNanos + interval.toNanos();
    }

    void beginIfDue(long nowNanos, boolean leads) {
      if (interval.isZero() || nowNanos - dueNanos < 0) {
        return;
      }
      dueNanos = nowNanos + interval.toNanos();
      if (leads && isUnderWay.compareAndSet(false, true)) {
        var _ =
            check
                .get()
                .whenComplete(
                    (_, failure) -> {
                      isUnderWay.set(false);
                      if (failure != null) {
                        log.atWarn().setCause(failure).log("corruption check was not completed");
                      }
                    });
      }
    }
  }
}
