package io.kvorum.server.observe;

import io.kvorum.proto.etcd.AlarmMember;
import io.kvorum.proto.etcd.AlarmType;
import io.kvorum.raft.membership.MemberId;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;

/// The alarms as etcd shows them: a row for each that is raised anywhere in the cluster, and for
/// those of this member even if they are not. Safe for any thread.
final class AlarmMetrics {
  private final MemberId self;
  private final Supplier<List<AlarmMember>> raised;
  private final MultiGauge rows;

  AlarmMetrics(Meters meters, MemberId self, Supplier<List<AlarmMember>> raised) {
    this.self = self;
    this.raised = raised;
    this.rows = meters.rows("etcd_debugging_server_alarms", "1 while the alarm is raised.");
  }

  /// Takes the alarms as they are now.
  void refresh() {
    Map<AlarmMember, Integer> values =
        new TreeMap<>((a, b) -> tags(a).toString().compareTo(tags(b).toString()));
    values.put(own(AlarmType.NOSPACE), 0);
    values.put(own(AlarmType.CORRUPT), 0);
    raised.get().forEach(alarm -> values.put(alarm, 1));
    List<MultiGauge.Row<?>> now = new ArrayList<>();
    values.forEach((alarm, value) -> now.add(MultiGauge.Row.of(tags(alarm), value)));
    rows.register(now, true);
  }

  private AlarmMember own(AlarmType type) {
    return AlarmMember.newBuilder().setMemberID(self.value()).setAlarm(type).build();
  }

  private static Tags tags(AlarmMember alarm) {
    return Tags.of(
        "server_id",
        new MemberId(alarm.getMemberID()).toString(),
        "alarm_type",
        alarm.getAlarm().name());
  }
}
