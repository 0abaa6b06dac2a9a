package io.kvorum.testkit.differential;

import io.kvorum.proto.etcd.AlarmRequest;
import io.kvorum.proto.etcd.AlarmRequest.AlarmAction;
import io.kvorum.proto.etcd.AlarmType;
import java.util.ArrayList;
import java.util.List;

/// An alarm that is raised, refuses writes for a while, and is taken back (api.md §3.6 Alarm).
///
/// Transactions in between hold puts at the top level only: in nested ones etcd 3.4 overlooks them
/// (api-3.4-differences.md §2).
final class AlarmScript {
  private static final long ANY_MEMBER = 77;
  private static final int UNKNOWN_ENUM_NUMBER = 9;
  private static final int COMMANDS_DURING_ALARM = 20;

  private final Dice dice;
  private final KvScript kv;
  private final LeaseScript leases;

  AlarmScript(Dice dice, KvScript kv, LeaseScript leases) {
    this.dice = dice;
    this.kv = kv;
    this.leases = leases;
  }

  List<Command> next() {
    AlarmType type = dice.oneOf(List.of(AlarmType.NOSPACE, AlarmType.CORRUPT));
    List<Command> commands = new ArrayList<>();
    commands.add(alarm(AlarmAction.DEACTIVATE, type));
    commands.add(alarm(AlarmAction.ACTIVATE, AlarmType.NONE));
    commands.add(
        new Command.Alarm(AlarmRequest.newBuilder().setActionValue(UNKNOWN_ENUM_NUMBER).build()));
    commands.add(alarm(AlarmAction.ACTIVATE, type));
    for (int i = 0; i < COMMANDS_DURING_ALARM; i++) {
      commands.addAll(during());
    }
    commands.add(alarm(AlarmAction.ACTIVATE, type));
    commands.add(alarm(AlarmAction.GET, AlarmType.NONE));
    commands.add(alarm(AlarmAction.GET, type));
    commands.add(alarm(AlarmAction.DEACTIVATE, type));
    commands.add(alarm(AlarmAction.GET, AlarmType.NONE));
    return commands;
  }

  private List<Command> during() {
    return switch (dice.below(7)) {
      case 0, 1 -> List.of(new Command.Put(kv.put()));
      case 2 -> List.of(new Command.DeleteRange(kv.deleteRange()));
      case 3 -> List.of(new Command.Range(kv.range()));
      case 4 -> List.of(new Command.Txn(FlatTxn.of(dice, kv)));
      default -> leases.next();
    };
  }

  private static Command alarm(AlarmAction action, AlarmType type) {
    return new Command.Alarm(
        AlarmRequest.newBuilder().setAction(action).setMemberID(ANY_MEMBER).setAlarm(type).build());
  }
}
