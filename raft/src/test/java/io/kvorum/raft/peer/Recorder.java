package io.kvorum.raft.peer;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvorum.raft.membership.MemberId;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/// Notes what the transport reports, and waits for it.
final class Recorder implements PeerListener {
  private static final long PATIENCE_SECONDS = 15;

  /// Everything that was reported, but for bytes and drops.
  final List<String> all = new CopyOnWriteArrayList<>();

  final AtomicLong sentBytes = new AtomicLong();
  final AtomicLong receivedBytes = new AtomicLong();
  final AtomicLong roundTripNanos = new AtomicLong();
  final AtomicLong droppedOutgoing = new AtomicLong();
  private final BlockingQueue<String> unseen = new LinkedBlockingQueue<>();

  private void note(String event) {
    all.add(event);
    unseen.add(event);
  }

  /// Waits for this event, passing over others before it.
  void await(String event) throws InterruptedException {
    String next = unseen.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
    while (next != null && !next.equals(event)) {
      next = unseen.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }
    assertThat(next).as("reported so far: %s", all).isEqualTo(event);
  }

  long count(String event) {
    return all.stream().filter(event::equals).count();
  }

  @Override
  public void unreachable(MemberId peer) {
    note("unreachable " + peer);
  }

  @Override
  public void gone(MemberId peer) {
    note("gone " + peer);
  }

  @Override
  public void removed(MemberId by) {
    note("removed by " + by);
  }

  @Override
  public void failed(Throwable cause) {
    note("failed");
  }

  @Override
  public void connected(MemberId peer, Direction direction) {
    note("connected " + peer + " " + direction);
  }

  @Override
  public void disconnected(MemberId peer, Direction direction) {
    note("disconnected " + peer + " " + direction);
  }

  @Override
  public void failedToConnect(MemberId peer) {
    note("failed to connect " + peer);
  }

  @Override
  public void sent(MemberId peer, long bytes) {
    sentBytes.addAndGet(bytes);
  }

  @Override
  public void received(MemberId peer, long bytes) {
    receivedBytes.addAndGet(bytes);
  }

  @Override
  public void roundTrip(MemberId peer, long nanos) {
    roundTripNanos.set(nanos);
    note("round trip " + peer);
  }

  @Override
  public void droppedOutgoing(MemberId peer) {
    droppedOutgoing.incrementAndGet();
  }

  @Override
  public void droppedIncoming(MemberId peer) {
    note("dropped from " + peer);
  }

  @Override
  public void refusedConnection(String reason) {
    note("refused: " + reason);
  }
}
