package io.kvorum.raft.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.kvorum.invariant.InvariantViolation;
import io.kvorum.proto.peer.AppendReply;
import io.kvorum.proto.peer.AppendRequest;
import io.kvorum.proto.peer.Configuration;
import io.kvorum.proto.peer.Entry;
import io.kvorum.proto.peer.EntryId;
import io.kvorum.proto.peer.EntryKind;
import io.kvorum.proto.peer.Envelope;
import io.kvorum.proto.peer.ForwardedProposal;
import io.kvorum.proto.peer.HeartbeatRequest;
import io.kvorum.proto.peer.ProposalForward;
import io.kvorum.proto.peer.ProposalForwardReply;
import io.kvorum.proto.peer.RefusedProposal;
import io.kvorum.proto.peer.SnapshotOffer;
import io.kvorum.raft.ProposalRefusal;
import io.kvorum.raft.RaftMessage;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.raft.peer.WireCodec.Decoded;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WireCodecTest {
  @ParameterizedTest
  @ValueSource(longs = {3, 17, 20260711})
  void everyKind_encodedAndDecoded_isTheSame(long seed) {
    RandomMessages random = new RandomMessages(seed);
    Set<Class<?>> seen = new HashSet<>();

    for (int i = 0; i < 400 * RandomMessages.KINDS; i++) {
      var envelope = random.next(i % RandomMessages.KINDS);
      seen.add(envelope.message().getClass());

      Decoded decoded = WireCodec.decode(WireCodec.encode(envelope).toByteArray());

      assertThat(decoded)
          .as("seed %d, message %d", seed, i)
          .isEqualTo(new Decoded.Messages(List.of(envelope)));
    }
    assertThat(seen).containsExactlyInAnyOrderElementsOf(leaves(RaftMessage.class));
  }

  @ParameterizedTest
  @ValueSource(longs = {5, 29})
  void mutilatedBytes_decoded_neverThrow(long seed) {
    RandomMessages messages = new RandomMessages(seed);
    Random random = new Random(seed);
    for (int i = 0; i < 500 * RandomMessages.KINDS; i++) {
      byte[] bytes = WireCodec.encode(messages.next(i % RandomMessages.KINDS)).toByteArray();
      byte[] cut = Arrays.copyOf(bytes, random.nextInt(bytes.length + 1));
      for (int flips = random.nextInt(4); flips > 0 && cut.length > 0; flips--) {
        cut[random.nextInt(cut.length)] ^= (byte) (1 << random.nextInt(8));
      }

      assertThatCode(() -> WireCodec.decode(cut))
          .as("seed %d, message %d: %s", seed, i, Arrays.toString(cut))
          .doesNotThrowAnyException();
    }
  }

  @Test
  void note_encodedAndDecoded_isTheSame() {
    ByteString longest = ByteString.copyFrom(new byte[WireCodec.NOTE_BYTES]);

    for (ByteString note : List.of(ByteString.EMPTY, ByteString.copyFromUtf8("abc"), longest)) {
      byte[] sent = WireCodec.encodeNote(new MemberId(-5), new MemberId(2), note).toByteArray();

      assertThat(WireCodec.decode(sent))
          .isEqualTo(new Decoded.Note(new MemberId(-5), new MemberId(2), note));
    }
  }

  @Test
  void pingAndPong_comeBackWithTheirNumbers() {
    MemberId from = new MemberId(-5);
    MemberId to = new MemberId(2);

    assertThat(WireCodec.decode(WireCodec.encodePing(from, to, 77).toByteArray()))
        .isEqualTo(new Decoded.Pinged(from, to, 77));
    assertThat(WireCodec.decode(WireCodec.encodePong(from, to, 78).toByteArray()))
        .isEqualTo(new Decoded.Ponged(from, to, 78));
  }

  @Test
  void tooLongNote_isNotEncoded_decodedItIsMalformed() {
    ByteString note = ByteString.copyFrom(new byte[WireCodec.NOTE_BYTES + 1]);

    assertThatThrownBy(() -> WireCodec.encodeNote(new MemberId(1), new MemberId(2), note))
        .isInstanceOf(InvariantViolation.class);
    assertMalformed(Envelope.newBuilder().setFrom(1).setTo(2).setNote(note));
  }

  @Test
  void cutMessage_decoded_isMalformed() {
    byte[] bytes =
        Envelope.newBuilder()
            .setProposalForward(
                ProposalForward.newBuilder()
                    .addProposals(
                        ForwardedProposal.newBuilder().setPayload(ByteString.copyFromUtf8("abc"))))
            .build()
            .toByteArray();

    assertThat(WireCodec.decode(Arrays.copyOf(bytes, bytes.length - 1)))
        .isInstanceOf(Decoded.Malformed.class);
  }

  @Test
  void numbersBeyondTheSignedRange_decoded_areMalformed() {
    assertMalformed(Envelope.newBuilder().setTerm(-1));
    assertMalformed(
        Envelope.newBuilder()
            .setHeartbeatRequest(HeartbeatRequest.newBuilder().setCommitIndex(-5)));
    assertMalformed(append(EntryId.newBuilder().setTerm(1).setIndex(-1).build()));
    assertMalformed(
        append(
            EntryId.newBuilder().setTerm(1).setIndex(Long.MAX_VALUE).build(),
            Entry.newBuilder().setTerm(1).build()));
  }

  @Test
  void entriesWithImpossibleTerms_decoded_areMalformed() {
    EntryId previous = EntryId.newBuilder().setTerm(3).setIndex(17).build();

    assertMalformed(append(previous, Entry.newBuilder().setTerm(2).build()));
    assertMalformed(append(previous, Entry.newBuilder().setTerm(8).build()));
  }

  @Test
  void illegalConfiguration_decoded_isMalformed() {
    assertMalformed(offer(Configuration.newBuilder()));
    assertMalformed(offer(Configuration.newBuilder().addVoters(2).addVoters(1)));
    assertMalformed(offer(Configuration.newBuilder().addVoters(2).addVoters(2)));
    assertMalformed(offer(Configuration.newBuilder().addVoters(2).addLearners(2)));
    assertMalformed(offer(Configuration.newBuilder().addVoters(2).addNextLearners(3)));
    assertMalformed(offer(Configuration.newBuilder().addVoters(2).setAutoLeave(true)));
  }

  @Test
  void kindsOfLaterVersions_decoded_areUnknown() {
    EntryId previous = EntryId.newBuilder().setTerm(3).setIndex(17).build();

    assertUnknown(Envelope.newBuilder().setTerm(7));
    assertUnknown(Envelope.newBuilder().setAppendReply(AppendReply.getDefaultInstance()));
    assertUnknown(append(previous, Entry.newBuilder().setTerm(3).setKindValue(9).build()));
    assertUnknown(
        Envelope.newBuilder()
            .setProposalForward(
                ProposalForward.newBuilder()
                    .addProposals(
                        ForwardedProposal.newBuilder().setKind(EntryKind.CONFIGURATION))));
  }

  @Test
  void severalForwardedProposals_decoded_areAsManyMessages() {
    var wire =
        Envelope.newBuilder()
            .setFrom(1)
            .setTo(2)
            .setTerm(7)
            .setProposalForward(
                ProposalForward.newBuilder()
                    .addProposals(ForwardedProposal.newBuilder().setToken(5))
                    .addProposals(ForwardedProposal.newBuilder().setToken(4)));

    assertThat(WireCodec.decode(wire.build().toByteArray()))
        .isEqualTo(
            new Decoded.Messages(
                List.of(
                    envelope(new RaftMessage.ForwardedProposal(5, ByteString.EMPTY)),
                    envelope(new RaftMessage.ForwardedProposal(4, ByteString.EMPTY)))));
  }

  @Test
  void everyRefusal_encodedAndDecoded_isStillARefusal() {
    for (ProposalRefusal refusal : ProposalRefusal.values()) {
      var sent = envelope(new RaftMessage.ForwardedProposalRefused(5, refusal));

      assertThat(WireCodec.decode(WireCodec.encode(sent).toByteArray()))
          .isInstanceOfSatisfying(
              Decoded.Messages.class, messages -> assertThat(messages.envelopes()).hasSize(1));
    }
    var later = RefusedProposal.newBuilder().setToken(5).setReasonValue(77);
    assertThat(
            WireCodec.decode(
                Envelope.newBuilder()
                    .setFrom(1)
                    .setTo(2)
                    .setTerm(7)
                    .setProposalForwardReply(ProposalForwardReply.newBuilder().addRefused(later))
                    .build()
                    .toByteArray()))
        .isEqualTo(
            new Decoded.Messages(
                List.of(
                    envelope(
                        new RaftMessage.ForwardedProposalRefused(5, ProposalRefusal.NOT_LEADER)))));
  }

  private static io.kvorum.raft.Envelope envelope(RaftMessage message) {
    return new io.kvorum.raft.Envelope(new MemberId(1), new MemberId(2), 7, message);
  }

  private static Envelope.Builder append(EntryId previous, Entry... entries) {
    return Envelope.newBuilder()
        .setTerm(7)
        .setAppendRequest(
            AppendRequest.newBuilder().setPrevious(previous).addAllEntries(List.of(entries)));
  }

  private static Envelope.Builder offer(Configuration.Builder configuration) {
    return Envelope.newBuilder()
        .setSnapshotOffer(SnapshotOffer.newBuilder().setConfiguration(configuration));
  }

  private static void assertMalformed(Envelope.Builder wire) {
    assertThat(WireCodec.decode(wire.build().toByteArray())).isInstanceOf(Decoded.Malformed.class);
  }

  private static void assertUnknown(Envelope.Builder wire) {
    assertThat(WireCodec.decode(wire.build().toByteArray())).isEqualTo(new Decoded.Unknown());
  }

  private static Set<Class<?>> leaves(Class<?> type) {
    Set<Class<?>> leaves = new HashSet<>();
    for (Class<?> permitted : type.getPermittedSubclasses()) {
      if (permitted.isSealed()) {
        leaves.addAll(leaves(permitted));
      } else {
        leaves.add(permitted);
      }
    }
    return leaves;
  }
}
