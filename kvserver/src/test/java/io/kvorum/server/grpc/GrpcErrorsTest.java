package io.kvorum.server.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.grpc.Status;
import io.grpc.Status.Code;
import io.kvorum.lease.LeaseId;
import io.kvorum.server.apply.LeaseFailure;
import io.kvorum.server.command.Rejection;
import io.kvorum.server.command.Rejection.RevisionBounds;
import io.kvorum.server.propose.ProposalFailure;
import io.kvorum.server.propose.ProposalFailure.Suspicion;
import io.kvorum.server.read.ReadFailure;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Codes and texts of `api.md` §4, written out once more: a client tells errors apart by them.
class GrpcErrorsTest {
  private static final RevisionBounds BOUNDS = new RevisionBounds(3, 5);

  static Stream<Arguments> statuses() {
    return Stream.of(flaws(), rejections(), proposalFailures(), readAndLeaseFailures())
        .flatMap(table -> table);
  }

  private static Stream<Arguments> flaws() {
    return Stream.of(
        row(of(RequestFlaw.EMPTY_KEY), Code.INVALID_ARGUMENT, "etcdserver: key is not provided"),
        row(of(RequestFlaw.VALUE_PROVIDED), Code.INVALID_ARGUMENT, "etcdserver: value is provided"),
        row(of(RequestFlaw.LEASE_PROVIDED), Code.INVALID_ARGUMENT, "etcdserver: lease is provided"),
        row(of(RequestFlaw.NO_OPERATION), Code.INVALID_ARGUMENT, "etcdserver: key not found"),
        row(
            of(RequestFlaw.TOO_MANY_OPERATIONS),
            Code.INVALID_ARGUMENT,
            "etcdserver: too many operations in txn request"),
        row(
            of(RequestFlaw.DUPLICATE_KEY),
            Code.INVALID_ARGUMENT,
            "etcdserver: duplicate key given in txn request"),
        row(
            of(RequestFlaw.INVALID_SORT_OPTION),
            Code.INVALID_ARGUMENT,
            "etcdserver: invalid sort option"),
        row(
            of(RequestFlaw.STREAM_WITH_SORT_ORDER),
            Code.UNIMPLEMENTED,
            "RangeStream does not support custom sort orders"),
        row(
            of(RequestFlaw.STREAM_WITH_REVISION_FILTER),
            Code.UNIMPLEMENTED,
            "RangeStream does not support revision filters"));
  }

  private static Stream<Arguments> rejections() {
    return Stream.of(
        row(
            of(new Rejection.Compacted(BOUNDS)),
            Code.OUT_OF_RANGE,
            "etcdserver: mvcc: required revision has been compacted"),
        row(
            of(new Rejection.FutureRevision(BOUNDS)),
            Code.OUT_OF_RANGE,
            "etcdserver: mvcc: required revision is a future revision"),
        row(
            of(new Rejection.LeaseNotFound(new LeaseId(7))),
            Code.NOT_FOUND,
            "etcdserver: requested lease not found"),
        row(
            of(new Rejection.LeaseExists(new LeaseId(7))),
            Code.FAILED_PRECONDITION,
            "etcdserver: lease already exists"),
        row(
            of(new Rejection.LeaseTtlTooLarge(9_000_000_001L)),
            Code.OUT_OF_RANGE,
            "etcdserver: too large lease TTL"),
        row(of(new Rejection.KeyNotFound()), Code.INVALID_ARGUMENT, "etcdserver: key not found"),
        row(
            of(new Rejection.NoSpace()),
            Code.RESOURCE_EXHAUSTED,
            "etcdserver: mvcc: database space exceeded"),
        row(of(new Rejection.Corrupt()), Code.DATA_LOSS, "etcdserver: corrupt cluster"));
  }

  private static Stream<Arguments> proposalFailures() {
    return Stream.of(
        row(
            of(new ProposalFailure.NoLeader()),
            Code.DEADLINE_EXCEEDED,
            "context deadline exceeded"),
        row(
            of(new ProposalFailure.TooManyRequests()),
            Code.RESOURCE_EXHAUSTED,
            "etcdserver: too many requests"),
        row(
            of(new ProposalFailure.RequestTooLarge(1_600_000)),
            Code.INVALID_ARGUMENT,
            "etcdserver: request is too large"),
        row(
            of(new ProposalFailure.StoppedBefore()),
            Code.UNAVAILABLE,
            "etcdserver: server stopped"),
        row(of(new ProposalFailure.StoppedAfter()), Code.UNAVAILABLE, "etcdserver: server stopped"),
        row(of(new ProposalFailure.Overtaken()), Code.UNAVAILABLE, "etcdserver: request timed out"),
        row(
            of(new ProposalFailure.TimedOut(Suspicion.NONE)),
            Code.UNAVAILABLE,
            "etcdserver: request timed out"),
        row(
            of(new ProposalFailure.TimedOut(Suspicion.LEADER_FAILURE)),
            Code.UNAVAILABLE,
            "etcdserver: request timed out, possibly due to previous leader failure"),
        row(
            of(new ProposalFailure.TimedOut(Suspicion.CONNECTION_LOST)),
            Code.UNAVAILABLE,
            "etcdserver: request timed out, possibly due to connection lost"));
  }

  private static Stream<Arguments> readAndLeaseFailures() {
    return Stream.of(
        row(of(ReadFailure.TIMED_OUT), Code.UNAVAILABLE, "etcdserver: request timed out"),
        row(of(ReadFailure.LEADER_CHANGED), Code.UNAVAILABLE, "etcdserver: leader changed"),
        row(
            of(ReadFailure.TOO_MANY_REQUESTS),
            Code.RESOURCE_EXHAUSTED,
            "etcdserver: too many requests"),
        row(of(ReadFailure.STOPPED), Code.UNAVAILABLE, "etcdserver: server stopped"),
        row(of(LeaseFailure.NOT_PRIMARY), Code.UNKNOWN, "not a primary lessor"),
        row(of(LeaseFailure.NO_LEADER), Code.UNAVAILABLE, "etcdserver: no leader"),
        row(of(LeaseFailure.LEADER_CHANGED), Code.UNAVAILABLE, "etcdserver: leader changed"),
        row(of(LeaseFailure.TIMED_OUT), Code.UNAVAILABLE, "etcdserver: request timed out"),
        row(
            of(LeaseFailure.TOO_MANY_REQUESTS),
            Code.RESOURCE_EXHAUSTED,
            "etcdserver: too many requests"),
        row(of(LeaseFailure.STOPPED), Code.UNAVAILABLE, "etcdserver: server stopped"));
  }

  @ParameterizedTest(name = "{2}")
  @MethodSource("statuses")
  void failure_mapped_hasCodeAndTextOfEtcd(Status status, Code code, String text) {
    assertThat(status.getCode()).isEqualTo(code);
    assertThat(status.getDescription()).isEqualTo(text);
  }

  private static Arguments row(Status status, Code code, String text) {
    return arguments(status, code, text);
  }

  private static Status of(RequestFlaw flaw) {
    return GrpcErrors.statusOf(flaw);
  }

  private static Status of(Rejection rejection) {
    return GrpcErrors.statusOf(rejection);
  }

  private static Status of(ProposalFailure failure) {
    return GrpcErrors.statusOf(failure);
  }

  private static Status of(ReadFailure failure) {
    return GrpcErrors.statusOf(failure);
  }

  private static Status of(LeaseFailure failure) {
    return GrpcErrors.statusOf(failure);
  }
}
