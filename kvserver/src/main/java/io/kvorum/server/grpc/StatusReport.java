package io.kvorum.server.grpc;

import io.kvorum.mvcc.MvccStore;
import io.kvorum.mvcc.StoreSize;
import io.kvorum.proto.etcd.AlarmMember;
import io.kvorum.proto.etcd.DowngradeInfo;
import io.kvorum.proto.etcd.StatusResponse;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.raft.node.RaftStatus;
import java.util.List;
import java.util.function.Supplier;

/// What a member says about itself (etcd API: Maintenance.Status, `api.md` §3.6). Local: it needs
/// no leader. Safe for any thread.
public final class StatusReport {
  private final MvccStore store;
  private final StorageQuota quota;
  private final Supplier<RaftStatus> raft;
  private final Supplier<List<AlarmMember>> alarms;
  private final MemberStanding standing;
  private final Versions versions;

  /// The versions a member reports, each as `major.minor.patch`.
  ///
  /// @param server the API version this server is compatible with
  /// @param storage the oldest API version whose data the store may hold
  public record Versions(String server, String storage) {}

  public StatusReport(
      MvccStore store,
      StorageQuota quota,
      Supplier<RaftStatus> raft,
      MemberStanding standing,
      Supplier<List<AlarmMember>> alarms,
      Versions versions) {
    this.standing = standing;
    this.store = store;
    this.quota = quota;
    this.raft = raft;
    this.alarms = alarms;
    this.versions = versions;
  }

  StatusResponse now(ResponseHeaders headers) {
    RaftStatus status = raft.get();
    StoreSize size = store.size();
    StatusResponse.Builder response =
        StatusResponse.newBuilder()
            .setHeader(headers.at(store.head()))
            .setVersion(versions.server())
            .setDbSize(Math.max(1, Math.max(size.logicalBytes(), size.fileBytes())))
            .setDbSizeInUse(size.logicalBytes())
            .setDbSizeQuota(quota.quotaBytes())
            .setLeader(status.leader().map(MemberId::value).orElse(0L))
            .setRaftIndex(status.commitIndex())
            .setRaftTerm(status.term())
            .setRaftAppliedIndex(store.appliedIndex())
            .setIsLearner(standing.isLearner())
            .setStorageVersion(versions.storage())
            .setDowngradeInfo(DowngradeInfo.getDefaultInstance());
    if (status.leader().isEmpty()) {
      response.addErrors("etcdserver: no leader");
    }
    for (AlarmMember alarm : alarms.get()) {
      response.addErrors(
          "memberID:%s alarm:%s"
              .formatted(Long.toUnsignedString(alarm.getMemberID()), alarm.getAlarm()));
    }
    return response.build();
  }
}
