package io.kvorum.raft.simulation;

import io.kvorum.raft.EntryId;
import io.kvorum.raft.Input;
import io.kvorum.raft.SnapshotMarker;
import io.kvorum.raft.membership.ConfigChange.LeaveJoint;
import io.kvorum.raft.membership.Configuration;
import io.kvorum.raft.membership.MemberId;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/// Everything there is in one seed's world: hosts, network, clients, time, and who watches. Every
/// concern has a random generator of its own, so that switching one off leaves the others alone.
final class World {
  private final Profile profile;
  private final Agenda agenda = new Agenda();
  private final Coverage coverage = new Coverage();
  private final List<Host> hosts = new ArrayList<>();
  private final RandomGenerator timing;
  private final RandomGenerator batching;
  private final Network network;
  private final SnapshotStreams streams;
  private final Clients clients;
  private final Power power;
  private final Witnesses witnesses;
  private final Configuration founders;
  private boolean isCalm;
  private long lastTermBeforeCalm = Long.MAX_VALUE;

  World(long seed, Profile profile, Judgement judgement) {
    this.profile = profile;
    SplittableRandom root = new SplittableRandom(LogImage.mix(seed, 17));
    this.timing = root.split();
    this.batching = root.split();
    this.network = new Network(this, root.split());
    this.streams = new SnapshotStreams(this, root.split());
    this.clients = new Clients(this, root.split());
    this.power = new Power(this, root.split());
    this.founders = founders(profile);
    this.witnesses = new Witnesses(this, judgement);
    for (MemberId ignored : founders.members()) {
      addHost(new SnapshotMarker(new EntryId(1, 1), founders));
    }
  }

  private static Configuration founders(Profile profile) {
    List<MemberId> voters = new ArrayList<>();
    List<MemberId> learners = new ArrayList<>();
    for (int i = 1; i <= profile.voters() + profile.learners(); i++) {
      (i <= profile.voters() ? voters : learners).add(new MemberId(i));
    }
    return Configuration.of(voters, learners);
  }

  private Host addHost(SnapshotMarker founding) {
    Host host = new Host(new MemberId(hosts.size() + 1L), founding, profile.segmentBytes());
    hosts.add(host);
    after(0, new Event.Restart(host));
    return host;
  }

  /// A new machine whose member has not heard of the group yet.
  Host addBlankHost() {
    return addHost(new SnapshotMarker(EntryId.NONE, Configuration.EMPTY));
  }

  boolean mayAddHost() {
    return hosts.size() < Network.MOST_HOSTS - 1;
  }

  Profile profile() {
    return profile;
  }

  Configuration founders() {
    return founders;
  }

  Agenda agenda() {
    return agenda;
  }

  Coverage coverage() {
    return coverage;
  }

  Network network() {
    return network;
  }

  SnapshotStreams streams() {
    return streams;
  }

  Clients clients() {
    return clients;
  }

  Power power() {
    return power;
  }

  Witnesses witnesses() {
    return witnesses;
  }

  List<Host> hosts() {
    return Collections.unmodifiableList(hosts);
  }

  Host host(MemberId id) {
    return hosts.get((int) id.value() - 1);
  }

  List<MemberProcess> running() {
    List<MemberProcess> running = new ArrayList<>(hosts.size());
    for (Host host : hosts) {
      host.process().ifPresent(running::add);
    }
    return running;
  }

  boolean isRunning(MemberProcess process) {
    return process.host.isRunning(process);
  }

  /// Whether somebody's log has a change that nobody has applied yet.
  boolean isChangeUnderWay() {
    long applied = 0;
    for (MemberProcess process : running()) {
      applied = Math.max(applied, process.state().appliedIndex());
    }
    for (Host host : hosts) {
      LogImage log = host.process().map(process -> process.issued).orElse(host.durable);
      for (long index = Math.max(applied, log.baseIndex()) + 1; index <= log.lastIndex(); index++) {
        if (log.isConfigurationAt(index)) {
          return true;
        }
      }
    }
    return false;
  }

  /// The configurations in force at the members of the newest one, that one, and whatever may come
  /// after it.
  List<Configuration> possibleConfigurations() {
    Configuration newest = witnesses.memberships().newest();
    Set<Configuration> possible = new LinkedHashSet<>();
    possible.add(newest);
    for (Host host : hosts) {
      if (newest.members().contains(host.id) && !host.flushed.configuration().isEmpty()) {
        possible.add(host.flushed.configuration());
        host.process().ifPresent(process -> possible.add(process.configuration()));
      }
    }
    possible.addAll(witnesses.memberships().possible());
    for (Configuration configuration : List.copyOf(possible)) {
      possible.add(ChangeEncoding.applyTo(configuration, new LeaveJoint()));
    }
    return List.copyOf(possible);
  }

  long nowMicros() {
    return agenda.nowMicros();
  }

  void after(long delayMicros, Event event) {
    agenda.after(delayMicros, event);
  }

  /// Whether the faults are over.
  boolean isCalm() {
    return isCalm;
  }

  /// Leaders of later terms have known nothing but calm.
  long lastTermBeforeCalm() {
    return lastTermBeforeCalm;
  }

  void becomeCalm() {
    isCalm = true;
    lastTermBeforeCalm = 0;
    for (Host host : hosts) {
      long term = host.process().map(it -> it.core.roleNow().term()).orElse(0L);
      lastTermBeforeCalm =
          Math.max(lastTermBeforeCalm, Math.max(term, host.durable.ballot().term()));
    }
    network.becomeReliable();
  }

  /// Whether a fault of a class that is on happens now, once in `oneIn` times.
  boolean isFaulty(Fault fault, RandomGenerator random, int oneIn) {
    return profile.has(fault) && !isCalm && random.nextInt(oneIn) == 0;
  }

  /// Whether the input just stepped is to share its drain with the next.
  boolean joinsBatch() {
    return isFaulty(Fault.BATCHING, batching, 4);
  }

  long diskMicros(Host host) {
    long stalled = Math.max(0, host.stalledUntilMicros - nowMicros());
    return stalled + exponential(timing, isCalm ? 20 : profile.pace().diskMicros());
  }

  long applyMicros() {
    return exponential(timing, isCalm ? 20 : profile.pace().applyMicros());
  }

  long flushMicros() {
    return exponential(timing, profile.pace().flushMicros());
  }

  long checkpointMicros() {
    return exponential(timing, Profile.TICK_MICROS);
  }

  /// The connection between two hosts broke; the sender hears of it.
  void connectionBroke(MemberId from, MemberId to) {
    host(from).process().ifPresent(process -> process.core.step(new Input.PeerUnreachable(to)));
  }

  static long exponential(RandomGenerator random, long mean) {
    return Math.round(-mean * Math.log(1.0 - random.nextDouble()));
  }
}
