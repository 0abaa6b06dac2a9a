package io.kvorum.server.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvorum.raft.membership.MemberId;
import io.kvorum.server.ManualClock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/// Member 1 asks members 2 and 3 what they say about themselves.
class PeerPollTest {
  private static final MemberId ASKER = new MemberId(1);
  private static final MemberId TWO = new MemberId(2);
  private static final MemberId THREE = new MemberId(3);
  private static final List<MemberId> PEERS = List.of(TWO, THREE);
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private final ManualClock clock = new ManualClock();
  private final Network network = new Network();
  private final FixedFacts factsOfThree = new FixedFacts();
  private final PeerCalls asker = calls(ASKER, new FixedFacts());
  private final PeerPoll poll = new PeerPoll(asker);

  PeerPollTest() {
    var _ = calls(TWO, new FixedFacts());
    var _ = calls(THREE, factsOfThree);
  }

  /// A member that knows no leader.
  private PeerCalls calls(MemberId self, FixedFacts facts) {
    Statuses status = new Statuses(self);
    HeldReads reads = new HeldReads();
    PeerCalls calls =
        new PeerCalls(
            self.value() << 32,
            network.of(self),
            new CallAnswers(
                new ProvenLessor(new HeldRequests(), new LeadershipProof(status, reads)),
                new LeaderChanges(new TakenChanges(status)),
                facts),
            CallLimits.STANDARD,
            clock);
    network.join(self, calls);
    return calls;
  }

  private CompletableFuture<NavigableMap<MemberId, Optional<PeerAnswer.Hash>>> askForHash() {
    return poll.ask(PEERS, new PeerQuestion.Hash(17), PATIENCE);
  }

  @Test
  void allAnswer_answersAreComplete() {
    var hashes = askForHash();
    var versions = poll.ask(PEERS, new PeerQuestion.Version(), PATIENCE);
    assertThat(hashes).isNotDone();
    network.deliver();

    Optional<PeerAnswer.Hash> hash = Optional.of(FixedFacts.hashAt(17));
    assertThat(hashes).isCompletedWithValueMatching(Map.of(TWO, hash, THREE, hash)::equals);
    Optional<PeerAnswer.Version> version = Optional.of(FixedFacts.VERSION);
    assertThat(versions).isCompletedWithValueMatching(Map.of(TWO, version, THREE, version)::equals);
  }

  @Test
  void oneIsNotConnectedOrHasNoTime_itsAnswerIsEmpty() {
    factsOfThree.isBusy = true;
    var busy = askForHash();
    network.deliver();
    network.cut(TWO);
    var unconnected = poll.ask(List.of(TWO), new PeerQuestion.Hash(17), PATIENCE);

    assertThat(busy.join().get(TWO)).isPresent();
    assertThat(busy.join().get(THREE)).isEmpty();
    assertThat(unconnected.join().get(TWO)).isEmpty();
  }

  @Test
  void oneIsSilent_itsAnswerIsEmptyWhenPatienceEnds() {
    var hashes = poll.ask(List.of(TWO), new PeerQuestion.Hash(17), PATIENCE);
    network.lose();

    asker.tick(clock.advance(PATIENCE.minusNanos(1)));
    assertThat(hashes).isNotDone();
    asker.tick(clock.advance(Duration.ofNanos(1)));

    assertThat(hashes.join().get(TWO)).isEmpty();
  }

  @Test
  void nobodyToAsk_isDoneAtOnce() {
    assertThat(poll.ask(List.of(), new PeerQuestion.Version(), PATIENCE).join()).isEmpty();
  }
}
