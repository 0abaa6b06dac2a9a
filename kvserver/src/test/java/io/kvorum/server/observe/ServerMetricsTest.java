package io.kvorum.server.observe;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.kvorum.lease.LeaseId;
import io.kvorum.proto.command.ExpiredLease;
import io.kvorum.proto.command.LeaseExpiry;
import io.kvorum.proto.command.LogCommand;
import io.kvorum.proto.etcd.DeleteRangeRequest;
import io.kvorum.proto.etcd.LeaseGrantRequest;
import io.kvorum.proto.etcd.LeaseGrantResponse;
import io.kvorum.proto.etcd.LeaseRevokeRequest;
import io.kvorum.proto.etcd.PutRequest;
import io.kvorum.proto.etcd.PutResponse;
import io.kvorum.proto.etcd.RangeRequest;
import io.kvorum.proto.etcd.RequestOp;
import io.kvorum.proto.etcd.ResponseOp;
import io.kvorum.proto.etcd.TxnRequest;
import io.kvorum.proto.etcd.TxnResponse;
import io.kvorum.raft.Input.SnapshotSent.Delivery;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.raft.peer.PeerListener.Direction;
import io.kvorum.server.apply.LeaseFailure;
import io.kvorum.server.apply.Lessor;
import io.kvorum.server.command.ApplyResult;
import io.kvorum.server.command.Rejection;
import io.kvorum.server.grpc.CallMeters;
import io.kvorum.server.propose.ProposalFailure;
import io.kvorum.server.propose.Proposals;
import io.kvorum.server.read.LinearizableReads;
import io.kvorum.server.read.ReadFailure;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/// What each meter counts. Names and types are those of operations.md §3.
class ServerMetricsTest {
  private static final ApplyResult.Applied APPLIED =
      new ApplyResult.Applied(PutResponse.getDefaultInstance(), 7);
  private static final ApplyResult.Rejected REFUSED =
      new ApplyResult.Rejected(new Rejection.NoSpace());

  private final AtomicLong clock = new AtomicLong();
  private final ServerMetrics metrics = new ServerMetrics(Observations.BASIC, clock::get);

  private static LogCommand put(String key, String value) {
    return LogCommand.newBuilder().setPut(putRequest(key, value)).build();
  }

  private static PutRequest.Builder putRequest(String key, String value) {
    return PutRequest.newBuilder()
        .setKey(ByteString.copyFromUtf8(key))
        .setValue(ByteString.copyFromUtf8(value));
  }

  private void assertSample(String sample) {
    assertThat(metrics.text().lines()).contains(sample);
  }

  @Test
  void puts_appliedAndRefused_areTimedApartAndOnlyTheAppliedCount() {
    metrics.applied().executed(put("a", "four"), APPLIED, 150_000);
    metrics.applied().executed(put("b", "x"), REFUSED, 90_000);

    assertSample("etcd_mvcc_put_total 1");
    assertSample("etcd_debugging_mvcc_total_put_size_in_bytes 5");
    assertSample(
        "etcd_server_apply_duration_seconds_count{op=\"Put\",success=\"true\",version=\"v3\"} 1");
    assertSample(
        "etcd_server_apply_duration_seconds_count{op=\"Put\",success=\"false\",version=\"v3\"} 1");
    assertSample(
        "etcd_server_apply_duration_seconds_bucket{op=\"Put\",success=\"false\",version=\"v3\",le=\"1.0E-4\"} 1");
  }

  @Test
  void command_slowerThanAllowed_countsAsSlow() {
    metrics.applied().executed(put("a", "b"), APPLIED, TimeUnit.MILLISECONDS.toNanos(100));
    metrics.applied().executed(put("a", "b"), APPLIED, TimeUnit.MILLISECONDS.toNanos(101));

    assertSample("etcd_server_slow_apply_total 1");
  }

  @Test
  void nestedTransaction_applied_countsTheOperationsOfTheBranchesTaken() {
    TxnRequest inner =
        TxnRequest.newBuilder()
            .addSuccess(RequestOp.newBuilder().setRequestPut(putRequest("not", "taken")))
            .addFailure(RequestOp.newBuilder().setRequestPut(putRequest("k", "v")))
            .addFailure(
                RequestOp.newBuilder()
                    .setRequestDeleteRange(DeleteRangeRequest.getDefaultInstance()))
            .build();
    TxnRequest outer =
        TxnRequest.newBuilder()
            .addSuccess(RequestOp.newBuilder().setRequestTxn(inner))
            .addSuccess(RequestOp.newBuilder().setRequestRange(RangeRequest.getDefaultInstance()))
            .build();
    TxnResponse response =
        TxnResponse.newBuilder()
            .setSucceeded(true)
            .addResponses(
                ResponseOp.newBuilder()
                    .setResponseTxn(TxnResponse.newBuilder().setSucceeded(false)))
            .build();

    metrics
        .applied()
        .executed(
            LogCommand.newBuilder().setTxn(outer).build(),
            new ApplyResult.Applied(response, 8),
            1_000);

    assertSample("etcd_mvcc_txn_total 1");
    assertSample("etcd_mvcc_put_total 1");
    assertSample("etcd_mvcc_delete_total 1");
    assertSample("etcd_mvcc_range_total 1");
    assertSample("etcd_debugging_mvcc_total_put_size_in_bytes 2");
  }

  @Test
  void leases_grantedRenewedRevokedExpired_areCounted() {
    metrics
        .applied()
        .executed(
            LogCommand.newBuilder()
                .setLeaseGrant(LeaseGrantRequest.newBuilder().setTTL(60))
                .build(),
            new ApplyResult.Applied(LeaseGrantResponse.getDefaultInstance(), 1),
            1);
    metrics
        .applied()
        .executed(
            LogCommand.newBuilder().setLeaseRevoke(LeaseRevokeRequest.getDefaultInstance()).build(),
            APPLIED,
            1);
    metrics
        .applied()
        .executed(
            LogCommand.newBuilder()
                .setLeaseExpiry(
                    LeaseExpiry.newBuilder()
                        .addLeases(ExpiredLease.newBuilder().setId(3))
                        .addLeases(ExpiredLease.newBuilder().setId(4)))
                .build(),
            APPLIED,
            1);

    assertSample("etcd_debugging_lease_granted_total 1");
    assertSample("etcd_debugging_lease_revoked_total 3");
    assertSample("etcd_debugging_server_lease_expired_total 2");
    assertSample("etcd_debugging_lease_ttl_total_bucket{le=\"32\"} 0");
    assertSample("etcd_debugging_lease_ttl_total_bucket{le=\"64\"} 1");
    assertSample("etcd_debugging_lease_ttl_total_sum 60");
  }

  @Test
  void keepAlive_ofALivingLease_countsAsRenewed() {
    Lessor lessor =
        metrics
            .requests()
            .around(
                new Lessor() {
                  @Override
                  public void keepAlive(
                      LeaseId lease, Executor loop, Callback<KeepAlive> callback) {
                    callback.answered(
                        lease.value() == 1 ? new KeepAlive.Renewed(60, 7) : new KeepAlive.Gone(7));
                  }

                  @Override
                  public void timeToLive(
                      LeaseId lease, Keys keys, Executor loop, Callback<TimeToLive> callback) {}

                  @Override
                  public void leases(Executor loop, Callback<LeaseList> callback) {}
                });

    lessor.keepAlive(new LeaseId(1), Runnable::run, new Ignored<>());
    lessor.keepAlive(new LeaseId(2), Runnable::run, new Ignored<>());

    assertSample("etcd_debugging_lease_renewed_total 1");
  }

  private record Ignored<T>() implements Lessor.Callback<T> {
    @Override
    public void answered(T answer) {}

    @Override
    public void failed(LeaseFailure failure) {}
  }

  @Test
  void proposals_answeredAndFailed_areTimedAndTheFailedCount() {
    var commands =
        metrics
            .requests()
            .around(
                (command, _, callback) -> {
                  clock.addAndGet(TimeUnit.MILLISECONDS.toNanos(3));
                  if (command.hasPut()) {
                    callback.applied(APPLIED);
                  } else {
                    callback.failed(new ProposalFailure.TooManyRequests());
                  }
                });
    Proposals.Callback nobody =
        new Proposals.Callback() {
          @Override
          public void applied(ApplyResult result) {}

          @Override
          public void failed(ProposalFailure failure) {}
        };

    commands.submit(put("a", "b").toBuilder(), Runnable::run, nobody);
    commands.submit(
        LogCommand.newBuilder().setTxn(TxnRequest.getDefaultInstance()), Runnable::run, nobody);

    assertSample("etcd_server_proposals_failed_total 1");
    assertSample(
        "etcd_server_request_duration_seconds_bucket{success=\"true\",type=\"put\",le=\"0.002\"} 0");
    assertSample(
        "etcd_server_request_duration_seconds_bucket{success=\"true\",type=\"put\",le=\"0.004\"} 1");
    assertSample("etcd_server_request_duration_seconds_count{success=\"false\",type=\"txn\"} 1");
  }

  @Test
  void reads_confirmedLateOrNotAtAll_areCounted() {
    var gate =
        metrics
            .requests()
            .around(
                (_, callback) -> {
                  clock.addAndGet(TimeUnit.MILLISECONDS.toNanos(501));
                  callback.ready();
                  callback.failed(ReadFailure.STOPPED);
                });

    gate.whenReady(
        Runnable::run,
        new LinearizableReads.Callback() {
          @Override
          public void ready() {}

          @Override
          public void failed(ReadFailure failure) {}
        });

    assertSample("etcd_server_slow_read_indexes_total 1");
    assertSample("etcd_server_read_indexes_failed_total 1");
  }

  @Test
  void disk_writesSyncsAndRewrites_areMeasured() {
    metrics.logDisk().written(4096, 2_000_000);
    metrics.logDisk().synced(900_000);
    metrics
        .timedDefragmentation(
            () -> {
              assertSample("etcd_disk_defrag_inflight 1");
              clock.addAndGet(TimeUnit.MILLISECONDS.toNanos(150));
            })
        .run();

    assertSample("etcd_disk_wal_write_bytes_total 4096");
    assertSample("etcd_disk_wal_write_duration_seconds_count 1");
    assertSample("etcd_disk_wal_fsync_duration_seconds_bucket{le=\"0.001\"} 1");
    assertSample("etcd_disk_backend_defrag_duration_seconds_bucket{le=\"0.1\"} 0");
    assertSample("etcd_disk_backend_defrag_duration_seconds_bucket{le=\"0.2\"} 1");
    assertSample("etcd_disk_defrag_inflight 0");
  }

  @Test
  void calls_extensiveDetail_haveHistogramsOfTheirTime() {
    ServerMetrics extensive = new ServerMetrics(Observations.EXTENSIVE, clock::get);
    for (ServerMetrics each : new ServerMetrics[] {metrics, extensive}) {
      CallMeters.MethodMeter range = each.calls().of("unary", "etcdserverpb.KV", "Range");
      range.handled("OK", 7_000_000);
      range.handled("OutOfRange", 300_000);
    }

    assertThat(metrics.text()).doesNotContain("grpc_server_handling_seconds");
    assertThat(extensive.text().lines())
        .contains(
            "grpc_server_handling_seconds_bucket{grpc_method=\"Range\",grpc_service=\"etcdserverpb.KV\",grpc_type=\"unary\",le=\"0.005\"} 1");
    assertSample("etcd_server_range_duration_seconds_count{success=\"true\"} 1");
    assertSample("etcd_server_range_duration_seconds_bucket{success=\"false\",le=\"4.0E-4\"} 1");
    assertSample("etcd_mvcc_hash_duration_seconds_count 0");
  }

  @Test
  void clients_ofManyVersions_shareALabelBeyondTheBound() {
    metrics.calls().clientRequest("unary", "3.5");
    for (int i = 0; i < 100; i++) {
      metrics.calls().clientRequest("unary", "made-up-" + i);
    }

    assertSample("etcd_server_client_requests_total{client_api_version=\"3.5\",type=\"unary\"} 1");
    assertSample(
        "etcd_server_client_requests_total{client_api_version=\"other\",type=\"unary\"} 69");
  }

  @Test
  void peer_connectedHeardAndLost_isCountedUnderBothDirections() {
    PeerMetrics peers = metrics.peersOf(new MemberId(0xa1));
    MemberId peer = new MemberId(0xb2);

    peers.connected(peer, Direction.OUTGOING);
    assertSample("etcd_network_active_peers{Local=\"a1\",Remote=\"b2\"} 0");
    peers.connected(peer, Direction.INCOMING);
    assertSample("etcd_network_active_peers{Local=\"a1\",Remote=\"b2\"} 1");
    peers.sent(peer, 100);
    peers.sent(peer, 20);
    peers.received(peer, 7);
    peers.roundTrip(peer, 150_000);
    peers.droppedOutgoing(peer);
    peers.droppedIncoming(peer);
    peers.droppedIncoming(peer);
    peers.disconnected(peer, Direction.INCOMING);
    peers.disconnected(peer, Direction.OUTGOING);

    assertSample("etcd_network_peer_sent_bytes_total{To=\"b2\"} 120");
    assertSample("etcd_network_peer_received_bytes_total{From=\"b2\"} 7");
    assertSample("etcd_network_peer_round_trip_time_seconds_bucket{To=\"b2\",le=\"1.0E-4\"} 0");
    assertSample("etcd_network_peer_round_trip_time_seconds_bucket{To=\"b2\",le=\"2.0E-4\"} 1");
    assertSample("etcd_network_peer_round_trip_time_seconds_bucket{To=\"b2\",le=\"3.2768\"} 1");
    assertSample("etcd_network_peer_sent_failures_total{To=\"b2\"} 1");
    assertSample("etcd_network_peer_received_failures_total{From=\"b2\"} 2");
    assertSample("etcd_network_active_peers{Local=\"a1\",Remote=\"b2\"} 0");
    assertSample("etcd_network_disconnected_peers_total{Local=\"a1\",Remote=\"b2\"} 1");
  }

  @Test
  void receivedSnapshot_isTimedUntilItIsSaved_aFailedOneIsNot() {
    MemberId peer = new MemberId(0xb2);

    metrics.snapshots().receiving(peer);
    metrics.snapshots().received(peer, Delivery.FAILED, TimeUnit.SECONDS.toNanos(9));
    metrics.snapshots().receiving(peer);
    metrics.snapshots().received(peer, Delivery.DELIVERED, TimeUnit.SECONDS.toNanos(3));

    assertSample("etcd_snap_db_save_total_duration_seconds_count 1");
    assertSample("etcd_snap_db_save_total_duration_seconds_sum 3");
    assertSample("etcd_network_snapshot_receive_failures{From=\"b2\"} 1");
    assertSample("etcd_network_snapshot_receive_inflights_total{From=\"b2\"} 0");
  }

  @Test
  void removedMember_isNoLongerKnown_andItsSeriesStay() {
    MemberId self = new MemberId(0xa1);
    MemberId peer = new MemberId(0xb2);
    PeerMetrics peers = metrics.peersOf(self);
    peers.follow(Set.of(self, peer));
    peers.sent(peer, 100);
    assertSample("etcd_network_known_peers{Local=\"a1\",Remote=\"b2\"} 1");

    peers.follow(Set.of(self));

    assertSample("etcd_network_known_peers{Local=\"a1\",Remote=\"b2\"} 0");
    assertSample("etcd_network_known_peers{Local=\"a1\",Remote=\"a1\"} 1");
    assertSample("etcd_network_peer_sent_bytes_total{To=\"b2\"} 100");
  }
}
