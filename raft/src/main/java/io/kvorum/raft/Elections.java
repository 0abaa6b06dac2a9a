package io.kvorum.raft;

import io.kvorum.invariant.Invariant;
import io.kvorum.raft.RaftMessage.PreVoteReply;
import io.kvorum.raft.RaftMessage.PreVoteRequest;
import io.kvorum.raft.RaftMessage.VoteReply;
import io.kvorum.raft.RaftMessage.VoteRequest;
import io.kvorum.raft.RaftMessage.VoteRequest.Cause;
import io.kvorum.raft.Ready.ReadVerdict;
import io.kvorum.raft.Role.Candidate;
import io.kvorum.raft.Role.Electable;
import io.kvorum.raft.Role.Follower;
import io.kvorum.raft.Role.PreCandidate;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.raft.quorum.VoteTally;
import io.kvorum.raft.quorum.VoteTally.Answer;
import java.util.Optional;
import java.util.random.RandomGenerator;

/// Moves a member from role to role: timeouts, campaigns, votes, and giving way to a later term or
/// a leader (Raft §5.2, thesis §9.6; raft.md §1.2).
final class Elections {
  private final MemberState state;
  private final RandomGenerator random;
  private Role role;

  Elections(MemberState state, RandomGenerator random) {
    this.state = state;
    this.random = random;
    this.role = new Follower(Optional.empty(), newTimer());
  }

  Role role() {
    return role;
  }

  void tick() {
    switch (role) {
      case Leader leader -> {
        if (!leader.tick()) {
          becomeFollower();
        }
      }
      case Electable waiting -> {
        waiting.timer().tick();
        if (waiting.timer().isDue() && mayCampaign()) {
          campaign();
        }
      }
    }
  }

  /// Whether a living leader is to be shielded from campaigns (E7).
  boolean isLeaderAlive() {
    return state.options().election().checkQuorum() && hearsLeader();
  }

  /// Whether this member leads or has heard its leader within the election timeout.
  private boolean hearsLeader() {
    return switch (role) {
      case Leader _ -> true;
      case Electable waiting ->
          waiting.leader().isPresent() && waiting.timer().isWithinElectionTimeout();
    };
  }

  /// Campaigns without waiting if no other vote is needed.
  void campaignIfAlone() {
    if (role instanceof Follower follower
        && follower.leader().isEmpty()
        && state.configuration().isLoneVoter(state.self())
        && mayCampaign()) {
      campaign();
    }
  }

  /// Another configuration is in force.
  void reconfigured() {
    if (role instanceof Leader leader) {
      leader.reconfigured();
      if (!state.configuration().isVoter(state.self())) {
        leader.leaveOffice();
        becomeFollower();
      }
    }
  }

  /// Leads nobody and follows nobody any more.
  void stop() {
    becomeFollower();
  }

  /// Only a voter campaigns, and not while a snapshot or a committed configuration waits to be
  /// applied (E2).
  private boolean mayCampaign() {
    return state.configuration().isVoter(state.self())
        && !state.commits().isInstalling()
        && !state.log().hasUnappliedConfiguration(state.commits().committed());
  }

  private void campaign() {
    if (state.options().election().preVote()) {
      askForPreVotes();
    } else {
      askForVotes(Cause.TIMEOUT);
    }
  }

  /// The leader hands over to this member, whose log ended with `leaderLast` at that moment (L5).
  void timeoutNow(MemberId leader, EntryId leaderLast) {
    if (role instanceof Follower follower
        && follower.leader().filter(known -> !known.equals(leader)).isEmpty()
        && leaderLast.equals(state.log().last())
        && mayCampaign()) {
      askForVotes(Cause.TRANSFER);
    }
  }

  /// The process of `peer` has ended. If it leads, its silence needs no proof by a timeout
  /// (decision 15). Without pre-votes a mistake would depose a living leader.
  void gone(MemberId peer) {
    if (role instanceof Follower follower
        && follower.leader().filter(peer::equals).isPresent()
        && state.options().election().preVote()) {
      follower.timer().hasten();
    }
  }

  private void askForPreVotes() {
    VoteTally tally = new VoteTally();
    tally.record(state.self(), Answer.GRANTED);
    become(new PreCandidate(tally, newTimer()));
    EntryId last = state.log().last();
    EntryId committed = state.commits().committedId();
    for (MemberId member : state.configuration().members()) {
      if (!member.equals(state.self()) && state.configuration().isVoter(member)) {
        state
            .outbox()
            .send(
                new Envelope(
                    state.self(), member, state.term() + 1, new PreVoteRequest(last, committed)));
      }
    }
    countPreVotes(tally);
  }

  /// Starts a real campaign. The requests, and this member's own vote, wait until the vote is
  /// durable: otherwise a crash could let it lead the same term twice (D1, E4).
  private void askForVotes(Cause cause) {
    become(new Candidate(new VoteTally(), newTimer()));
    state.enterTerm(state.term() + 1);
    state.voteFor(state.self());
    EntryId last = state.log().last();
    EntryId committed = state.commits().committedId();
    for (MemberId member : state.configuration().members()) {
      if (member.equals(state.self())) {
        state.sendWhenDurable(member, new VoteReply(Answer.GRANTED, committed));
      } else if (state.configuration().isVoter(member)) {
        state.sendWhenDurable(member, new VoteRequest(last, committed, cause));
      }
    }
  }

  /// A message shows that a later term has begun.
  void enterTerm(long term) {
    becomeFollower();
    state.enterTerm(term);
  }

  /// A message comes from `leader`, which leads this term (E9).
  void follow(MemberId leader) {
    if (role instanceof Follower follower && follower.leader().isPresent()) {
      Invariant.check(
          follower.leader().get().equals(leader),
          "term %d has two leaders, %s and %s",
          state.term(),
          follower.leader().get(),
          leader);
      follower.timer().reset();
      return;
    }
    Invariant.check(!(role instanceof Leader), "%s leads our term %d too", leader, state.term());
    become(new Follower(Optional.of(leader), newTimer()));
  }

  void refusePreVote(MemberId candidate) {
    state.sendWhenDurable(
        candidate, new PreVoteReply(Answer.REFUSED, state.commits().committedId()));
  }

  void preVoteAsked(MemberId candidate, long term, PreVoteRequest request) {
    learnCommit(request.committed());
    if (voteRule().preVote(term, candidate, request.last()).isGranted()) {
      PreVoteReply grant = new PreVoteReply(Answer.GRANTED, state.commits().committedId());
      state.sendWhenDurable(new Envelope(state.self(), candidate, term, grant));
    } else {
      refusePreVote(candidate);
    }
  }

  void preVoteAnswered(MemberId voter, long term, PreVoteReply reply) {
    learnCommit(reply.committed());
    boolean answersThisRound = reply.answer() == Answer.REFUSED || term == state.term() + 1;
    if (role instanceof PreCandidate(var tally, _) && answersThisRound) {
      tally.record(voter, reply.answer());
      countPreVotes(tally);
    }
  }

  private void countPreVotes(VoteTally tally) {
    switch (tally.outcome(state.quorum())) {
      case WON -> askForVotes(Cause.TIMEOUT);
      case LOST -> becomeFollower();
      case OPEN -> {}
    }
  }

  void voteAsked(MemberId candidate, VoteRequest request) {
    learnCommit(request.committed());
    boolean isGranted = voteRule().vote(candidate, request.last()).isGranted();
    if (isGranted) {
      state.voteFor(candidate);
      if (role instanceof Electable waiting) {
        waiting.timer().reset();
      }
    }
    state.sendWhenDurable(
        candidate,
        new VoteReply(isGranted ? Answer.GRANTED : Answer.REFUSED, state.commits().committedId()));
  }

  void voteAnswered(MemberId voter, VoteReply reply) {
    learnCommit(reply.committed());
    if (role instanceof Candidate(var tally, _)) {
      tally.record(voter, reply.answer());
      switch (tally.outcome(state.quorum())) {
        case WON -> become(new Leader(state));
        case LOST -> becomeFollower();
        case OPEN -> {}
      }
    }
  }

  private VoteRule voteRule() {
    return new VoteRule(state.ballot(), role.leader().isPresent(), state.log().last());
  }

  /// A member that hears no leader takes the commit index of whoever speaks of an election, if its
  /// own log holds that entry: it may thereby find out that it is a voter (M9). A learner is in
  /// that case without ever having campaigned, and may still remember who led once.
  void learnCommit(EntryId committed) {
    if (!hearsLeader()
        && state.log().holds(committed)
        && state.commits().commitTo(committed.index())
        && !(role instanceof Follower)
        && !mayCampaign()) {
      becomeFollower();
    }
  }

  private void becomeFollower() {
    ElectionTimer timer =
        switch (role) {
          case Leader _ -> newTimer();
          case Electable waiting -> waiting.timer().redrawn();
        };
    become(new Follower(Optional.empty(), timer));
  }

  /// Takes a role, after what waited for the leader of the old one has been told (RI5).
  private void become(Role next) {
    switch (role) {
      case Leader leader -> leader.resign();
      case Follower follower ->
          follower
              .forwardedReads()
              .forEach(token -> state.outbox().decideRead(new ReadVerdict.Aborted(token)));
      case PreCandidate _, Candidate _ -> {}
    }
    role = next;
  }

  private ElectionTimer newTimer() {
    return ElectionTimer.started(state.options().election(), random);
  }
}
