package io.kvorum.benchmarks;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.kvorum.proto.etcd.KVGrpc;
import io.kvorum.proto.etcd.RangeRequest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/// Finds out when a member serves reads at a revision, by asking it every few milliseconds.
final class RevisionWatch {
  private static final long POLL_MILLIS = 5;

  private RevisionWatch() {}

  /// The revision of the newest state that the member would read from without asking others.
  static long revisionOf(GroupMember member) {
    ManagedChannel channel = PacedWriters.channel(member.endpoint());
    try {
      return revision(channel);
    } finally {
      channel.shutdownNow();
    }
  }

  private static long revision(ManagedChannel channel) {
    return KVGrpc.newBlockingStub(channel)
        .withDeadlineAfter(1, TimeUnit.SECONDS)
        .range(
            RangeRequest.newBuilder()
                .setKey(ByteString.copyFromUtf8("nothing"))
                .setSerializable(true)
                .build())
        .getHeader()
        .getRevision();
  }

  /// Waits until a serializable read of the member is at `revision`.
  static void await(GroupMember member, long revision, Duration patience)
      throws IOException, InterruptedException {
    long deadline = System.nanoTime() + patience.toNanos();
    while (!isListening(member)) { // a channel would back off meanwhile
      pause(member, deadline);
    }
    ManagedChannel channel = PacedWriters.channel(member.endpoint());
    try {
      while (!serves(channel, revision)) {
        pause(member, deadline);
      }
    } finally {
      channel.shutdownNow();
    }
  }

  private static boolean serves(ManagedChannel channel, long revision) {
    try {
      return revision(channel) >= revision;
    } catch (StatusRuntimeException _) {
      return false; // not yet
    }
  }

  private static boolean isListening(GroupMember member) {
    try (Socket _ = new Socket(InetAddress.getLoopbackAddress(), member.clientPort())) {
      return true;
    } catch (IOException _) {
      return false;
    }
  }

  private static void pause(GroupMember member, long deadline)
      throws IOException, InterruptedException {
    var _ = member.running();
    if (System.nanoTime() - deadline > 0) {
      throw new IOException(member.endpoint() + " is not there in time");
    }
    Thread.sleep(POLL_MILLIS);
  }
}
