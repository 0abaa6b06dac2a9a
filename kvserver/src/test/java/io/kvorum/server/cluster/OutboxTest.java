package io.kvorum.server.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvorum.lease.LeaseId;
import io.kvorum.proto.peer.Answer;
import io.kvorum.proto.peer.Question;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.raft.peer.WireCodec;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class OutboxTest {
  private static final MemberId MEMBER_2 = new MemberId(2);
  private static final MemberId MEMBER_3 = new MemberId(3);

  private final Outbox outbox = new Outbox();

  @Test
  void questionsAndAnswers_taken_areOneNoteForEachMember() {
    Answer answer = CallCodec.answer(4, new PeerAnswer.Gone());
    outbox.add(MEMBER_3, question(1));
    outbox.add(MEMBER_2, question(2));
    outbox.add(MEMBER_3, answer);
    outbox.add(MEMBER_3, question(3));

    List<Outbox.Outgoing> notes = outbox.take();

    assertThat(notes).extracting(Outbox.Outgoing::to).containsExactly(MEMBER_2, MEMBER_3);
    assertThat(notes.getLast().note().getQuestionsList()).containsExactly(question(1), question(3));
    assertThat(notes.getLast().note().getAnswersList()).containsExactly(answer);
    assertThat(outbox.take()).isEmpty();
  }

  @Test
  void moreThanANoteHolds_taken_isSeveralFullNotesInOrder() {
    int each = 40_000;
    LongStream.range(0, each).forEach(token -> outbox.add(MEMBER_2, question(token)));
    LongStream.range(0, each)
        .forEach(
            token -> outbox.add(MEMBER_2, CallCodec.answer(token, new PeerAnswer.Renewed(60))));

    List<Outbox.Outgoing> notes = outbox.take();

    assertThat(notes)
        .allSatisfy(
            sent ->
                assertThat(sent.note().getSerializedSize())
                    .isLessThanOrEqualTo(WireCodec.NOTE_BYTES));
    assertThat(notes.subList(0, notes.size() - 1))
        .allSatisfy(
            sent ->
                assertThat(sent.note().getSerializedSize())
                    .isGreaterThan(WireCodec.NOTE_BYTES / 2));
    assertThat(notes.stream().flatMap(sent -> sent.note().getQuestionsList().stream()))
        .extracting(Question::getToken)
        .containsExactlyElementsOf(LongStream.range(0, each).boxed().toList());
    assertThat(notes.stream().flatMap(sent -> sent.note().getAnswersList().stream()))
        .extracting(Answer::getToken)
        .containsExactlyElementsOf(LongStream.range(0, each).boxed().toList());
  }

  private static Question question(long token) {
    return CallCodec.question(token, new PeerQuestion.KeepAlive(new LeaseId(-7)));
  }
}
