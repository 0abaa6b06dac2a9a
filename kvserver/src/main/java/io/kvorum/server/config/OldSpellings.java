package io.kvorum.server.config;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;

/// Flag names of older etcd releases that are still in manifests. They are accepted, with a warning
/// where they were given.
final class OldSpellings {
  private OldSpellings() {}

  /// `experimental-<name>` is read as `<name>`.
  static final List<String> RENAMED =
      List.of(
          "backend-bbolt-freelist-type",
          "bootstrap-defrag-threshold-megabytes",
          "compact-hash-check-time",
          "compaction-batch-limit",
          "compaction-sleep-interval",
          "corrupt-check-time",
          "distributed-tracing-address",
          "distributed-tracing-instance-id",
          "distributed-tracing-sampling-rate",
          "distributed-tracing-service-name",
          "downgrade-check-time",
          "enable-distributed-tracing",
          "max-learners",
          "memory-mlock",
          "peer-skip-client-san-verification",
          "snapshot-catchup-entries",
          "warning-apply-duration",
          "warning-unary-request-duration",
          "watch-progress-notify-interval");

  /// `experimental-<key>` is read as the feature gate `<value>`.
  static final SequencedMap<String, String> GATES =
      Collections.unmodifiableSequencedMap(
          new TreeMap<>(
              Map.of(
                  "compact-hash-check-enabled", "CompactHashCheck",
                  "enable-lease-checkpoint", "LeaseCheckpoint",
                  "enable-lease-checkpoint-persist", "LeaseCheckpointPersist",
                  "initial-corrupt-check", "InitialCorruptCheck",
                  "set-member-localaddr", "SetMemberLocalAddr",
                  "stop-grpc-service-on-defrag", "StopGRPCServiceOnDefrag",
                  "txn-mode-write-with-shared-buffer", "TxnModeWriteWithSharedBuffer")));

  static final List<String> WORDS_WITHOUT_EFFECT =
      List.of(
          "ca-file",
          "experimental-enable-v2v3",
          "log-output",
          "log-package-levels",
          "peer-ca-file",
          "proxy",
          "proxy-dial-timeout",
          "proxy-failure-wait",
          "proxy-read-timeout",
          "proxy-refresh-interval",
          "proxy-write-timeout",
          "v2-deprecation");

  /// Without a value they mean "on", as etcd's own list of ignored flags does.
  static final List<String> SWITCHES_WITHOUT_EFFECT =
      List.of(
          "cluster-active-size",
          "cluster-remove-delay",
          "cluster-sync-interval",
          "config",
          "debug",
          "enable-v2",
          "force",
          "max-result-buffer",
          "max-retry-attempts",
          "peer-election-timeout",
          "peer-heartbeat-interval",
          "retry-interval",
          "snapshot",
          "test.coverprofile",
          "test.outputdir",
          "v",
          "vv");
}
