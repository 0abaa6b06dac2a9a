package io.kvorum.server.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.kvorum.invariant.InvariantViolation;
import io.kvorum.proto.command.LogCommand;
import io.kvorum.proto.etcd.PutRequest;
import io.kvorum.proto.etcd.RequestOp;
import io.kvorum.proto.etcd.TxnRequest;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.server.command.ProposalId.Proposer;
import org.junit.jupiter.api.Test;

class CommandCodecTest {
  private static final ProposalId ID = new ProposalId(new Proposer(new MemberId(-5), 3), 17);

  @Test
  void command_encodedAndDecoded_keepsItsIdentity() {
    PutRequest put = PutRequest.newBuilder().setKey(ByteString.copyFromUtf8("k")).build();

    LogCommand decoded =
        CommandCodec.decode(CommandCodec.encode(LogCommand.newBuilder().setPut(put), ID));

    assertThat(decoded.getPut()).isEqualTo(put);
    assertThat(ProposalId.of(decoded)).isEqualTo(ID);
  }

  @Test
  void transactionNestedAsDeepAsTheLimitAllows_decodes() {
    TxnRequest txn = TxnRequest.getDefaultInstance();
    for (int level = 0; level < 127; level++) {
      txn = TxnRequest.newBuilder().addSuccess(RequestOp.newBuilder().setRequestTxn(txn)).build();
    }

    LogCommand decoded =
        CommandCodec.decode(CommandCodec.encode(LogCommand.newBuilder().setTxn(txn), ID));

    assertThat(decoded.getTxn().getSerializedSize()).isEqualTo(txn.getSerializedSize());
  }

  @Test
  void commandOfAnotherFormat_decoded_stopsTheMember() {
    ByteString newer = LogCommand.newBuilder().setVersion(2).build().toByteString();

    assertThatThrownBy(() -> CommandCodec.decode(newer))
        .isInstanceOf(ProgramOutdated.class)
        .hasMessageContaining("format 2");
  }

  @Test
  void damagedPayload_decoded_stopsTheMember() {
    assertThatThrownBy(() -> CommandCodec.decode(ByteString.copyFromUtf8("\u0007\u0007\u0007")))
        .isInstanceOf(InvariantViolation.class);
  }
}
