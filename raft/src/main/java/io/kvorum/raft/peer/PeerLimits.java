package io.kvorum.raft.peer;

import io.kvorum.invariant.Invariant;
import java.time.Duration;

/// Every bound of the transport.
///
/// @param frameBytes longest frame; above the largest append (its entries plus 64 bytes each). A
///   longer message is dropped by the sender, a longer frame closes the connection.
/// @param queueMessages messages that wait for one peer; more are dropped
/// @param queueBytes their encoded bytes; what exceeds them is dropped
/// @param inFlightBytes encoded bytes handed to one connection and not yet to the kernel: what a
///   heartbeat has to wait for at most
/// @param halfOpen incoming connections that have not been accepted as a peer's; more are closed
/// @param handshake longest time to connect, and to say or answer a handshake
/// @param firstRetry wait after the first failed attempt to connect; doubles up to `lastRetry`
/// @param unanswered longest time data may stay unacknowledged by the peer's kernel (epoll only)
/// @param snapshotIdle longest time in which nothing moves on the connection of a snapshot;
///   includes what the receiver does to its files in the end
/// @param snapshotConnections incoming connections for snapshots, of which one is served; more are
///   closed
public record PeerLimits(
    int frameBytes,
    int queueMessages,
    long queueBytes,
    int inFlightBytes,
    int halfOpen,
    Duration handshake,
    Duration firstRetry,
    Duration lastRetry,
    Duration unanswered,
    Duration snapshotIdle,
    int snapshotConnections) {
  public PeerLimits {
    Invariant.check(frameBytes >= 1024 && frameBytes <= 1 << 28, "frames of %d bytes", frameBytes);
    Invariant.check(
        queueMessages > 0 && queueBytes >= frameBytes,
        "a frame of %d bytes does not fit a queue of %d messages and %d bytes",
        frameBytes,
        queueMessages,
        queueBytes);
    Invariant.check(inFlightBytes >= 1024, "%d bytes in flight", inFlightBytes);
    Invariant.check(halfOpen > 0, "no connection could ever begin");
    Invariant.check(handshake.isPositive() && unanswered.isPositive(), "no time for anything");
    Invariant.check(
        snapshotIdle.isPositive() && snapshotConnections > 0, "no snapshot could ever come");
    Invariant.check(
        firstRetry.isPositive() && lastRetry.compareTo(firstRetry) >= 0,
        "retries after %s up to %s",
        firstRetry,
        lastRetry);
  }

  /// For requests of the usual size (1.5 MiB) and links of at least some Mbit/s.
  public static PeerLimits standard() {
    return new PeerLimits(
        16 << 20,
        4096,
        32L << 20,
        512 << 10,
        64,
        Duration.ofSeconds(5),
        Duration.ofMillis(20),
        Duration.ofSeconds(3),
        Duration.ofSeconds(10),
        Duration.ofSeconds(60),
        4);
  }
}
