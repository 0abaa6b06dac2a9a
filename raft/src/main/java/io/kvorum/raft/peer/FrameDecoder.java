package io.kvorum.raft.peer;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.util.List;

/// Cuts the stream into frames: a length of 4 bytes, big-endian, and as many bytes, which are
/// passed on as a `byte[]` of their own. A length out of bounds passes on one [BadFrame], and
/// nothing after it.
///
/// Owned by the connection's event loop.
final class FrameDecoder extends ByteToMessageDecoder {
  static final int LENGTH_BYTES = 4;

  /// Longest handshake or answer to one: a stranger cannot make a member hold more.
  static final int HANDSHAKE_BYTES = 1024;

  private int maxBytes = HANDSHAKE_BYTES;
  private boolean isBroken;

  /// From the next frame on.
  void allow(int bytes) {
    maxBytes = bytes;
  }

  @Override
  protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
    if (isBroken) {
      in.skipBytes(in.readableBytes());
      return;
    }
    if (in.readableBytes() < LENGTH_BYTES) {
      return;
    }
    long length = in.getUnsignedInt(in.readerIndex());
    if (length > maxBytes) {
      isBroken = true;
      in.skipBytes(in.readableBytes());
      out.add(new BadFrame("a frame of %d bytes, at most %d are read".formatted(length, maxBytes)));
      return;
    }
    if (in.readableBytes() >= LENGTH_BYTES + length) {
      byte[] frame = new byte[(int) length];
      in.skipBytes(LENGTH_BYTES).readBytes(frame);
      out.add(frame);
    }
  }

  /// What comes is not a sequence of frames.
  record BadFrame(String reason) {}
}
