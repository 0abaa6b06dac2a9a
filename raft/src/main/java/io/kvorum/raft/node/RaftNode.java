package io.kvorum.raft.node;

import com.google.protobuf.ByteString;
import io.kvorum.invariant.Invariant;
import io.kvorum.raft.Entry;
import io.kvorum.raft.Envelope;
import io.kvorum.raft.Input;
import io.kvorum.raft.Input.SnapshotSent.Delivery;
import io.kvorum.raft.Persist;
import io.kvorum.raft.ProposalRefusal;
import io.kvorum.raft.RaftCore;
import io.kvorum.raft.RaftMessage;
import io.kvorum.raft.Ready;
import io.kvorum.raft.Ready.ReadVerdict;
import io.kvorum.raft.SnapshotMarker;
import io.kvorum.raft.StartRefused;
import io.kvorum.raft.log.LogStore;
import io.kvorum.raft.log.LogWriter;
import io.kvorum.raft.log.RecoveredLog;
import io.kvorum.raft.membership.ConfigChange;
import io.kvorum.raft.membership.Configuration;
import io.kvorum.raft.membership.MemberId;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/// A running member: the thread `raft` around a [RaftCore].
///
/// The thread takes everything that waits in its inbox at once, steps the core through it, and
/// carries out what the core returns. Whatever was taken together becomes one storage command;
/// while the disk is busy with it the next batch collects, so load makes batches larger (R11). The
/// thread never waits for the disk or the applier, only for its inbox and the next tick.
///
/// Any thread may call the methods here.
public final class RaftNode implements AutoCloseable {
  /// The core never has more under way than `RaftOptions.Limits` says.
  private static final LogWriter.Limits CORE_BOUNDS_WRITES =
      new LogWriter.Limits(Long.MAX_VALUE, Long.MAX_VALUE);

  private final RaftNodeOptions options;
  private final RaftCore core;
  private final RaftListener listener;
  private final RaftPeers peers;
  private final LongSupplier nanoClock;
  private final LogWriter log;
  private final LogReads logReads;
  private final Inbox inbox;
  private final Thread thread;
  private final AtomicBoolean isFailed = new AtomicBoolean();
  private volatile boolean isClosing;
  private volatile RaftStatus status;
  private volatile Map<MemberId, Long> matchedIndexes = Map.of(); // never changed, only replaced
  private long nextTickNanos;

  /// Starts the threads `raft` and `log`. The listener may be called before this returns.
  ///
  /// @param peers where messages go
  /// @param log is owned by the member from here on, and closed with it
  /// @param recovered what opening `log` has found
  /// @param random draws election timeouts
  /// @throws StartRefused if log and state contradict each other
  public static RaftNode start(
      RaftNodeOptions options,
      LogStore log,
      RecoveredLog recovered,
      AppliedState applied,
      RaftListener listener,
      RaftPeers peers,
      LongSupplier nanoClock,
      RandomGenerator random) {
    RaftCore core =
        new RaftCore(
            options.self(), options.core(), Recovered.startState(log, recovered, applied), random);
    RaftNode node = new RaftNode(options, core, log, listener, peers, nanoClock);
    node.thread.start();
    return node;
  }

  private RaftNode(
      RaftNodeOptions options,
      RaftCore core,
      LogStore log,
      RaftListener listener,
      RaftPeers peers,
      LongSupplier nanoClock) {
    this.options = options;
    this.core = core;
    this.listener = listener;
    this.peers = peers;
    this.nanoClock = nanoClock;
    this.inbox = new Inbox(options.inboxEntries(), options.inboxBytes());
    this.status = statusNow(core.roleNow());
    this.thread = Thread.ofPlatform().name("raft").unstarted(this::run);
    this.log = LogWriter.start(log, CORE_BOUNDS_WRITES, new LogEvents());
    this.logReads =
        new LogReads(
            log, (read, entries) -> inbox.put(new Input.LogReadDone(read, entries)), this::fail);
  }

  /// Proposes a command. A refusal under `token` means that it is in no log; without one, its entry
  /// is among the committed ones some day, or the proposer never learns (raft.md B4).
  ///
  /// @return false if the inbox is full or closed: the command is in no log
  public boolean propose(long token, ByteString payload) {
    return !isClosing && inbox.offer(new Input.Propose(token, payload), payload.size());
  }

  /// Asks for the index that a linearizable read starting now must have applied. One verdict under
  /// `token` follows.
  ///
  /// @return false if the inbox is full or closed; no verdict follows
  public boolean readIndex(long token) {
    return !isClosing && inbox.offer(new Input.ReadIndex(token), 0);
  }

  /// Proposes a membership change; `payload` is its encoding for the entry. As [#propose].
  public boolean proposeChange(long token, ConfigChange change, ByteString payload) {
    return !isClosing
        && inbox.offer(new Input.ProposeChange(token, change, payload), payload.size());
  }

  /// Asks for `target` to lead. A refusal under `token` follows if it cannot; the status shows the
  /// success, and its absence for an election timeout the failure (L4).
  ///
  /// @return false if the inbox is full or closed
  public boolean transferLeadership(long token, MemberId target) {
    return !isClosing && inbox.offer(new Input.TransferLeadership(token, target), 0);
  }

  /// Takes a message that a peer has sent to this member.
  ///
  /// @return false if too much waits already: the message is lost
  public boolean receive(Envelope envelope) {
    return !isClosing && inbox.offer(new Input.Received(envelope), payloadBytes(envelope));
  }

  private static int payloadBytes(Envelope envelope) {
    if (envelope.message() instanceof RaftMessage.AppendEntries(_, var entries, _)) {
      return Math.toIntExact(entries.stream().mapToLong(Entry::payloadBytes).sum());
    }
    return envelope.message() instanceof RaftMessage.ForwardedProposal(_, var payload)
        ? payload.size()
        : 0;
  }

  /// The connection to `peer` is broken; what was sent to it may be lost.
  public void unreachable(MemberId peer) {
    inbox.put(new Input.PeerUnreachable(peer));
  }

  /// The process of `peer` has ended, as far as can be seen from here.
  public void gone(MemberId peer) {
    inbox.put(new Input.PeerGone(peer));
  }

  /// The configuration entry at `index` is applied, or neutralised, and `configuration` is in
  /// force. Called by the applier, before [#applied] reaches that index (M2).
  public void configurationApplied(long index, Configuration configuration) {
    inbox.put(new Input.ConfigurationApplied(index, configuration));
  }

  /// The effect of every entry up to `index` is in the state machine. Called by the applier.
  public void applied(long index) {
    inbox.put(new Input.Applied(index));
  }

  /// The files of the state machine hold the effect of every entry up to `index`: the log may give
  /// up its prefix, except for the tail it keeps.
  public void stateDurable(long index) {
    inbox.put(new Input.StateDurable(index));
  }

  /// Answers a wish for a snapshot: one that ends with `marker` can be streamed to `peer`.
  ///
  /// @param term of the wish
  public void snapshotReady(MemberId peer, long term, SnapshotMarker marker) {
    inbox.put(new Input.SnapshotReady(peer, term, marker));
  }

  /// The stream of the snapshot at `index` to `peer` has ended.
  public void snapshotSent(MemberId peer, long index, Delivery delivery) {
    inbox.put(new Input.SnapshotSent(peer, index, delivery));
  }

  public RaftStatus status() {
    return status;
  }

  /// Up to where the other members hold this leader's log, as of the last tick; empty on a member
  /// that does not lead.
  public Map<MemberId, Long> matchedIndexes() {
    return matchedIndexes;
  }

  /// Stops taking requests, lets everything accepted become durable, aborts the reads that wait,
  /// closes the log cleanly and ends both threads. What is committed by then has been handed to the
  /// listener; a proposal of which nothing was heard may or may not be in the log.
  @Override
  public void close() {
    Invariant.check(
        !Thread.currentThread().equals(thread), "the thread raft cannot wait for itself");
    isClosing = true;
    inbox.wake();
    joinUninterrupted();
    logReads.close();
    log.close();
  }

  private void joinUninterrupted() {
    boolean wasInterrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        wasInterrupted = true;
      }
    }
    if (wasInterrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    try {
      inbox.attach();
      nextTickNanos = nanoClock.getAsLong() + options.tick().toNanos();
      carryOut();
      while (!isClosing && !isFailed.get()) {
        inbox.await(nextTickNanos - nanoClock.getAsLong());
        inbox.drain(core::step);
        tickIfDue();
        carryOut();
      }
      inbox.drain(core::step); // what was accepted before the closing began
      carryOut();
      while (!core.isStorageIdle() && !isFailed.get()) {
        inbox.await(options.tick().toNanos());
        inbox.drain(core::step);
        carryOut();
      }
      core.step(new Input.Stop());
      carryOut();
    } catch (Throwable broken) {
      fail(broken);
    }
  }

  /// A pause of any length counts as one tick: what arrived meanwhile was heard first, and bursts
  /// of ticks would only start elections.
  private void tickIfDue() {
    long now = nanoClock.getAsLong();
    if (now - nextTickNanos >= 0) {
      core.step(new Input.Tick());
      matchedIndexes = matchedNow();
      nextTickNanos = now + options.tick().toNanos();
    }
  }

  private Map<MemberId, Long> matchedNow() {
    Map<MemberId, Long> matched = new TreeMap<>();
    core.progress().forEach((member, progress) -> matched.put(member, progress.matchIndex()));
    return matched;
  }

  private void carryOut() {
    for (Ready ready = core.drain(); !ready.isEmpty(); ready = core.drain()) {
      if (isFailed.get()) {
        return;
      }
      publish(ready);
      ready.messages().forEach(this::send); // does not wait for the disk: see Ready
      ready.persist().ifPresent(this::write);
      ready.install().ifPresent(listener::install);
      ready.snapshotsWanted().forEach(listener::snapshotWanted);
      ready.logReads().forEach(logReads::start);
      if (!ready.committed().isEmpty()) {
        listener.committed(ready.committed());
      }
      for (ReadVerdict verdict : ready.reads()) {
        switch (verdict) {
          case ReadVerdict.Confirmed(var token, var index) -> listener.readIndexReady(token, index);
          case ReadVerdict.Aborted(var token) -> listener.readIndexAborted(token);
        }
      }
      for (Ready.RefusedProposal refused : ready.refusals()) {
        listener.proposalRefused(refused.token(), refused.refusal());
      }
      ready.dropLogTo().ifPresent(log::dropPrefix);
    }
  }

  /// The offer of a snapshot comes after its files, by their way. A proposal that never left is in
  /// no log: its proposer need not wait for a timeout.
  private void send(Envelope envelope) {
    if (envelope.message() instanceof RaftMessage.SnapshotOffer) {
      listener.snapshotOffered(envelope);
    } else if (!peers.send(envelope)
        && envelope.message() instanceof RaftMessage.ForwardedProposal(var token, _)) {
      listener.proposalRefused(token, ProposalRefusal.NO_LEADER);
    }
  }

  /// Publishes the status before anything is handed out that rests on it.
  private void publish(Ready ready) {
    RaftStatus next = statusNow(core.roleNow());
    if (!next.equals(status)) {
      status = next;
    }
    if (ready.roleChange().isPresent()) {
      listener.statusChanged(next);
    }
  }

  private RaftStatus statusNow(Ready.RoleChange role) {
    return new RaftStatus(
        options.self(),
        role.role(),
        role.term(),
        role.leader(),
        core.commitIndex(),
        core.lastIndex(),
        core.appliedIndex());
  }

  private void write(Persist command) {
    Invariant.check(log.offer(command), "the log refuses command %d", command.sequence());
  }

  /// What the thread `log` reports.
  private final class LogEvents implements LogWriter.Listener {
    @Override
    public void persisted(long lastSequence) {
      inbox.put(new Input.Persisted(lastSequence));
    }

    @Override
    public void failed(Throwable cause) {
      fail(cause);
    }
  }

  private void fail(Throwable cause) {
    if (isFailed.compareAndSet(false, true)) {
      listener.failed(cause);
      inbox.wake();
    }
  }
}
