package io.kvorum.benchmarks;

import com.google.protobuf.ByteString;
import io.kvorum.raft.Ballot;
import io.kvorum.raft.EntryId;
import io.kvorum.raft.Envelope;
import io.kvorum.raft.HardState;
import io.kvorum.raft.Input;
import io.kvorum.raft.RaftCore;
import io.kvorum.raft.RaftOptions;
import io.kvorum.raft.Ready;
import io.kvorum.raft.StartState;
import io.kvorum.raft.membership.Configuration;
import io.kvorum.raft.membership.MemberId;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.LongStream;

/// Cores of one group in one thread, whose disks, networks and state machines take no time: what is
/// left is the cost of the core itself.
final class CoreGroup {
  private static final EntryId BASE = new EntryId(1, 1);

  private final RaftCore[] cores;
  private final Deque<Envelope> network = new ArrayDeque<>();
  private long steps;
  private long tokens;
  private long sinceDrop;

  CoreGroup(int members) {
    List<MemberId> ids = LongStream.rangeClosed(1, members).mapToObj(MemberId::new).toList();
    Configuration configuration = Configuration.ofVoters(ids);
    cores = new RaftCore[members];
    for (int i = 0; i < members; i++) {
      StartState start =
          new StartState(
              new HardState(new Ballot(1, Optional.empty()), 1),
              BASE,
              List.of(),
              BASE,
              BASE,
              List.of(),
              configuration);
      RaftOptions options = RaftOptions.defaults().withTail(new RaftOptions.Tail(100, 1 << 20));
      cores[i] = new RaftCore(ids.get(i), options, start, new SplittableRandom(i));
    }
    for (int i = 0; i < 40 && cores[0].roleNow().leader().isEmpty(); i++) {
      step(0, new Input.Tick());
      settle();
    }
  }

  /// Commits this many commands, proposed together, on every member.
  void commit(int commands, ByteString payload) {
    for (int i = 0; i < commands; i++) {
      step(0, new Input.Propose(++tokens, payload));
    }
    settle();
    sinceDrop += commands;
    if (sinceDrop >= 1000) {
      sinceDrop = 0;
      for (int i = 0; i < cores.length; i++) {
        step(i, new Input.StateDurable(cores[i].appliedIndex()));
      }
      settle();
    }
  }

  /// Answers one linearizable read of the leader.
  void read() {
    step(0, new Input.ReadIndex(++tokens));
    settle();
  }

  long commitIndex() {
    return cores[cores.length - 1].commitIndex();
  }

  /// Inputs taken by all members together.
  long steps() {
    return steps;
  }

  private void step(int member, Input input) {
    steps++;
    cores[member].step(input);
  }

  private void settle() {
    boolean moved;
    do {
      moved = false;
      for (int i = 0; i < cores.length; i++) {
        moved |= drain(i);
      }
      while (!network.isEmpty()) {
        Envelope envelope = network.removeFirst();
        step((int) envelope.to().value() - 1, new Input.Received(envelope));
        moved = true;
      }
    } while (moved);
  }

  private boolean drain(int member) {
    Ready ready = cores[member].drain();
    if (ready.isEmpty()) {
      return false;
    }
    network.addAll(ready.messages());
    if (ready.persist().isPresent()) {
      step(member, new Input.Persisted(ready.persist().get().sequence()));
    }
    if (!ready.committed().isEmpty()) {
      step(member, new Input.Applied(ready.committed().getLast().index()));
    }
    return true;
  }
}
