package io.kvorum.server;

import io.kvorum.proto.storage.ClusterVersion;
import io.kvorum.server.apply.ClusterState;
import io.kvorum.server.config.MemberConfig;

/// The page `/version`, for clients and for peers (operations.md §2.1).
final class VersionPage {
  private VersionPage() {}

  static String of(MemberConfig config, ClusterState cluster) {
    return "{\"etcdserver\":\"%s\",\"etcdcluster\":\"%s\",\"storage\":\"%s\"}"
        .formatted(
            config.reportedVersion(),
            cluster.version().map(ClusterVersion::getClusterVersion).orElse("not_decided"),
            config.reportedMinorVersion());
  }
}
