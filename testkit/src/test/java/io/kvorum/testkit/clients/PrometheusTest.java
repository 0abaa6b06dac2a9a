package io.kvorum.testkit.clients;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.kvorum.proto.etcd.DefragmentRequest;
import io.kvorum.proto.etcd.HashKVRequest;
import io.kvorum.proto.etcd.KVGrpc;
import io.kvorum.proto.etcd.LeaseGrantRequest;
import io.kvorum.proto.etcd.LeaseGrpc;
import io.kvorum.proto.etcd.MaintenanceGrpc;
import io.kvorum.proto.etcd.PutRequest;
import io.kvorum.proto.etcd.RangeRequest;
import io.kvorum.testkit.ServerProcess;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a Prometheus server scrapes from a member that has been used, under the names that
/// dashboards and alerts of etcd read (operations.md §3).
class PrometheusTest {
  private static final String GAUGES =
      """
      etcd_server_has_leader etcd_server_is_leader etcd_server_is_learner etcd_server_id
      etcd_server_version etcd_cluster_version etcd_server_proposals_committed_total
      etcd_server_proposals_applied_total etcd_server_proposals_pending
      etcd_server_quota_backend_bytes etcd_mvcc_db_total_size_in_bytes
      etcd_mvcc_db_total_size_in_use_in_bytes etcd_mvcc_db_open_read_transactions
      etcd_disk_wal_write_bytes_total etcd_disk_defrag_inflight etcd_debugging_mvcc_keys_total
      etcd_debugging_mvcc_watch_stream_total etcd_debugging_mvcc_watcher_total
      etcd_debugging_mvcc_slow_watcher_total etcd_debugging_mvcc_pending_events_total
      etcd_debugging_mvcc_current_revision etcd_debugging_mvcc_compact_revision
      etcd_debugging_mvcc_total_put_size_in_bytes etcd_debugging_server_alarms
      process_resident_memory_bytes process_virtual_memory_bytes os_fd_used os_fd_limit
      """;
  private static final String COUNTERS =
      """
      etcd_server_leader_changes_seen_total etcd_server_proposals_failed_total
      etcd_network_client_grpc_received_bytes_total etcd_network_client_grpc_sent_bytes_total
      grpc_server_started_total grpc_server_handled_total grpc_server_msg_received_total
      grpc_server_msg_sent_total etcd_server_health_success etcd_server_health_failures
      etcd_server_slow_apply_total etcd_server_slow_read_indexes_total
      etcd_server_read_indexes_failed_total etcd_server_client_requests_total etcd_mvcc_put_total
      etcd_mvcc_delete_total etcd_mvcc_range_total etcd_mvcc_txn_total
      etcd_debugging_mvcc_events_total etcd_debugging_lease_granted_total
      etcd_debugging_lease_revoked_total etcd_debugging_lease_renewed_total
      etcd_debugging_server_lease_expired_total process_cpu_seconds_total
      """;
  private static final String HISTOGRAMS =
      """
      etcd_disk_wal_fsync_duration_seconds etcd_disk_backend_commit_duration_seconds
      etcd_disk_wal_write_duration_seconds etcd_disk_backend_defrag_duration_seconds
      etcd_server_apply_duration_seconds etcd_server_range_duration_seconds
      etcd_server_request_duration_seconds etcd_mvcc_hash_duration_seconds
      etcd_mvcc_hash_rev_duration_seconds etcd_debugging_lease_ttl_total
      grpc_server_handling_seconds
      """;

  @TempDir private Path directory;

  @Test
  void usedMember_scraped_showsWhatWasDoneUnderTheNamesOfEtcd() throws Exception {
    try (ServerProcess server = ServerProcess.kvorum(directory, "--metrics=extensive")) {
      use(server);

      String text = scrape(server);
      String second = scrape(server);

      Map<String, String> types = types(text);
      assertThat(types).containsAllEntriesOf(typed(GAUGES, "gauge"));
      assertThat(types).containsAllEntriesOf(typed(COUNTERS, "counter"));
      assertThat(types).containsAllEntriesOf(typed(HISTOGRAMS, "histogram"));
      assertThat(text.lines())
          .contains(
              "etcd_server_has_leader 1",
              "etcd_mvcc_put_total 3",
              "etcd_debugging_mvcc_keys_total 3",
              "etcd_debugging_mvcc_current_revision 4",
              "etcd_debugging_lease_granted_total 1",
              "etcd_server_range_duration_seconds_count{success=\"true\"} 1",
              "etcd_mvcc_hash_rev_duration_seconds_count 1",
              "etcd_server_client_requests_total{client_api_version=\"unknown\",type=\"unary\"} 7",
              "grpc_server_handled_total{grpc_code=\"OK\",grpc_method=\"Put\",grpc_service=\"etcdserverpb.KV\",grpc_type=\"unary\"} 3",
              "grpc_server_handled_total{grpc_code=\"DataLoss\",grpc_method=\"Put\",grpc_service=\"etcdserverpb.KV\",grpc_type=\"unary\"} 0");
      assertThat(second.lines()).contains("promhttp_metric_handler_requests_total{code=\"200\"} 2");
    }
  }

  private static void use(ServerProcess server) {
    ManagedChannel channel =
        NettyChannelBuilder.forTarget(server.endpoint()).usePlaintext().build();
    var kv = KVGrpc.newBlockingStub(channel);
    var maintenance = MaintenanceGrpc.newBlockingStub(channel);
    for (String key : new String[] {"a", "b", "c"}) {
      var _ = kv.put(PutRequest.newBuilder().setKey(ByteString.copyFromUtf8(key)).build());
    }
    var _ = kv.range(RangeRequest.newBuilder().setKey(ByteString.copyFromUtf8("a")).build());
    var _ =
        LeaseGrpc.newBlockingStub(channel)
            .leaseGrant(LeaseGrantRequest.newBuilder().setTTL(60).build());
    var _ = maintenance.hashKV(HashKVRequest.getDefaultInstance());
    var _ = maintenance.defragment(DefragmentRequest.getDefaultInstance());
    channel.shutdownNow();
  }

  private static String scrape(ServerProcess server) throws Exception {
    try (HttpClient http = HttpClient.newHttpClient()) {
      URI uri = URI.create("http://" + server.endpoint() + "/metrics");
      return http.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString())
          .body();
    }
  }

  private static Map<String, String> types(String text) {
    return text.lines()
        .filter(line -> line.startsWith("# TYPE "))
        .map(line -> line.split(" ", -1))
        .collect(Collectors.toMap(words -> words[2], words -> words[3]));
  }

  private static Map<String, String> typed(String names, String type) {
    Map<String, String> typed = new TreeMap<>();
    for (String name : names.strip().split("\\s+", -1)) {
      typed.put(name, type);
    }
    return typed;
  }
}
