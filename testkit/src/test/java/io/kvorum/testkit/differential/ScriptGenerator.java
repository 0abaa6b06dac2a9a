package io.kvorum.testkit.differential;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.SplittableRandom;

/// The unending script of one seed. Each command depends on the answers to the ones before, which
/// [ScriptState] keeps; equal answers give equal scripts.
final class ScriptGenerator {
  private static final int FIRST_WRITES = 40;

  private final Dice dice;
  private final ScriptState state = new ScriptState();
  private final KvScript kv;
  private final TxnScript txns;
  private final LeaseScript leases;
  private final WatchScript watches;
  private final AlarmScript alarms;
  private final Queue<Command> planned = new ArrayDeque<>();
  private int generated;

  ScriptGenerator(long seed, LeaseScript.Ids leaseIds) {
    dice = new Dice(new SplittableRandom(seed));
    leases = new LeaseScript(dice, state, leaseIds);
    kv = new KvScript(dice, state, leases);
    txns = new TxnScript(dice, state, kv, leases);
    watches = new WatchScript(dice, state, kv);
    alarms = new AlarmScript(dice, kv, leases);
  }

  ScriptState state() {
    return state;
  }

  /// Tells whether the next command belongs to the last one: nothing should come between them.
  boolean isInEpisode() {
    return !planned.isEmpty();
  }

  Command next() {
    Command command = planned.poll();
    if (command == null) {
      generated++;
      plan();
      command = planned.remove();
    }
    return command;
  }

  private void plan() {
    if (generated == FIRST_WRITES + 400 || dice.oneIn(1_500)) {
      planned.addAll(alarms.next());
      return;
    }
    int roll = dice.below(1_000);
    if (generated < FIRST_WRITES || roll < 230) {
      planned.add(new Command.Put(kv.put()));
    } else if (roll < 300) {
      planned.add(new Command.DeleteRange(kv.deleteRange()));
    } else if (roll < 480) {
      planned.add(new Command.Range(kv.range()));
    } else if (roll < 530) {
      planned.add(new Command.RangeStream(kv.streamedRange()));
    } else if (roll < 780) {
      planned.add(new Command.Txn(txns.next()));
    } else if (roll < 900) {
      planned.addAll(leases.next());
    } else if (roll < 985) {
      planned.add(watches.next());
    } else if (roll < 998) {
      planned.add(new Command.Compact(kv.compaction()));
    } else {
      planned.add(new Command.Put(kv.tooLarge()));
    }
  }
}
