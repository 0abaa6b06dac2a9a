package io.kvorum.server.command;

/// Why a change of the membership is refused (api.md §3.5).
public enum MembershipRefusal {
  /// A peer URL is not one, or there is none.
  BAD_URLS,
  /// The id of a member that is to be added belongs, or belonged, to another one.
  MEMBER_EXISTS,
  /// There is no such member, or it was removed.
  MEMBER_NOT_FOUND,
  /// Another member is reached under one of the peer URLs.
  PEER_URL_EXISTS,
  /// The cluster has as many learners as it may.
  TOO_MANY_LEARNERS,
  /// A member that is to be promoted votes already.
  NOT_A_LEARNER,
  /// A learner lags too far behind the leader to vote.
  LEARNER_NOT_READY,
  /// Too few of the voters that the change leads to have ever started.
  NOT_ENOUGH_STARTED,
  /// Too few voters have been connected for a while.
  UNHEALTHY
}
