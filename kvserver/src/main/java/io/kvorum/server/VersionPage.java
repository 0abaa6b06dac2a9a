package io.kvorum.server;

import io.kvorum.proto.storage.ClusterVersion;
import io.kvorum.server.apply.ClusterState;
import io.kvorum.server.command.FeatureLevel;
import io.kvorum.server.config.MemberConfig;

/// The page `/version`, for clients and for peers (operations.md §2.1).
final class VersionPage {
  private VersionPage() {}

  /// For clients: etcd's fields and no others.
  static String of(MemberConfig config, ClusterState cluster) {
    return "{\"etcdserver\":\"%s\",\"etcdcluster\":\"%s\",\"storage\":\"%s\"}"
        .formatted(
            config.reportedVersion(),
            cluster.version().map(ClusterVersion::getClusterVersion).orElse("not_decided"),
            config.reportedMinorVersion());
  }

  /// For peers: with the feature level that the cluster has reached, for members that want to join.
  static String forPeers(MemberConfig config, ClusterState cluster) {
    int level = cluster.version().map(ClusterVersion::getFeatureLevel).orElse(FeatureLevel.FIRST);
    String page = of(config, cluster);
    return page.substring(0, page.length() - 1) + ",\"featureLevel\":" + level + "}";
  }
}
