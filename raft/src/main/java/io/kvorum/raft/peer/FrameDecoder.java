package io.kvorum.raft.peer;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import org.jspecify.annotations.Nullable;

/// Cuts the stream into frames: a length of 4 bytes, big-endian, and as many bytes, which are
/// passed on as a `byte[]` of their own. A length out of bounds passes on one [BadFrame], and
/// nothing after it.
///
/// What comes is put into its frame at once: collected first, as Netty's decoders do it, a frame of
/// a snapshot would be copied again each time the collection grows.
///
/// Owned by the connection's event loop.
final class FrameDecoder extends ChannelInboundHandlerAdapter {
  static final int LENGTH_BYTES = 4;

  /// Longest handshake or answer to one: a stranger cannot make a member hold more.
  static final int HANDSHAKE_BYTES = 1024;

  private int maxBytes = HANDSHAKE_BYTES;
  private long length; // of the frame that comes, as far as it is known
  private int lengthBytes;
  private byte @Nullable [] frame; // null between frames
  private int filled;
  private boolean isBroken;
  private boolean hasPassedOn; // since the last read of the socket

  /// From the next frame on.
  void allow(int bytes) {
    maxBytes = bytes;
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    ByteBuf in = (ByteBuf) message;
    try {
      while (in.isReadable() && !isBroken) {
        if (frame == null) {
          readLength(context, in);
        } else {
          fill(context, in, frame);
        }
      }
    } finally {
      in.release();
    }
  }

  private void readLength(ChannelHandlerContext context, ByteBuf in) {
    length = length << Byte.SIZE | in.readUnsignedByte();
    lengthBytes++;
    if (lengthBytes < LENGTH_BYTES) {
      return;
    }
    if (length > maxBytes) {
      isBroken = true;
      passOn(
          context,
          new BadFrame("a frame of %d bytes, at most %d are read".formatted(length, maxBytes)));
      return;
    }
    frame = new byte[(int) length];
    filled = 0;
    fill(context, in, frame); // it may be empty, and then is whole
  }

  private void fill(ChannelHandlerContext context, ByteBuf in, byte[] target) {
    int bytes = Math.min(target.length - filled, in.readableBytes());
    in.readBytes(target, filled, bytes);
    filled += bytes;
    if (filled == target.length) {
      frame = null;
      length = 0;
      lengthBytes = 0;
      passOn(context, target);
    }
  }

  private void passOn(ChannelHandlerContext context, Object whole) {
    hasPassedOn = true;
    context.fireChannelRead(whole);
  }

  /// Whoever reads by hand has asked for a frame, and a part of one is none.
  @Override
  public void channelReadComplete(ChannelHandlerContext context) {
    if (!hasPassedOn && !context.channel().config().isAutoRead()) {
      context.read();
    }
    hasPassedOn = false;
    context.fireChannelReadComplete();
  }

  /// What comes is not a sequence of frames.
  record BadFrame(String reason) {}
}
