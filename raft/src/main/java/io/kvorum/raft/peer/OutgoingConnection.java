package io.kvorum.raft.peer;

import com.google.protobuf.CodedOutputStream;
import io.kvorum.proto.peer.Envelope;
import io.kvorum.proto.peer.HandshakeReply;
import io.kvorum.raft.membership.MemberId;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.concurrent.ScheduledFuture;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// One connection to a peer: says the handshake, hears the verdict, then writes what is queued.
///
/// Owned by the connection's event loop. Tells its [PeerLink] at most once that it was accepted,
/// and exactly once that it ended.
final class OutgoingConnection extends ChannelInboundHandlerAdapter {
  /// Small messages share buffers of this size.
  private static final int BATCH_BYTES = 16 << 10;

  private final PeerLink link;
  private final PeerIdentity self;
  private final MemberId peer;
  private final FrameDecoder frames;
  private final PeerLimits limits;
  private final Channel channel;
  private @Nullable ScheduledFuture<?> deadline;
  private boolean isAccepted;
  private boolean hasEnded;

  OutgoingConnection(
      PeerLink link, PeerIdentity self, MemberId peer, PeerLimits limits, Channel channel) {
    this.link = link;
    this.self = self;
    this.peer = peer;
    this.limits = limits;
    this.channel = channel;
    this.frames = new FrameDecoder();
    channel.pipeline().addLast(frames, this);
  }

  @Override
  public void channelActive(ChannelHandlerContext context) {
    deadline =
        context
            .executor()
            .schedule(
                () -> end("no answer to the handshake in time"),
                limits.handshake().toMillis(),
                TimeUnit.MILLISECONDS);
    var _ =
        context.writeAndFlush(
            Handshakes.greeting(self, Handshakes.Purpose.MESSAGES, context.alloc()));
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (hasEnded) {
      return;
    }
    if (message instanceof FrameDecoder.BadFrame bad) {
      end(bad.reason());
    } else if (!isAccepted && message instanceof byte[] frame) {
      Handshakes.readReply(frame)
          .ifPresentOrElse(this::judge, () -> end("no answer to a handshake"));
    } // later frames: of a later version, which knows what to do without an answer
  }

  private void judge(HandshakeReply reply) {
    Optional<String> flaw = Handshakes.flawOf(reply, self, peer);
    if (flaw.isPresent()) {
      end(flaw.get());
      if (reply.getVerdict() == HandshakeReply.Verdict.REMOVED
          && reply.getClusterId() == self.clusterId()) {
        link.removed(new MemberId(reply.getMemberId()));
      }
      return;
    }
    isAccepted = true;
    cancelDeadline();
    link.accepted(this);
  }

  /// Writes what `queue` holds, as far as the water mark allows, and flushes once.
  ///
  /// @return bytes written, 0 if there was nothing or no room
  long write(OutgoingQueue queue) throws IOException {
    long written = 0;
    ByteBuf batch = null;
    while (channel.isWritable()) {
      Envelope next = queue.poll();
      if (next == null) {
        break;
      }
      int frameBytes = FrameDecoder.LENGTH_BYTES + next.getSerializedSize();
      if (batch != null && batch.writableBytes() < frameBytes) {
        var _ = channel.write(batch, channel.voidPromise());
        batch = null;
      }
      if (batch == null) {
        batch = channel.alloc().directBuffer(Math.max(frameBytes, BATCH_BYTES));
      }
      put(next, batch);
      written += frameBytes;
    }
    if (batch != null) {
      var _ = channel.write(batch, channel.voidPromise());
    }
    if (written > 0) {
      channel.flush();
    }
    return written;
  }

  private static void put(Envelope message, ByteBuf batch) throws IOException {
    int size = message.getSerializedSize();
    batch.writeInt(size);
    CodedOutputStream out =
        CodedOutputStream.newInstance(batch.nioBuffer(batch.writerIndex(), size));
    message.writeTo(out);
    out.flush();
    batch.writerIndex(batch.writerIndex() + size);
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext context) {
    if (isAccepted && channel.isWritable()) {
      link.wake(); // as a task: this may be called from within a flush
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    end("the connection was closed");
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    end(String.valueOf(cause.getMessage()));
  }

  /// Closes the connection; `reason` completes a log line.
  void end(String reason) {
    if (!hasEnded) {
      hasEnded = true;
      cancelDeadline();
      var _ = channel.close();
      link.ended(this, reason);
    }
  }

  private void cancelDeadline() {
    if (deadline != null) {
      deadline.cancel(false);
    }
  }
}
