package io.kvorum.raft.membership;

import io.kvorum.invariant.Invariant;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.NavigableSet;
import java.util.TreeSet;

/// Who votes and who only learns, at one index of the log (raft.md M1).
///
/// `outgoing` is empty except in a joint configuration, where elections and commits need a majority
/// of `voters` and a majority of `outgoing` (Raft §6). A voter demoted inside a joint configuration
/// waits in `learnersNext` while it still votes in `outgoing`, and becomes a learner on leaving
/// (M6). `autoLeave` asks the leader to propose the leaving by itself.
///
/// The empty configuration exists only for a member that has not heard of its group yet: it cannot
/// campaign, and no quorum of it exists.
public record Configuration(
    NavigableSet<MemberId> voters,
    NavigableSet<MemberId> outgoing,
    NavigableSet<MemberId> learners,
    NavigableSet<MemberId> learnersNext,
    boolean autoLeave) {
  public static final Configuration EMPTY = ofVoters(List.of());

  public Configuration {
    voters = sorted(voters);
    outgoing = sorted(outgoing);
    learners = sorted(learners);
    learnersNext = sorted(learnersNext);
    Invariant.check(
        Collections.disjoint(learners, voters) && Collections.disjoint(learners, outgoing),
        "learners %s are voters in %s or %s",
        learners,
        voters,
        outgoing);
    Invariant.check(
        outgoing.containsAll(learnersNext) && Collections.disjoint(learnersNext, voters),
        "staged learners %s are not leaving: %s to %s",
        learnersNext,
        outgoing,
        voters);
    Invariant.check(
        !voters.isEmpty() || (outgoing.isEmpty() && learners.isEmpty()), "no voters are left");
    Invariant.check(!outgoing.isEmpty() || !autoLeave, "nothing to leave automatically");
  }

  /// The ordinary configuration of these voters, without learners.
  public static Configuration ofVoters(Collection<MemberId> voters) {
    return of(voters, List.of());
  }

  /// The ordinary configuration of these voters and learners.
  public static Configuration of(Collection<MemberId> voters, Collection<MemberId> learners) {
    NavigableSet<MemberId> none = Collections.emptyNavigableSet();
    return new Configuration(new TreeSet<>(voters), none, new TreeSet<>(learners), none, false);
  }

  public boolean isEmpty() {
    return voters.isEmpty();
  }

  public boolean isJoint() {
    return !outgoing.isEmpty();
  }

  /// Whether `member` votes in either half.
  public boolean isVoter(MemberId member) {
    return voters.contains(member) || outgoing.contains(member);
  }

  public boolean isLearner(MemberId member) {
    return learners.contains(member);
  }

  /// Whether `member` alone is every quorum: commits and reads need nobody else.
  public boolean isLoneVoter(MemberId member) {
    return voters.size() == 1
        && voters.contains(member)
        && (outgoing.isEmpty() || (outgoing.size() == 1 && outgoing.contains(member)));
  }

  /// Voters of both halves and learners, in id order.
  public NavigableSet<MemberId> members() {
    NavigableSet<MemberId> members = new TreeSet<>(voters);
    members.addAll(outgoing);
    members.addAll(learners);
    return Collections.unmodifiableNavigableSet(members);
  }

  private static NavigableSet<MemberId> sorted(NavigableSet<MemberId> members) {
    return Collections.unmodifiableNavigableSet(new TreeSet<>(members));
  }
}
