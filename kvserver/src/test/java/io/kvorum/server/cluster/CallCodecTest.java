package io.kvorum.server.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.kvorum.lease.LeaseId;
import io.kvorum.mvcc.HashResult;
import io.kvorum.proto.peer.Answer;
import io.kvorum.proto.peer.HashAnswer;
import io.kvorum.proto.peer.KeepAliveAnswer;
import io.kvorum.proto.peer.Question;
import io.kvorum.proto.peer.TimeToLiveAnswer;
import io.kvorum.proto.peer.VersionAnswer;
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
            new PeerQuestion.Change(ByteString.copyFromUtf8("command")),
            new PeerQuestion.Hash(4711),
            new PeerQuestion.Version())) {
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
            new PeerAnswer.Change(Obstacle.ILLEGAL),
            new PeerAnswer.Hashed(new HashResult(-17, -1, 4711), 4712),
            new PeerAnswer.FutureRevision(4000),
            new PeerAnswer.CompactedRevision(5000),
            new PeerAnswer.Version("3.7.0", 2))) {
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
  void answersThatNoMemberGives_read_areAbsent() {
    for (Answer wire :
        List.of(
            Answer.newBuilder().setHash(HashAnswer.newBuilder().setRevision(5).setHead(4)).build(),
            Answer.newBuilder().setHash(HashAnswer.getDefaultInstance()).build(),
            Answer.newBuilder().setHash(HashAnswer.newBuilder().setObstacleValue(9)).build(),
            Answer.newBuilder().setVersion(VersionAnswer.getDefaultInstance()).build())) {
      assertThat(CallCodec.read(wire)).isEmpty();
    }
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
