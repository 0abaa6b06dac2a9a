package io.kvorum.raft.peer;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// Frames of both directions for a thread that waits: behind a [FrameDecoder], it reads from the
/// socket only when somebody asks for a frame and few wait, and lets only so many bytes be on their
/// way out.
///
/// One thread sends and receives; the event loop fills and empties the queues; anybody may close.
final class FrameConnection extends ChannelInboundHandlerAdapter {
  /// Frames that wait, below which the socket is read on while the thread is busy with one.
  private static final int AHEAD = 2;

  private final Channel channel;
  private final PeerLimits limits;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  // At most what one read of the socket brings, and AHEAD.
  @GuardedBy("lock")
  private final Queue<byte[]> frames = new ArrayDeque<>();

  @GuardedBy("lock")
  private long outgoingBytes;

  @GuardedBy("lock")
  private @Nullable String end;

  FrameConnection(Channel channel, PeerLimits limits) {
    this.channel = channel;
    this.limits = limits;
    channel.config().setAutoRead(false);
  }

  /// Where the memory of frames to be sent comes from.
  ByteBufAllocator allocator() {
    return channel.alloc();
  }

  /// Sends a frame, head included, once there is room.
  void send(ByteBuf frame) throws IOException {
    int bytes = frame.readableBytes();
    lock.lock();
    try {
      long nanos = limits.snapshotIdle().toNanos();
      checkHope(nanos, "takes nothing");
      while (outgoingBytes >= limits.inFlightBytes()) {
        nanos = changed.awaitNanos(nanos);
        checkHope(nanos, "takes nothing");
      }
      outgoingBytes += bytes;
    } catch (InterruptedException e) {
      frame.release();
      throw interrupted(e);
    } catch (IOException e) {
      frame.release();
      throw e;
    } finally {
      lock.unlock();
    }
    channel.writeAndFlush(frame).addListener((ChannelFuture done) -> written(bytes, done));
  }

  private void written(int bytes, ChannelFuture done) {
    lock.lock();
    try {
      outgoingBytes -= bytes;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    if (!done.isSuccess()) {
      end(String.valueOf(done.cause().getMessage()));
    }
  }

  /// Waits for the next frame, for as long as a snapshot may stand still.
  byte[] receive() throws IOException {
    return receive(limits.snapshotIdle());
  }

  /// Waits for the next frame. What came before the connection ended can still be received.
  byte[] receive(Duration patience) throws IOException {
    if (hasRoom()) {
      channel.read(); // and on, until there is a whole frame: see FrameDecoder
    }
    lock.lock();
    try {
      long nanos = patience.toNanos();
      while (frames.isEmpty()) {
        checkHope(nanos, "says nothing");
        nanos = changed.awaitNanos(nanos);
      }
      return frames.remove();
    } catch (InterruptedException e) {
      throw interrupted(e);
    } finally {
      lock.unlock();
    }
  }

  private boolean hasRoom() {
    lock.lock();
    try {
      return frames.size() < AHEAD;
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private void checkHope(long nanosLeft, String otherwise) throws IOException {
    if (end != null) {
      throw new IOException("the connection has ended: " + end);
    }
    if (nanosLeft <= 0) {
      throw new IOException("the peer " + otherwise);
    }
  }

  private static IOException interrupted(InterruptedException cause) {
    Thread.currentThread().interrupt();
    return (IOException) new InterruptedIOException().initCause(cause);
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (message instanceof byte[] frame) {
      lock.lock();
      try {
        frames.add(frame);
        changed.signalAll();
      } finally {
        lock.unlock();
      }
    } else if (message instanceof FrameDecoder.BadFrame bad) {
      end(bad.reason());
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    end("it was closed");
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    end(String.valueOf(cause.getMessage()));
  }

  /// Closes the connection after what was sent. Does not wait.
  void close() {
    end("closed here");
  }

  private void end(String reason) {
    lock.lock();
    try {
      if (end == null) {
        end = reason;
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    var _ = channel.close();
  }
}
