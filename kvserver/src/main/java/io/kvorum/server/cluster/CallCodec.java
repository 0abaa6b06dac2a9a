package io.kvorum.server.cluster;

import io.kvorum.lease.LeaseId;
import io.kvorum.mvcc.HashResult;
import io.kvorum.proto.peer.Answer;
import io.kvorum.proto.peer.ChangeAnswer;
import io.kvorum.proto.peer.ChangeQuestion;
import io.kvorum.proto.peer.HashAnswer;
import io.kvorum.proto.peer.HashQuestion;
import io.kvorum.proto.peer.KeepAliveAnswer;
import io.kvorum.proto.peer.KeepAliveQuestion;
import io.kvorum.proto.peer.Question;
import io.kvorum.proto.peer.TimeToLiveAnswer;
import io.kvorum.proto.peer.TimeToLiveQuestion;
import io.kvorum.proto.peer.VersionAnswer;
import io.kvorum.proto.peer.VersionQuestion;
import io.kvorum.server.cluster.CallFailure.Refusal;
import io.kvorum.server.cluster.PeerAnswer.Change.Obstacle;
import java.util.Optional;

/// Translates questions and answers to those of `call.proto` and back. Believes nothing on the way
/// back: what does not fit is absent. Pure.
final class CallCodec {
  private CallCodec() {}

  static Question question(long token, PeerQuestion<?> question) {
    Question.Builder wire = Question.newBuilder().setToken(token);
    return switch (question) {
      case PeerQuestion.KeepAlive(var lease) ->
          wire.setKeepAlive(KeepAliveQuestion.newBuilder().setLeaseId(lease.value())).build();
      case PeerQuestion.TimeToLive(var lease) ->
          wire.setTimeToLive(TimeToLiveQuestion.newBuilder().setLeaseId(lease.value())).build();
      case PeerQuestion.Change(var command) ->
          wire.setChange(ChangeQuestion.newBuilder().setCommand(command)).build();
      case PeerQuestion.Hash(var revision) ->
          wire.setHash(HashQuestion.newBuilder().setRevision(revision)).build();
      case PeerQuestion.Version() -> wire.setVersion(VersionQuestion.getDefaultInstance()).build();
    };
  }

  /// Absent for a question of a later version.
  static Optional<PeerQuestion<?>> read(Question wire) {
    return switch (wire.getQuestionCase()) {
      case KEEP_ALIVE ->
          Optional.of(new PeerQuestion.KeepAlive(new LeaseId(wire.getKeepAlive().getLeaseId())));
      case TIME_TO_LIVE ->
          Optional.of(new PeerQuestion.TimeToLive(new LeaseId(wire.getTimeToLive().getLeaseId())));
      case CHANGE -> Optional.of(new PeerQuestion.Change(wire.getChange().getCommand()));
      case HASH -> Optional.of(new PeerQuestion.Hash(wire.getHash().getRevision()));
      case VERSION -> Optional.of(new PeerQuestion.Version());
      case QUESTION_NOT_SET -> Optional.empty();
    };
  }

  static Answer answer(long token, PeerAnswer answer) {
    Answer.Builder wire = Answer.newBuilder().setToken(token);
    return switch (answer) {
      case PeerAnswer.Renewed(var ttlSeconds) ->
          wire.setKeepAlive(KeepAliveAnswer.newBuilder().setTtlSeconds(ttlSeconds)).build();
      case PeerAnswer.Gone() -> wire.setKeepAlive(KeepAliveAnswer.getDefaultInstance()).build();
      case PeerAnswer.Alive(var remainingSeconds, var grantedSeconds) ->
          wire.setTimeToLive(
                  TimeToLiveAnswer.newBuilder()
                      .setRemainingSeconds(remainingSeconds)
                      .setGrantedSeconds(grantedSeconds))
              .build();
      case PeerAnswer.Change(var obstacle) ->
          wire.setChange(
                  ChangeAnswer.newBuilder()
                      .setObstacle(
                          switch (obstacle) {
                            case NONE -> ChangeAnswer.Obstacle.NONE;
                            case FOR_NOW -> ChangeAnswer.Obstacle.FOR_NOW;
                            case LEARNER_NOT_READY -> ChangeAnswer.Obstacle.LEARNER_NOT_READY;
                            case ILLEGAL -> ChangeAnswer.Obstacle.ILLEGAL;
                          }))
              .build();
      case PeerAnswer.Absent() -> wire.setTimeToLive(TimeToLiveAnswer.getDefaultInstance()).build();
      case PeerAnswer.Hash hash -> wire.setHash(wireOf(hash)).build();
      case PeerAnswer.Version(var version, var featureLevel) ->
          wire.setVersion(
                  VersionAnswer.newBuilder().setVersion(version).setFeatureLevel(featureLevel))
              .build();
    };
  }

  /// Absent for a refusal, and for an answer that makes no sense.
  static Optional<PeerAnswer> read(Answer wire) {
    return switch (wire.getAnswerCase()) {
      case KEEP_ALIVE -> keepAlive(wire.getKeepAlive());
      case TIME_TO_LIVE -> timeToLive(wire.getTimeToLive());
      case CHANGE -> change(wire.getChange());
      case HASH -> hash(wire.getHash());
      case VERSION -> version(wire.getVersion());
      case REFUSAL, ANSWER_NOT_SET -> Optional.empty();
    };
  }

  private static Optional<PeerAnswer> change(ChangeAnswer wire) {
    return switch (wire.getObstacle()) {
      case NONE -> Optional.of(new PeerAnswer.Change(Obstacle.NONE));
      case FOR_NOW -> Optional.of(new PeerAnswer.Change(Obstacle.FOR_NOW));
      case LEARNER_NOT_READY -> Optional.of(new PeerAnswer.Change(Obstacle.LEARNER_NOT_READY));
      case ILLEGAL -> Optional.of(new PeerAnswer.Change(Obstacle.ILLEGAL));
      case UNRECOGNIZED -> Optional.empty();
    };
  }

  private static HashAnswer wireOf(PeerAnswer.Hash answer) {
    HashAnswer.Builder wire = HashAnswer.newBuilder();
    return switch (answer) {
      case PeerAnswer.Hashed(HashResult(var hash, var compactRevision, var revision), var head) ->
          wire.setHash(hash)
              .setCompactRevision(compactRevision)
              .setRevision(revision)
              .setHead(head)
              .build();
      case PeerAnswer.FutureRevision(var head) ->
          wire.setObstacle(HashAnswer.Obstacle.FUTURE).setHead(head).build();
      case PeerAnswer.CompactedRevision(var compactRevision) ->
          wire.setObstacle(HashAnswer.Obstacle.COMPACTED)
              .setCompactRevision(compactRevision)
              .build();
    };
  }

  private static Optional<PeerAnswer> hash(HashAnswer wire) {
    return switch (wire.getObstacle()) {
      case NONE ->
          wire.getRevision() > 0 && wire.getHead() >= wire.getRevision()
              ? Optional.of(
                  new PeerAnswer.Hashed(
                      new HashResult(wire.getHash(), wire.getCompactRevision(), wire.getRevision()),
                      wire.getHead()))
              : Optional.empty();
      case FUTURE -> Optional.of(new PeerAnswer.FutureRevision(wire.getHead()));
      case COMPACTED -> Optional.of(new PeerAnswer.CompactedRevision(wire.getCompactRevision()));
      case UNRECOGNIZED -> Optional.empty();
    };
  }

  private static Optional<PeerAnswer> version(VersionAnswer wire) {
    return wire.getFeatureLevel() > 0
        ? Optional.of(new PeerAnswer.Version(wire.getVersion(), wire.getFeatureLevel()))
        : Optional.empty();
  }

  static Answer refusal(long token, Refusal why) {
    return Answer.newBuilder()
        .setToken(token)
        .setRefusal(
            switch (why) {
              case UNSUPPORTED -> Answer.Refusal.UNSUPPORTED;
              case NOT_LEADER -> Answer.Refusal.NOT_LEADER;
              case TIMED_OUT -> Answer.Refusal.TIMED_OUT;
              case OVERLOADED -> Answer.Refusal.OVERLOADED;
              case STOPPED -> Answer.Refusal.STOPPED;
              case OTHER -> Answer.Refusal.UNSPECIFIED;
            })
        .build();
  }

  /// Why there is no other answer: refused, or nothing that this version understands.
  static CallFailure failure(Answer wire) {
    if (!wire.hasRefusal()) {
      return new CallFailure.NoAnswer();
    }
    return new CallFailure.Refused(
        switch (wire.getRefusal()) {
          case UNSUPPORTED -> Refusal.UNSUPPORTED;
          case NOT_LEADER -> Refusal.NOT_LEADER;
          case TIMED_OUT -> Refusal.TIMED_OUT;
          case OVERLOADED -> Refusal.OVERLOADED;
          case STOPPED -> Refusal.STOPPED;
          case UNSPECIFIED, UNRECOGNIZED -> Refusal.OTHER;
        });
  }

  private static Optional<PeerAnswer> keepAlive(KeepAliveAnswer wire) {
    if (wire.getTtlSeconds() < 0) {
      return Optional.empty();
    }
    return Optional.of(
        wire.getTtlSeconds() == 0
            ? new PeerAnswer.Gone()
            : new PeerAnswer.Renewed(wire.getTtlSeconds()));
  }

  private static Optional<PeerAnswer> timeToLive(TimeToLiveAnswer wire) {
    if (wire.getRemainingSeconds() < 0 || wire.getGrantedSeconds() < 0) {
      return Optional.empty();
    }
    return Optional.of(
        wire.getGrantedSeconds() == 0
            ? new PeerAnswer.Absent()
            : new PeerAnswer.Alive(wire.getRemainingSeconds(), wire.getGrantedSeconds()));
  }
}
