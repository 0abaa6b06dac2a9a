package io.kvorum.raft.node;

import io.kvorum.raft.Entry;
import io.kvorum.raft.Envelope;
import io.kvorum.raft.ProposalRefusal;
import io.kvorum.raft.Ready.SnapshotWanted;
import io.kvorum.raft.SnapshotMarker;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/// Keeps the thread `raft` busy with the first committed batch until the test lets it go on.
final class StallingListener implements RaftListener {
  private final CountDownLatch stalled = new CountDownLatch(1);
  private final CountDownLatch resumed = new CountDownLatch(1);

  void awaitStall() throws InterruptedException {
    stalled.await();
  }

  void resume() {
    resumed.countDown();
  }

  @Override
  public void committed(List<Entry> entries) {
    stalled.countDown();
    try {
      resumed.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void install(SnapshotMarker marker) {}

  @Override
  public void snapshotWanted(SnapshotWanted wanted) {}

  @Override
  public void snapshotOffered(Envelope offer) {}

  @Override
  public void readIndexReady(long token, long index) {}

  @Override
  public void readIndexAborted(long token) {}

  @Override
  public void proposalRefused(long token, ProposalRefusal refusal) {}

  @Override
  public void statusChanged(RaftStatus status) {}

  @Override
  public void failed(Throwable cause) {}
}
