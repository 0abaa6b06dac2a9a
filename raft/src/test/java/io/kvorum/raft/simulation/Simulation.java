package io.kvorum.raft.simulation;

import io.kvorum.invariant.InvariantViolation;
import io.kvorum.raft.Input;
import io.kvorum.raft.StartRefused;
import io.kvorum.raft.membership.MemberId;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/// Runs one scenario: a stretch of chaos, then calm in which everything has to settle.
///
/// Every event is one step of one member, or something that happens to the world around them; the
/// witnesses look after each.
final class Simulation {
  private final Scenario scenario;
  private final World world;
  private final Trace trace;
  private final FaultInjector faults;
  private final RandomGenerator random;

  private Simulation(Scenario scenario, int traceLength) {
    this.scenario = scenario;
    this.world = new World(scenario.worldSeed(), scenario.profile(), scenario.judgement());
    this.trace = new Trace(traceLength);
    SplittableRandom root = new SplittableRandom(~scenario.worldSeed());
    this.faults = new FaultInjector(world, root.split());
    this.random = root.split();
  }

  static Outcome run(Scenario scenario) {
    return run(scenario, 200);
  }

  /// @param traceLength events to keep for the report
  static Outcome run(Scenario scenario, int traceLength) {
    return new Simulation(scenario, traceLength).run();
  }

  private Outcome run() {
    Optional<Outcome.Failure> failure = Optional.empty();
    try {
      chaos();
      calm();
    } catch (Violation broken) {
      failure = Optional.of(new Outcome.Failure(broken.invariant(), broken));
    } catch (InvariantViolation broken) {
      failure = Optional.of(new Outcome.Failure("P", broken));
    } catch (StartRefused refused) {
      failure = Optional.of(new Outcome.Failure("RC", refused));
    } catch (RuntimeException broken) {
      failure = Optional.of(new Outcome.Failure("exception", broken));
    }
    return new Outcome(
        scenario, trace.events(), trace.hash(), world.coverage(), failure, lastState());
  }

  private void chaos() {
    faults.begin();
    world.after(Profile.TICK_MICROS, new Event.ClientTurn());
    while (trace.events() < scenario.steps()) {
      next();
    }
  }

  private void calm() {
    Calm calm = new Calm(world, random);
    if (!calm.begin()) {
      return;
    }
    while (!calm.isOver()) {
      next();
    }
  }

  private void next() {
    Event event = world.agenda().next();
    trace.event(world.nowMicros(), event);
    try {
      execute(event);
    } catch (MemberProcess.Died died) {
      world.power().died(died.process);
    }
  }

  private void execute(Event event) {
    switch (event) {
      case Event.OfProcess ofProcess -> {
        MemberProcess process = ofProcess.process();
        if (world.isRunning(process) && !waits(process.host, event)) {
          execute(process, ofProcess);
          trace.outcome(process);
        }
      }
      case Event.Deliver deliver -> deliver(deliver);
      case Event.StreamEnd(var stream) -> {
        if (!waits(world.host(stream.offer().to()), event)) {
          world.streams().end(stream);
        }
      }
      case Event.Restart(var host) -> world.power().start(host);
      case Event.Resume(var host) -> resume(host);
      case Event.ClientTurn _ -> {
        if (!world.isCalm()) {
          world.after(World.exponential(random, world.profile().pace().clientMicros()), event);
          world.clients().act();
        }
      }
      case Event.FaultTurn(var fault) -> faults.strike(fault);
      case Event.Heal(var cut) -> faults.heal(cut);
    }
  }

  /// A member that stands still finds everything when it goes on.
  private boolean waits(Host host, Event event) {
    long left = host.pausedUntilMicros - world.nowMicros();
    if (left <= 0) {
      return false;
    }
    if (host.waiting.isEmpty()) {
      world.after(left, new Event.Resume(host));
    }
    host.waiting.addLast(event);
    return true;
  }

  private void resume(Host host) {
    long left = host.pausedUntilMicros - world.nowMicros();
    if (left > 0) {
      world.after(left, new Event.Resume(host));
      return;
    }
    host.waiting.forEach(event -> world.after(0, event));
    host.waiting.clear();
  }

  private void execute(MemberProcess process, Event.OfProcess event) {
    switch (event) {
      case Event.Tick _ -> tick(process);
      case Event.DiskDone _ -> process.diskDone();
      case Event.Apply _ -> process.apply(random.nextInt(1, 32));
      case Event.Flush _ -> {
        world.after(world.flushMicros(), event);
        process.flush();
      }
      case Event.ReadLog(_, var read) -> process.readLog(read);
      case Event.PeerGone(_, var peer) -> peerGone(process, peer);
      case Event.TakeCheckpoint(_, var wanted) -> process.takeCheckpoint(wanted);
    }
  }

  private void peerGone(MemberProcess process, MemberId peer) {
    if (process.core.roleNow().leader().filter(peer::equals).isPresent()) {
      world
          .coverage()
          .saw(
              world.host(peer).process().isPresent()
                  ? Sometimes.LEADER_THOUGHT_GONE_BY_MISTAKE
                  : Sometimes.LEADER_SEEN_TO_BE_GONE);
    }
    process.step(new Input.PeerGone(peer));
  }

  private void tick(MemberProcess process) {
    Host host = process.host;
    world.after(host.tickMicros, new Event.Tick(process));
    long missed = (world.nowMicros() - process.lastTickMicros) / host.tickMicros;
    process.lastTickMicros = world.nowMicros();
    if (missed > 2 && !world.isCalm() && world.profile().has(Fault.TICK_BURST)) {
      for (long i = 0; i < Math.min(missed, 100); i++) {
        process.step(new Input.Tick());
      }
    }
    process.step(new Input.Tick());
  }

  private void deliver(Event.Deliver event) {
    Host host = world.host(event.envelope().to());
    if (host.process().isPresent() && waits(host, event)) {
      return;
    }
    if (world.network().arrives(event.envelope(), event.sentMicros())
        && host.process().isPresent()) {
      MemberProcess process = host.process().get();
      process.step(new Input.Received(event.envelope()));
      trace.outcome(process);
    }
  }

  private String lastState() {
    StringBuilder text = new StringBuilder("world: ");
    Profile profile = world.profile();
    text.append(profile.options()).append('\n').append(profile.pace());
    text.append(" segments of ").append(profile.segmentBytes()).append(" bytes, faults ");
    text.append(profile.faultGapMicros().keySet()).append('\n');
    trace.appendTo(text);
    for (Host host : world.hosts()) {
      text.append(line(host)).append('\n');
    }
    return text.toString();
  }

  private static String line(Host host) {
    String log =
        "durable %s to %s commit %d, flushed %s"
            .formatted(
                host.durable.ballot(),
                host.durable.last(),
                host.durable.commitIndex(),
                host.flushed.applied());
    return host.process()
        .map(
            process ->
                "%s %s last %d commit %d applied %d in %s; %s"
                    .formatted(
                        process,
                        process.core.roleNow(),
                        process.core.lastIndex(),
                        process.core.commitIndex(),
                        process.state().appliedIndex(),
                        process.configuration(),
                        log))
        .orElse("%s %s; %s".formatted(host, host.isLost ? "lost" : "down", log));
  }
}
