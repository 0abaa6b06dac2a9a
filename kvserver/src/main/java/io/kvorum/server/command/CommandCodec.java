package io.kvorum.server.command;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import io.kvorum.invariant.Invariant;
import io.kvorum.invariant.InvariantViolation;
import io.kvorum.proto.command.LogCommand;
import java.io.IOException;

/// Turns commands into the payload of a log entry and back.
///
/// A payload was checked before it was proposed and is protected by the log's checksums. One that
/// can not be understood was therefore written in a newer format or by a broken program; a member
/// that skipped it would diverge from the others, so it must stop.
public final class CommandCodec {
  /// The format this program writes, and the only one it understands.
  public static final int VERSION = 1;

  /// Messages inside messages: three per nested transaction, and a few around them. Far above what
  /// the limit on operations lets through, far below what a stack holds.
  private static final int MAX_NESTING = 1_000;

  private CommandCodec() {}

  /// Stamps the proposal's identity and the format on the command and encodes it, once.
  public static ByteString encode(LogCommand.Builder command, ProposalId id) {
    return command
        .setVersion(VERSION)
        .setMemberId(id.proposer().member().value())
        .setBootEpoch(id.proposer().bootEpoch())
        .setSequence(id.sequence())
        .build()
        .toByteString();
  }

  /// What [#encode] adds to the bytes of the bare command.
  public static int stampBytes(ProposalId id) {
    return CodedOutputStream.computeUInt32Size(LogCommand.VERSION_FIELD_NUMBER, VERSION)
        + CodedOutputStream.computeUInt64Size(
            LogCommand.MEMBER_ID_FIELD_NUMBER, id.proposer().member().value())
        + CodedOutputStream.computeUInt64Size(
            LogCommand.BOOT_EPOCH_FIELD_NUMBER, id.proposer().bootEpoch())
        + CodedOutputStream.computeUInt64Size(LogCommand.SEQUENCE_FIELD_NUMBER, id.sequence());
  }

  /// Decodes an entry's payload. Throws [ProgramOutdated] if a newer program has written it, and
  /// [InvariantViolation] if it is damaged.
  public static LogCommand decode(ByteString payload) {
    LogCommand command = parse(payload);
    if (command.getVersion() > VERSION) {
      throw new ProgramOutdated(
          "log command of format %d, this program knows %d"
              .formatted(command.getVersion(), VERSION));
    }
    Invariant.check(command.getVersion() == VERSION, "log command of no known format");
    return command;
  }

  private static LogCommand parse(ByteString payload) {
    CodedInputStream input = payload.newCodedInput();
    input.setRecursionLimit(MAX_NESTING);
    input.enableAliasing(true);
    try {
      LogCommand command = LogCommand.parseFrom(input);
      input.checkLastTagWas(0);
      return command;
    } catch (InvalidProtocolBufferException e) {
      throw new InvariantViolation("log command of " + payload.size() + " bytes is damaged", e);
    } catch (IOException e) {
      throw new InvariantViolation("a byte string failed to be read", e);
    }
  }
}
