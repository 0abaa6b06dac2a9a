package io.kvorum.server.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.kvorum.lease.LeaseId;
import io.kvorum.proto.peer.Answer;
import io.kvorum.proto.peer.KeepAliveAnswer;
import io.kvorum.proto.peer.Question;
import io.kvorum.proto.peer.TimeToLiveAnswer;
import io.kvorum.server.cluster.CallFailure.Refusal;
import io.kvorum.server.cluster.PeerAnswer.Change.Obstacle;
import java.util.List;
import org.junit.jupiter.api.Test;

class CallCodecTest {
  private static final LeaseId LEASE = new LeaseId(Long.MIN_VALUE);

  @Test
  void everyQuestion_encodedAndRead_isTheSame() {
    for (PeerQuestion<?> question :
        List.of(
            new PeerQuestion.KeepAlive(LEASE),
            new PeerQuestion.TimeToLive(LEASE),
            new PeerQuestion.Change(ByteString.copyFromUtf8("command")))) {
      Question wire = CallCodec.question(17, question);

      assertThat(wire.getToken()).isEqualTo(17);
      assertThat(CallCodec.read(wire).orElseThrow()).isEqualTo(question);
    }
  }

  @Test
  void everyAnswer_encodedAndRead_isTheSame() {
    for (PeerAnswer answer :
        List.of(
            new PeerAnswer.Renewed(60),
            new PeerAnswer.Gone(),
            new PeerAnswer.Alive(0, 60),
            new PeerAnswer.Absent(),
            new PeerAnswer.Change(Obstacle.NONE),
            new PeerAnswer.Change(Obstacle.FOR_NOW),
            new PeerAnswer.Change(Obstacle.LEARNER_NOT_READY),
            new PeerAnswer.Change(Obstacle.ILLEGAL))) {
      Answer wire = CallCodec.answer(17, answer);

      assertThat(wire.getToken()).isEqualTo(17);
      assertThat(CallCodec.read(wire)).contains(answer);
    }
  }

  @Test
  void everyRefusal_encodedAndRead_isTheSame() {
    for (Refusal why : Refusal.values()) {
      Answer wire = CallCodec.refusal(17, why);

      assertThat(CallCodec.read(wire)).isEmpty();
      assertThat(CallCodec.failure(wire)).isEqualTo(new CallFailure.Refused(why));
    }
  }

  @Test
  void whatOnlyALaterVersionKnows_read_isAbsent() {
    assertThat(CallCodec.read(Question.getDefaultInstance())).isEmpty();
    assertThat(CallCodec.read(Answer.getDefaultInstance())).isEmpty();
    assertThat(CallCodec.failure(Answer.getDefaultInstance()))
        .isEqualTo(new CallFailure.NoAnswer());
    assertThat(CallCodec.failure(Answer.newBuilder().setRefusalValue(77).build()))
        .isEqualTo(new CallFailure.Refused(Refusal.OTHER));
  }

  @Test
  void timesBeyondTheSignedRange_read_areAbsent() {
    assertThat(
            CallCodec.read(
                Answer.newBuilder()
                    .setKeepAlive(KeepAliveAnswer.newBuilder().setTtlSeconds(-1))
                    .build()))
        .isEmpty();
    assertThat(
            CallCodec.read(
                Answer.newBuilder()
                    .setTimeToLive(
                        TimeToLiveAnswer.newBuilder().setRemainingSeconds(-1).setGrantedSeconds(3))
                    .build()))
        .isEmpty();
  }
}
