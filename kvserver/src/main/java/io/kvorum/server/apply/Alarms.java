package io.kvorum.server.apply;

import com.google.protobuf.ByteString;
import io.kvorum.proto.etcd.AlarmMember;
import io.kvorum.proto.etcd.AlarmType;
import io.kvorum.raft.membership.MemberId;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.NavigableSet;
import java.util.TreeSet;

/// The alarms that are raised, by member and then type. Immutable, so it can be published.
public final class Alarms {
  /// None is raised.
  public static final Alarms NONE = new Alarms(Collections.emptyNavigableSet());

  private static final int FORMAT = 1;

  private final NavigableSet<Alarm> raised;

  private Alarms(NavigableSet<Alarm> raised) {
    this.raised = raised;
  }

  /// One raised alarm.
  record Alarm(MemberId member, AlarmType type) implements Comparable<Alarm> {
    private static final Comparator<Alarm> ORDER =
        Comparator.comparing(Alarm::member).thenComparingInt(alarm -> alarm.type().getNumber());

    @Override
    public int compareTo(Alarm other) {
      return ORDER.compare(this, other);
    }

    AlarmMember toApi() {
      return AlarmMember.newBuilder().setMemberID(member.value()).setAlarm(type).build();
    }
  }

  /// All raised alarms as the API has them.
  public List<AlarmMember> all() {
    return raised.stream().map(Alarm::toApi).toList();
  }

  /// Whether any member has raised this type.
  public boolean isRaised(AlarmType type) {
    return raised.stream().anyMatch(alarm -> alarm.type() == type);
  }

  /// Whether this alarm of this member is.
  public boolean isRaised(MemberId member, AlarmType type) {
    return contains(new Alarm(member, type));
  }

  boolean contains(Alarm alarm) {
    return raised.contains(alarm);
  }

  List<AlarmMember> ofType(AlarmType type) {
    List<AlarmMember> matching = new ArrayList<>();
    for (Alarm alarm : raised) {
      if (alarm.type() == type) {
        matching.add(alarm.toApi());
      }
    }
    return matching;
  }

  Alarms with(Alarm alarm) {
    NavigableSet<Alarm> next = new TreeSet<>(raised);
    next.add(alarm);
    return new Alarms(next);
  }

  Alarms without(Alarm alarm) {
    NavigableSet<Alarm> next = new TreeSet<>(raised);
    next.remove(alarm);
    return new Alarms(next);
  }

  ByteString encode() {
    var record = io.kvorum.proto.storage.Alarms.newBuilder().setVersion(FORMAT);
    for (Alarm alarm : raised) {
      record.addAlarms(
          io.kvorum.proto.storage.Alarm.newBuilder()
              .setMemberId(alarm.member().value())
              .setType(alarm.type()));
    }
    return record.build().toByteString();
  }

  static Alarms decode(ByteString bytes) {
    var record = StoredFact.ALARMS.parse(bytes, io.kvorum.proto.storage.Alarms.parser());
    StoredFact.ALARMS.checkFormat(record.getVersion(), FORMAT);
    NavigableSet<Alarm> raised = new TreeSet<>();
    for (var alarm : record.getAlarmsList()) {
      raised.add(new Alarm(new MemberId(alarm.getMemberId()), alarm.getType()));
    }
    return new Alarms(raised);
  }
}
