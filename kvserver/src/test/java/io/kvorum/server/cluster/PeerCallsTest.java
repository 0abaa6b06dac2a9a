package io.kvorum.server.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.kvorum.lease.LeaseId;
import io.kvorum.proto.peer.Answer;
import io.kvorum.proto.peer.KeepAliveAnswer;
import io.kvorum.proto.peer.Note;
import io.kvorum.proto.peer.Question;
import io.kvorum.proto.peer.TimeToLiveAnswer;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.server.ManualClock;
import io.kvorum.server.ManualLoop;
import io.kvorum.server.cluster.CallFailure.NoAnswer;
import io.kvorum.server.cluster.CallFailure.NotSent;
import io.kvorum.server.cluster.CallFailure.Refusal;
import io.kvorum.server.cluster.CallFailure.Refused;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Member 1 asks, member 2 answers, member 3 interferes.
class PeerCallsTest {
  private static final MemberId ASKER = new MemberId(1);
  private static final MemberId PEER = new MemberId(2);
  private static final MemberId STRANGER = new MemberId(3);
  private static final LeaseId LEASE_7 = new LeaseId(7);
  private static final LeaseId LEASE_8 = new LeaseId(8);
  private static final long FIRST_TOKEN = 5L << 32;
  private static final Duration TIMEOUT = Duration.ofSeconds(2);

  private final ManualClock clock = new ManualClock();
  private final ManualLoop loop = new ManualLoop();
  private final Network network = new Network();
  private final HeldQuestions held = new HeldQuestions();
  private final Outcomes<PeerAnswer.KeepAlive> outcomes = new Outcomes<>();
  private final PeerCalls asker = calls(ASKER, new HeldQuestions(), CallLimits.STANDARD);

  PeerCallsTest() {
    var _ = calls(PEER, held, new CallLimits(10, 3));
  }

  @Test
  void question_asked_isAnswered() {
    ask(LEASE_7);
    network.deliver();
    held.keepAlives.getFirst().answer(new PeerAnswer.Renewed(60));
    settle();

    assertThat(outcomes.all).containsExactly(new PeerAnswer.Renewed(60));
    assertThat(held.keepAlives.getFirst().lease()).isEqualTo(LEASE_7);
  }

  @Test
  void question_refused_failsWithTheReason() {
    ask(LEASE_7);
    network.deliver();
    held.keepAlives.getFirst().refuse(Refusal.NOT_LEADER);
    settle();

    assertThat(outcomes.all).containsExactly(new Refused(Refusal.NOT_LEADER));
  }

  @Test
  void questionsOfOneTurn_travelInOneNote_andSoDoTheirAnswers() {
    asker.ask(PEER, new PeerQuestion.KeepAlive(LEASE_7), TIMEOUT, loop, outcomes);
    asker.ask(PEER, new PeerQuestion.KeepAlive(LEASE_8), TIMEOUT, loop, outcomes);
    loop.runAll();
    network.deliver();
    var first = held.keepAlives.getFirst();
    first
        .replies()
        .execute(
            () -> {
              held.keepAlives.getLast().reply().answer(new PeerAnswer.Gone());
              first.reply().answer(new PeerAnswer.Renewed(60));
            });
    settle();

    assertThat(outcomes.all).containsExactly(new PeerAnswer.Gone(), new PeerAnswer.Renewed(60));
    assertThat(network.all).hasSize(2);
  }

  @Test
  void noConnection_questionFailsAsNotSent() {
    network.cut(PEER);

    ask(LEASE_7);

    assertThat(outcomes.all).containsExactly(new NotSent());
  }

  @Test
  void noAnswerInTime_questionFails_andTheLateAnswerIsNotTaken() {
    ask(LEASE_7);
    network.deliver();

    asker.tick(clock.advance(TIMEOUT.minusNanos(1)));
    loop.runAll();
    assertThat(outcomes.all).isEmpty();
    asker.tick(clock.advance(Duration.ofNanos(1)));
    held.keepAlives.getFirst().answer(new PeerAnswer.Renewed(60));
    settle();

    assertThat(outcomes.all).containsExactly(new NoAnswer());
  }

  @Test
  void connectionLost_questionsSentToThatPeerFailAtOnce_othersWait() {
    ask(LEASE_7);
    Outcomes<PeerAnswer.KeepAlive> ofStranger = new Outcomes<>();
    asker.ask(STRANGER, new PeerQuestion.KeepAlive(LEASE_8), TIMEOUT, loop, ofStranger);
    loop.runAll();

    asker.connectionLost(PEER);
    loop.runAll();

    assertThat(outcomes.all).containsExactly(new NoAnswer());
    assertThat(ofStranger.all).isEmpty();
  }

  /// The loss says nothing about a question that has not left yet.
  @Test
  void connectionLostBeforeTheQuestionIsSent_itIsSent() {
    asker.ask(PEER, new PeerQuestion.KeepAlive(LEASE_7), TIMEOUT, loop, outcomes);
    asker.connectionLost(PEER);
    loop.runAll();
    network.deliver();
    held.keepAlives.getFirst().answer(new PeerAnswer.Renewed(60));
    settle();

    assertThat(outcomes.all).containsExactly(new PeerAnswer.Renewed(60));
  }

  @Test
  void answerOfAnotherMember_orToAnotherBoot_isNotTaken() {
    ask(LEASE_7);

    asker.noted(STRANGER, renewal(FIRST_TOKEN));
    asker.noted(PEER, renewal(4L << 32));
    loop.runAll();
    assertThat(outcomes.all).isEmpty();
    asker.noted(PEER, renewal(FIRST_TOKEN));
    asker.noted(PEER, renewal(FIRST_TOKEN));
    loop.runAll();

    assertThat(outcomes.all).containsExactly(new PeerAnswer.Renewed(60));
  }

  @Test
  void answerOfAnotherKind_orOfALaterVersion_isNone() {
    ask(LEASE_7);
    ask(LEASE_8);

    asker.noted(
        PEER,
        note(
            Answer.newBuilder()
                .setToken(FIRST_TOKEN)
                .setTimeToLive(TimeToLiveAnswer.getDefaultInstance())));
    asker.noted(PEER, note(Answer.newBuilder().setToken(FIRST_TOKEN + 1)));
    loop.runAll();

    assertThat(outcomes.all).containsExactly(new NoAnswer(), new NoAnswer());
  }

  @Test
  void tooManyOpenCalls_nextIsNotSent() {
    PeerCalls narrow = calls(ASKER, new HeldQuestions(), new CallLimits(1, 10));
    narrow.ask(PEER, new PeerQuestion.KeepAlive(LEASE_7), TIMEOUT, loop, outcomes);

    Outcomes<PeerAnswer.KeepAlive> next = new Outcomes<>();
    narrow.ask(PEER, new PeerQuestion.KeepAlive(LEASE_8), TIMEOUT, loop, next);
    loop.runAll();

    assertThat(next.all).containsExactly(new NotSent());
    assertThat(outcomes.all).isEmpty();
  }

  @Test
  void tooManyHeldQuestions_nextIsRefused_untilOneIsAnswered() {
    for (long lease = 11; lease <= 14; lease++) {
      ask(new LeaseId(lease));
    }
    settle();
    assertThat(outcomes.all).containsExactly(new Refused(Refusal.OVERLOADED));

    held.keepAlives.getFirst().answer(new PeerAnswer.Gone());
    ask(LEASE_7);
    settle();

    assertThat(held.keepAlives.getLast().lease()).isEqualTo(LEASE_7);
  }

  @Test
  void questionOfALaterVersion_isRefused_andGarbageIsPassedOver()
      throws InvalidProtocolBufferException {
    PeerCalls peer = calls(PEER, held, CallLimits.STANDARD);

    peer.noted(ASKER, ByteString.copyFromUtf8("\u0007\u0007"));
    peer.noted(
        ASKER,
        Note.newBuilder().addQuestions(Question.newBuilder().setToken(17)).build().toByteString());

    assertThat(network.all).hasSize(1);
    assertThat(network.all.getFirst().note().getAnswersList())
        .containsExactly(
            Answer.newBuilder().setToken(17).setRefusal(Answer.Refusal.UNSUPPORTED).build());
  }

  @Test
  void memberStops_openQuestionsFail_andNoneIsSent() {
    ask(LEASE_7);

    asker.close();
    ask(LEASE_8);

    assertThat(outcomes.all).containsExactly(new NoAnswer(), new NotSent());
    assertThat(network.all).hasSize(1);
  }

  private PeerCalls calls(MemberId member, PeerHandler handler, CallLimits limits) {
    PeerCalls calls = new PeerCalls(FIRST_TOKEN, network.of(member), handler, limits, clock);
    network.join(member, calls);
    return calls;
  }

  private void ask(LeaseId lease) {
    asker.ask(PEER, new PeerQuestion.KeepAlive(lease), TIMEOUT, loop, outcomes);
    loop.runAll();
  }

  private void settle() {
    network.deliver();
    loop.runAll();
  }

  private static ByteString renewal(long token) {
    return note(
        Answer.newBuilder()
            .setToken(token)
            .setKeepAlive(KeepAliveAnswer.newBuilder().setTtlSeconds(60)));
  }

  private static ByteString note(Answer.Builder answer) {
    return Note.newBuilder().addAllAnswers(List.of(answer.build())).build().toByteString();
  }
}
