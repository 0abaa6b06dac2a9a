package io.kvorum.raft.simulation;

import io.kvorum.raft.Entry;
import io.kvorum.raft.EntryKind;
import io.kvorum.raft.Envelope;
import io.kvorum.raft.Input;
import io.kvorum.raft.Persist;
import io.kvorum.raft.Ready;
import io.kvorum.raft.RoleKind;
import io.kvorum.raft.StartState;
import io.kvorum.raft.log.RecoveredLog;

/// Everybody who watches, and what each is told.
final class Witnesses {
  private final World world;
  private final Judgement judgement;
  private final ElectionWitness elections;
  private final LogWitness logs;
  private final CommitWitness commits;
  private final MembershipWitness memberships;
  private final ReachabilityWitness reachability;
  private final Situations situations;

  Witnesses(World world, Judgement judgement) {
    this.world = world;
    this.judgement = judgement;
    this.commits = new CommitWitness(world, judgement);
    this.logs = new LogWitness(world, commits, judgement);
    this.elections = new ElectionWitness(commits);
    this.memberships = new MembershipWitness(world);
    this.reachability = new ReachabilityWitness(world);
    this.situations = new Situations(world);
  }

  CommitWitness commits() {
    return commits;
  }

  LogWitness logs() {
    return logs;
  }

  MembershipWitness memberships() {
    return memberships;
  }

  Situations situations() {
    return situations;
  }

  void recovered(Host host, RecoveredLog recovered, StartState start) {
    logs.recovered(host, recovered, start);
    situations.recovered(host, recovered);
  }

  void started(MemberProcess process) {
    memberships.configured(process);
    stepped(process, new Input.Tick());
  }

  void drained(MemberProcess process, Ready ready) {
    commits.drained(process, ready);
  }

  /// A message leaves.
  void sent(MemberProcess process, Envelope envelope) {
    if (judgement == Judgement.EVERYTHING) {
      elections.sent(process, envelope);
      logs.sent(process, envelope);
    }
    situations.sent(process, envelope);
  }

  /// A storage command is handed over.
  void issued(MemberProcess process, Persist command) {
    situations.issued(process, command);
    logs.issued(process, command);
  }

  /// Storage has reported everything up to `sequence`.
  void persisted(MemberProcess process, long sequence) {
    logs.persisted(process, sequence);
  }

  /// The core has taken an input, and what it wants done is done.
  void stepped(MemberProcess process, Input input) {
    Ready.RoleChange now = process.core.roleNow();
    if (!now.equals(process.seen.role)) {
      elections.changed(process, now);
      situations.changed(process, now, input);
      if (now.role() == RoleKind.LEADER) {
        process.seen.ledFrom = process.core.lastIndex();
        memberships.checkIntersections();
      }
      process.seen.role = now;
    }
    if (input instanceof Input.ConfigurationApplied) {
      elections.reconfigured(process, now);
    }
    reachability.stepped(process, input);
    situations.stepped(process, input);
    process.seen.commitIndex = process.core.commitIndex();
  }

  void applied(MemberProcess process, Entry entry) {
    commits.applied(process);
    world.clients().applied(process, entry);
    if (entry.kind() == EntryKind.CONFIGURATION) {
      situations.reconfigured(process);
      memberships.configured(process);
    }
  }

  /// A snapshot has taken the place of a process's state.
  void installed(MemberProcess process) {
    commits.installed(process);
    memberships.configured(process);
  }
}
