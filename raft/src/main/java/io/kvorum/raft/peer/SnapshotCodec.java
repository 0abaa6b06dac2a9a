package io.kvorum.raft.peer;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnsafeByteOperations;
import io.kvorum.proto.peer.SnapshotBegin;
import io.kvorum.proto.peer.SnapshotChunk;
import io.kvorum.proto.peer.SnapshotFileEnd;
import io.kvorum.proto.peer.SnapshotFrame;
import io.kvorum.proto.peer.SnapshotResume;
import io.kvorum.proto.peer.SnapshotVerdict;
import io.kvorum.raft.Envelope;
import io.kvorum.raft.RaftMessage.SnapshotOffer;
import io.kvorum.raft.snapshot.SnapshotFile;
import io.kvorum.raft.snapshot.SnapshotId;
import io.kvorum.raft.snapshot.SnapshotMessage;
import io.kvorum.raft.snapshot.SnapshotMessage.Verdict.Outcome;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/// Translates between messages about a snapshot and those of `peer.proto`. A message is taken whole
/// or not at all.
final class SnapshotCodec {
  /// What the state machine's files are, as a whole.
  private static final int FORMAT = 1;

  private SnapshotCodec() {}

  /// The message as a frame, copied into the memory that sockets are written from.
  static ByteBuf encode(SnapshotMessage message, ByteBufAllocator allocator) throws IOException {
    SnapshotFrame wire = wire(message);
    int size = wire.getSerializedSize();
    ByteBuf frame = allocator.ioBuffer(FrameDecoder.LENGTH_BYTES + size);
    try {
      frame.writeInt(size);
      CodedOutputStream out =
          CodedOutputStream.newInstance(frame.nioBuffer(frame.writerIndex(), size));
      wire.writeTo(out);
      out.checkNoSpaceLeft();
      return frame.writerIndex(FrameDecoder.LENGTH_BYTES + size);
    } catch (IOException | RuntimeException e) {
      frame.release();
      throw e;
    }
  }

  private static SnapshotFrame wire(SnapshotMessage message) {
    SnapshotFrame.Builder wire = SnapshotFrame.newBuilder();
    switch (message) {
      case SnapshotMessage.Begin begin -> wire.setBegin(begin(begin));
      case SnapshotMessage.Resume(var complete) ->
          wire.setResume(SnapshotResume.newBuilder().addAllComplete(complete));
      case SnapshotMessage.Chunk(var file, var offset, var bytes, var checksum) ->
          wire.setChunk(
              SnapshotChunk.newBuilder()
                  .setFile(file)
                  .setOffset(offset)
                  .setData(bytes)
                  .setCrc32C(checksum));
      case SnapshotMessage.FileEnd(var file, var checksum) ->
          wire.setFileEnd(SnapshotFileEnd.newBuilder().setFile(file).setCrc32C(checksum));
      case SnapshotMessage.Verdict(var outcome, var reason) ->
          wire.setVerdict(
              SnapshotVerdict.newBuilder()
                  .setDelivered(
                      switch (outcome) {
                        case DELIVERED -> true;
                        case REFUSED -> false;
                      })
                  .setReason(reason));
    }
    return wire.build();
  }

  private static SnapshotBegin begin(SnapshotMessage.Begin begin) {
    SnapshotBegin.Builder wire =
        SnapshotBegin.newBuilder()
            .setFormatVersion(FORMAT)
            .setOffer(WireCodec.encode(begin.offer()))
            .setBootEpoch(begin.id().bootEpoch())
            .setNumber(begin.id().number());
    for (SnapshotFile file : begin.files()) {
      wire.addFiles(
          SnapshotBegin.File.newBuilder().setName(file.name()).setSizeBytes(file.sizeBytes()));
    }
    return wire.build();
  }

  /// What a received frame says.
  ///
  /// @param frame is kept: chunks are slices of it
  /// @throws IOException if it is nothing this protocol allows
  static SnapshotMessage decode(byte[] frame) throws IOException {
    try {
      CodedInputStream in = UnsafeByteOperations.unsafeWrap(frame).newCodedInput();
      in.enableAliasing(true);
      SnapshotFrame wire = SnapshotFrame.parseFrom(in);
      return switch (wire.getMessageCase()) {
        case BEGIN -> begin(wire.getBegin());
        case RESUME -> new SnapshotMessage.Resume(wire.getResume().getCompleteList());
        case CHUNK -> {
          SnapshotChunk chunk = wire.getChunk();
          yield new SnapshotMessage.Chunk(
              chunk.getFile(), chunk.getOffset(), chunk.getData(), chunk.getCrc32C());
        }
        case FILE_END ->
            new SnapshotMessage.FileEnd(wire.getFileEnd().getFile(), wire.getFileEnd().getCrc32C());
        case VERDICT ->
            new SnapshotMessage.Verdict(
                wire.getVerdict().getDelivered() ? Outcome.DELIVERED : Outcome.REFUSED,
                wire.getVerdict().getReason());
        case MESSAGE_NOT_SET -> throw new IOException("a message of an unknown kind");
      };
    } catch (InvalidProtocolBufferException e) {
      throw new IOException("a malformed message", e);
    }
  }

  private static SnapshotMessage.Begin begin(SnapshotBegin wire) throws IOException {
    if (wire.getFormatVersion() != FORMAT) {
      throw new IOException("a snapshot of format " + wire.getFormatVersion());
    }
    Envelope offer = offer(wire);
    if (wire.getBootEpoch() <= 0
        || wire.getNumber() <= 0
        || wire.getFilesCount() > SnapshotMessage.Begin.MAX_FILES) {
      throw new IOException("a snapshot without a name or with too many files");
    }
    List<SnapshotFile> files = new ArrayList<>(wire.getFilesCount());
    for (SnapshotBegin.File file : wire.getFilesList()) {
      if (!SnapshotFile.isName(file.getName()) || file.getSizeBytes() < 0) {
        throw new IOException("a snapshot with an impossible file");
      }
      files.add(new SnapshotFile(file.getName(), file.getSizeBytes()));
    }
    if (!SnapshotMessage.Begin.areNamesUnique(files)) {
      throw new IOException("a snapshot with two files of one name");
    }
    return new SnapshotMessage.Begin(
        offer, new SnapshotId(offer.from(), wire.getBootEpoch(), wire.getNumber()), files);
  }

  private static Envelope offer(SnapshotBegin wire) throws IOException {
    if (WireCodec.decode(wire.getOffer().toByteArray())
            instanceof WireCodec.Decoded.Messages(var envelopes)
        && envelopes.size() == 1
        && envelopes.getFirst().message() instanceof SnapshotOffer) {
      return envelopes.getFirst();
    }
    throw new IOException("a snapshot without an offer");
  }
}
