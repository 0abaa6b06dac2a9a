package io.kvorum.raft.quorum;

import io.kvorum.raft.membership.Configuration;
import io.kvorum.raft.membership.MemberId;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;

/// The sets of voters whose agreement decides: any majority, or a majority of each half while the
/// configuration is joint.
public sealed interface Quorum {
  /// The largest value that a quorum has reached, where each member has reached everything up to
  /// its own value. 0 if there are no voters.
  long reachedBy(ToLongFunction<MemberId> value);

  /// The state of a vote in which a member has granted, refused, or not answered.
  VoteOutcome outcome(Function<MemberId, VoteTally.Answer> answers);

  /// Whether the members that satisfy `isPresent` contain a quorum.
  boolean isReachedBy(Predicate<MemberId> isPresent);

  static Quorum of(Configuration configuration) {
    Majority voters = Majority.of(configuration.voters());
    return configuration.isJoint()
        ? new Joint(voters, Majority.of(configuration.outgoing()))
        : voters;
  }

  /// More than half of one set of voters. Nothing ever reaches a majority of no voters.
  record Majority(List<MemberId> voters) implements Quorum {
    public Majority {
      voters = List.copyOf(voters);
    }

    static Majority of(Collection<MemberId> voters) {
      return new Majority(List.copyOf(voters));
    }

    private int size() {
      return voters.size() / 2 + 1;
    }

    @Override
    public long reachedBy(ToLongFunction<MemberId> value) {
      if (voters.isEmpty()) {
        return 0;
      }
      if (voters.size() == 1) {
        return value.applyAsLong(voters.getFirst());
      }
      long[] values = new long[voters.size()];
      for (int i = 0; i < values.length; i++) {
        values[i] = value.applyAsLong(voters.get(i));
      }
      Arrays.sort(values);
      return values[values.length - size()];
    }

    @Override
    public VoteOutcome outcome(Function<MemberId, VoteTally.Answer> answers) {
      int granted = 0;
      int missing = 0;
      for (MemberId voter : voters) {
        switch (answers.apply(voter)) {
          case GRANTED -> granted++;
          case MISSING -> missing++;
          case REFUSED -> {}
        }
      }
      if (granted >= size()) {
        return VoteOutcome.WON;
      }
      return granted + missing >= size() ? VoteOutcome.OPEN : VoteOutcome.LOST;
    }

    @Override
    public boolean isReachedBy(Predicate<MemberId> isPresent) {
      int present = 0;
      for (MemberId voter : voters) {
        if (isPresent.test(voter)) {
          present++;
        }
      }
      return present >= size();
    }
  }

  /// Both halves of a joint configuration: each needs its own majority.
  record Joint(Majority incoming, Majority outgoing) implements Quorum {
    @Override
    public long reachedBy(ToLongFunction<MemberId> value) {
      return Math.min(incoming.reachedBy(value), outgoing.reachedBy(value));
    }

    @Override
    public VoteOutcome outcome(Function<MemberId, VoteTally.Answer> answers) {
      VoteOutcome first = incoming.outcome(answers);
      VoteOutcome second = outgoing.outcome(answers);
      if (first == VoteOutcome.LOST || second == VoteOutcome.LOST) {
        return VoteOutcome.LOST;
      }
      return first == second ? first : VoteOutcome.OPEN;
    }

    @Override
    public boolean isReachedBy(Predicate<MemberId> isPresent) {
      return incoming.isReachedBy(isPresent) && outgoing.isReachedBy(isPresent);
    }
  }
}
