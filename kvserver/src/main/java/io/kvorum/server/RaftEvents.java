package io.kvorum.server;

import io.kvorum.raft.Entry;
import io.kvorum.raft.Envelope;
import io.kvorum.raft.ProposalRefusal;
import io.kvorum.raft.Ready.SnapshotWanted;
import io.kvorum.raft.SnapshotMarker;
import io.kvorum.raft.node.RaftListener;
import io.kvorum.raft.node.RaftStatus;
import io.kvorum.server.apply.Applier;
import io.kvorum.server.observe.ServerMetrics;
import io.kvorum.server.propose.Proposals;
import io.kvorum.server.read.LinearizableReads;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Hands what the Raft node says to those it concerns. Called by the thread `raft`; never waits.
final class RaftEvents implements RaftListener {
  private static final Logger log = LoggerFactory.getLogger(RaftEvents.class);

  private final Applier applier;
  private final Proposals proposals;
  private final LinearizableReads reads;
  private final ClusterSide cluster;
  private final ServerMetrics metrics;
  private final FatalErrors failures;

  RaftEvents(
      Applier applier,
      Proposals proposals,
      LinearizableReads reads,
      ClusterSide cluster,
      ServerMetrics metrics,
      FatalErrors failures) {
    this.applier = applier;
    this.proposals = proposals;
    this.reads = reads;
    this.cluster = cluster;
    this.metrics = metrics;
    this.failures = failures;
  }

  @Override
  public void committed(List<Entry> entries) {
    applier.committed(entries);
  }

  @Override
  public void install(SnapshotMarker marker) {
    applier.install(marker);
  }

  @Override
  public void snapshotWanted(SnapshotWanted wanted) {
    cluster.snapshotSender().wanted(wanted);
  }

  @Override
  public void snapshotOffered(Envelope offer) {
    cluster.snapshotSender().offer(offer);
  }

  @Override
  public void readIndexReady(long token, long index) {
    reads.readIndexReady(token, index);
  }

  @Override
  public void readIndexAborted(long token) {
    reads.readIndexAborted(token);
  }

  @Override
  public void proposalRefused(long token, ProposalRefusal refusal) {
    if (!cluster.refused(token, refusal)) {
      proposals.refused(token, refusal);
    }
  }

  @Override
  public void statusChanged(RaftStatus status) {
    log.atInfo()
        .addKeyValue("role", status.role())
        .addKeyValue("term", status.term())
        .addKeyValue("leader", status.leader().map(Object::toString).orElse("none"))
        .log("raft status changed");
    applier.statusChanged(status);
    proposals.leaderChanged(status.leader());
    reads.leaderChanged(status.leader());
    cluster.moves().statusChanged(status);
    if (status.leader().isPresent()) {
      metrics.leaderChanged();
    }
  }

  @Override
  public void failed(Throwable cause) {
    failures.stop(cause);
  }
}
