package io.kvorum.server.grpc;

import io.grpc.Status;
import io.kvorum.mvcc.RevisionRefused;
import io.kvorum.server.apply.LeaseFailure;
import io.kvorum.server.command.MembershipRefusal;
import io.kvorum.server.command.Rejection;
import io.kvorum.server.propose.ProposalFailure;
import io.kvorum.server.read.ReadFailure;

/// The one table from what went wrong to the gRPC status (`api.md` §4). Clients recognise errors by
/// the exact text, so these are etcd's, byte for byte. Where etcd itself sends `UNKNOWN` for an
/// error that has a code in its table, the code of the table is sent.
public final class GrpcErrors {
  static final Status NO_SPACE =
      Status.RESOURCE_EXHAUSTED.withDescription("etcdserver: mvcc: database space exceeded");
  static final Status NO_LEADER = Status.UNAVAILABLE.withDescription("etcdserver: no leader");
  static final Status NOT_LEADER = refused("etcdserver: not leader");
  static final Status BAD_LEADER_TRANSFEREE = refused("etcdserver: bad leader transferee");
  static final Status TRANSFER_TIMED_OUT =
      Status.UNKNOWN.withDescription(
          "etcdserver: request timed out, leader transfer took too long");
  static final Status NOT_FOR_LEARNERS = refused("etcdserver: rpc not supported for learner");
  static final Status INVALID_CLIENT_API_VERSION =
      invalid("etcdserver: invalid client api version");
  static final Status COMPACTED =
      Status.OUT_OF_RANGE.withDescription("etcdserver: mvcc: required revision has been compacted");
  static final Status FUTURE_REVISION =
      Status.OUT_OF_RANGE.withDescription(
          "etcdserver: mvcc: required revision is a future revision");

  private static final Status TOO_MANY_OPERATIONS =
      invalid("etcdserver: too many operations in txn request");
  private static final Status KEY_NOT_FOUND = invalid("etcdserver: key not found");
  static final Status TOO_MANY_REQUESTS =
      Status.RESOURCE_EXHAUSTED.withDescription("etcdserver: too many requests");
  private static final Status LEADER_CHANGED =
      Status.UNAVAILABLE.withDescription("etcdserver: leader changed");
  private static final Status TIMED_OUT =
      Status.UNAVAILABLE.withDescription("etcdserver: request timed out");
  static final Status STOPPED = Status.UNAVAILABLE.withDescription("etcdserver: server stopped");

  private GrpcErrors() {}

  /// The status for a response that gRPC cannot frame.
  static Status responseTooLarge(long bytes) {
    return Status.RESOURCE_EXHAUSTED.withDescription(
        "grpc: trying to send message larger than max (%d vs. %d)"
            .formatted(bytes, Integer.MAX_VALUE));
  }

  static Status statusOf(RequestFlaw flaw) {
    return switch (flaw) {
      case EMPTY_KEY -> invalid("etcdserver: key is not provided");
      case VALUE_PROVIDED -> invalid("etcdserver: value is provided");
      case LEASE_PROVIDED -> invalid("etcdserver: lease is provided");
      case NO_OPERATION -> KEY_NOT_FOUND;
      case TOO_MANY_OPERATIONS -> TOO_MANY_OPERATIONS;
      case DUPLICATE_KEY -> invalid("etcdserver: duplicate key given in txn request");
      case INVALID_SORT_OPTION -> invalid("etcdserver: invalid sort option");
      case STREAM_WITH_SORT_ORDER ->
          Status.UNIMPLEMENTED.withDescription("RangeStream does not support custom sort orders");
      case STREAM_WITH_REVISION_FILTER ->
          Status.UNIMPLEMENTED.withDescription("RangeStream does not support revision filters");
    };
  }

  /// The status for a refusal of the state machine.
  public static Status statusOf(Rejection rejection) {
    return switch (rejection) {
      case Rejection.Compacted _ -> COMPACTED;
      case Rejection.FutureRevision _ -> FUTURE_REVISION;
      case Rejection.LeaseNotFound _ ->
          Status.NOT_FOUND.withDescription("etcdserver: requested lease not found");
      case Rejection.LeaseExists _ ->
          Status.FAILED_PRECONDITION.withDescription("etcdserver: lease already exists");
      case Rejection.LeaseTtlTooLarge _ ->
          Status.OUT_OF_RANGE.withDescription("etcdserver: too large lease TTL");
      case Rejection.KeyNotFound _ -> KEY_NOT_FOUND;
      case Rejection.NoSpace _ -> NO_SPACE;
      case Rejection.Corrupt _ -> Status.DATA_LOSS.withDescription("etcdserver: corrupt cluster");
      case Rejection.Membership(var refusal) -> statusOf(refusal);
    };
  }

  /// The status for a change of the membership that is refused.
  static Status statusOf(MembershipRefusal refusal) {
    return switch (refusal) {
      case BAD_URLS -> invalid("etcdserver: given member URLs are invalid");
      case MEMBER_EXISTS -> refused("etcdserver: member ID already exist");
      case MEMBER_NOT_FOUND -> Status.NOT_FOUND.withDescription("etcdserver: member not found");
      case PEER_URL_EXISTS -> refused("etcdserver: Peer URLs already exists");
      case TOO_MANY_LEARNERS -> refused("etcdserver: too many learner members in cluster");
      case NOT_A_LEARNER -> refused("etcdserver: can only promote a learner member");
      case LEARNER_NOT_READY ->
          refused("etcdserver: can only promote a learner member which is in sync with leader");
      case NOT_ENOUGH_STARTED ->
          refused("etcdserver: re-configuration failed due to not enough started members");
      case UNHEALTHY -> Status.UNAVAILABLE.withDescription("etcdserver: unhealthy cluster");
    };
  }

  /// The status for a proposal without an answer from the log. That no leader was known for the
  /// whole request timeout is reported as etcd's clients know it: as a context error.
  public static Status statusOf(ProposalFailure failure) {
    return switch (failure) {
      case ProposalFailure.NoLeader _ ->
          Status.DEADLINE_EXCEEDED.withDescription("context deadline exceeded");
      case ProposalFailure.TooManyRequests _ -> TOO_MANY_REQUESTS;
      case ProposalFailure.ChangeRefused(var refusal) -> statusOf(refusal);
      case ProposalFailure.RequestTooLarge _ -> invalid("etcdserver: request is too large");
      case ProposalFailure.StoppedBefore _, ProposalFailure.StoppedAfter _ -> STOPPED;
      case ProposalFailure.Overtaken _ -> TIMED_OUT;
      case ProposalFailure.TimedOut(var suspicion) ->
          switch (suspicion) {
            case NONE -> TIMED_OUT;
            case LEADER_FAILURE -> timedOut("possibly due to previous leader failure");
            case CONNECTION_LOST -> timedOut("possibly due to connection lost");
          };
    };
  }

  /// The status for a linearizable read that could not be confirmed.
  public static Status statusOf(ReadFailure failure) {
    return switch (failure) {
      case TIMED_OUT -> TIMED_OUT;
      case LEADER_CHANGED -> LEADER_CHANGED;
      case TOO_MANY_REQUESTS -> TOO_MANY_REQUESTS;
      case STOPPED -> STOPPED;
    };
  }

  static Status statusOf(LeaseFailure failure) {
    return switch (failure) {
      case NOT_PRIMARY -> Status.UNKNOWN.withDescription("not a primary lessor");
      case NO_LEADER -> NO_LEADER;
      case LEADER_CHANGED -> LEADER_CHANGED;
      case TIMED_OUT -> TIMED_OUT;
      case TOO_MANY_REQUESTS -> TOO_MANY_REQUESTS;
      case STOPPED -> STOPPED;
    };
  }

  /// The status for a read at a revision that is not kept or does not exist.
  public static Status statusOf(RevisionRefused refused) {
    return switch (refused.kind()) {
      case COMPACTED -> COMPACTED;
      case FUTURE -> FUTURE_REVISION;
    };
  }

  /// The status for an answer that got no memory. etcd knows no such bound; a client that meets it
  /// should ask again, or for less.
  static Status statusOf(ReadBudget.Refusal refusal, long answerBytes, long budgetBytes) {
    return switch (refusal) {
      case QUEUE_FULL, WAITED_TOO_LONG -> TOO_MANY_REQUESTS;
      case NEVER_FITS ->
          Status.RESOURCE_EXHAUSTED.withDescription(
              "kvorum: answer of %d bytes exceeds the read budget of %d bytes; use limit or RangeStream"
                  .formatted(answerBytes, budgetBytes));
    };
  }

  /// The status for an answer beyond what one gRPC message can hold.
  static Status answerTooLarge(long answerBytes) {
    return Status.RESOURCE_EXHAUSTED.withDescription(
        "trying to send message larger than max (%d vs. %d)"
            .formatted(answerBytes, Integer.MAX_VALUE));
  }

  private static Status invalid(String text) {
    return Status.INVALID_ARGUMENT.withDescription(text);
  }

  private static Status refused(String text) {
    return Status.FAILED_PRECONDITION.withDescription(text);
  }

  private static Status timedOut(String cause) {
    return Status.UNAVAILABLE.withDescription("etcdserver: request timed out, " + cause);
  }
}
