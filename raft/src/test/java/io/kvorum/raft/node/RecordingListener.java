package io.kvorum.raft.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvorum.raft.Entry;
import io.kvorum.raft.Envelope;
import io.kvorum.raft.ProposalRefusal;
import io.kvorum.raft.Ready.SnapshotWanted;
import io.kvorum.raft.SnapshotMarker;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/// Keeps what the member above is told, in order, for the test to take.
final class RecordingListener implements RaftListener {
  sealed interface Event {
    record Committed(Entry entry) implements Event {}

    record ReadReady(long token, long index) implements Event {}

    record ReadAborted(long token) implements Event {}

    record Refused(long token, ProposalRefusal refusal) implements Event {}

    record StatusChanged(RaftStatus status) implements Event {}

    record Install(SnapshotMarker marker) implements Event {}

    record Wanted(SnapshotWanted wanted) implements Event {}

    record Offered(Envelope offer) implements Event {}

    record Failed(Throwable cause) implements Event {}
  }

  private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();

  /// The next event of this type; others are skipped. Fails the test if none comes for long.
  <E extends Event> E next(Class<E> type) throws InterruptedException {
    while (true) {
      Event event = events.poll(20, TimeUnit.SECONDS);
      assertThat(event).as("no %s came", type.getSimpleName()).isNotNull();
      if (type.isInstance(event)) {
        return type.cast(event);
      }
    }
  }

  List<Event> remaining() {
    List<Event> rest = new ArrayList<>();
    events.drainTo(rest);
    return rest;
  }

  @Override
  public void committed(List<Entry> entries) {
    entries.forEach(entry -> events.add(new Event.Committed(entry)));
  }

  @Override
  public void install(SnapshotMarker marker) {
    events.add(new Event.Install(marker));
  }

  @Override
  public void snapshotWanted(SnapshotWanted wanted) {
    events.add(new Event.Wanted(wanted));
  }

  @Override
  public void snapshotOffered(Envelope offer) {
    events.add(new Event.Offered(offer));
  }

  @Override
  public void readIndexReady(long token, long index) {
    events.add(new Event.ReadReady(token, index));
  }

  @Override
  public void readIndexAborted(long token) {
    events.add(new Event.ReadAborted(token));
  }

  @Override
  public void proposalRefused(long token, ProposalRefusal refusal) {
    events.add(new Event.Refused(token, refusal));
  }

  @Override
  public void statusChanged(RaftStatus status) {
    events.add(new Event.StatusChanged(status));
  }

  @Override
  public void failed(Throwable cause) {
    events.add(new Event.Failed(cause));
  }
}
