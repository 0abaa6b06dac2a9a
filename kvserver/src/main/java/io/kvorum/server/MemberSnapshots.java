package io.kvorum.server;

import io.kvorum.mvcc.MvccStore;
import io.kvorum.raft.Input.SnapshotSent.Delivery;
import io.kvorum.raft.RaftOptions;
import io.kvorum.raft.SnapshotMarker;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.raft.node.RaftNode;
import io.kvorum.raft.snapshot.SnapshotInbox;
import io.kvorum.raft.snapshot.SnapshotLimits;
import io.kvorum.raft.snapshot.SnapshotMeter;
import io.kvorum.raft.snapshot.SnapshotNetwork;
import io.kvorum.raft.snapshot.SnapshotReceiver;
import io.kvorum.raft.snapshot.SnapshotSender;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/// A member's snapshots, both ways: what it sends to members that lag behind, and what it gets.
final class MemberSnapshots implements AutoCloseable {
  /// What Raft keeps in memory for slow followers, and so in the log too, is bounded in bytes as
  /// well. Who asks for more entries than by default gets them on the disk, of any size.
  private static final long IN_MEMORY_ENTRIES = RaftOptions.defaults().tail().entries();

  private final SnapshotFiles files;
  private final Supplier<RaftNode> raft;
  private final MvccStore store;
  private final long catchUpEntries;
  private final SnapshotSender sender;
  private final SnapshotReceiver receiver;

  /// @param catchUpEntries entries of the log that are kept for slow followers
  /// @param network the way to the peers
  /// @param raft the node, which must have started before the first peer is heard
  MemberSnapshots(
      MemberFiles files,
      long catchUpEntries,
      SnapshotNetwork network,
      Supplier<RaftNode> raft,
      SnapshotMeter meter,
      LongSupplier nanoClock) {
    this.files = files.snapshots();
    this.raft = raft;
    this.store = files.store();
    this.catchUpEntries = catchUpEntries;
    StoreSnapshots snapshots = new StoreSnapshots(store, files.directory().temporary());
    this.sender =
        new SnapshotSender(
            new SnapshotSender.Parts(
                files.self(),
                files.recovery().recovered().bootEpoch(),
                this.files.folder(),
                snapshots,
                network,
                new Reports(),
                meter),
            SnapshotLimits.standard(),
            nanoClock);
    this.receiver =
        new SnapshotReceiver(
            files.self(),
            this.files.folder(),
            snapshots,
            offer -> raft.get().receive(offer),
            meter,
            nanoClock);
  }

  SnapshotSender sender() {
    return sender;
  }

  /// Takes what peers send.
  SnapshotInbox inbox() {
    return receiver;
  }

  /// The state up to `index` is durable: the log may be dropped, but not what a snapshot that is
  /// being sent has to connect to, nor what is kept for slow followers.
  void stateDurable(long index) {
    long droppable = Math.min(index, sender.pinnedIndex());
    if (catchUpEntries > IN_MEMORY_ENTRIES) {
      droppable = Math.min(droppable, Math.max(0, store.appliedIndex() - catchUpEntries));
    }
    raft.get().stateDurable(droppable);
    files.stateDurable(index);
  }

  /// Takes what becomes of snapshots to Raft.
  private final class Reports implements SnapshotSender.Reports {
    @Override
    public void ready(MemberId peer, long term, SnapshotMarker marker) {
      raft.get().snapshotReady(peer, term, marker);
    }

    @Override
    public void sent(MemberId peer, long index, Delivery delivery) {
      raft.get().snapshotSent(peer, index, delivery);
    }
  }

  /// Ends what is under way.
  @Override
  public void close() {
    sender.close();
    receiver.close();
  }
}
