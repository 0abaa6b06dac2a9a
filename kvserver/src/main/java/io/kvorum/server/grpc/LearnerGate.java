package io.kvorum.server.grpc;

import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.kvorum.proto.etcd.KVGrpc;
import io.kvorum.proto.etcd.MaintenanceGrpc;
import java.util.Set;

/// Refuses what a learner does not serve (`api.md` §3.5): everything but its status, a snapshot,
/// and ranges. Of those [ConfirmedReads] refuses the linearizable ones.
final class LearnerGate implements ServerInterceptor {
  private static final Set<String> SERVED =
      Set.of(
          KVGrpc.getRangeMethod().getFullMethodName(),
          KVGrpc.getRangeStreamMethod().getFullMethodName(),
          MaintenanceGrpc.getStatusMethod().getFullMethodName(),
          MaintenanceGrpc.getSnapshotMethod().getFullMethodName());

  private final MemberStanding standing;

  LearnerGate(MemberStanding standing) {
    this.standing = standing;
  }

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    if (standing.isLearner() && !SERVED.contains(call.getMethodDescriptor().getFullMethodName())) {
      call.close(GrpcErrors.NOT_FOR_LEARNERS, new Metadata());
      return new ServerCall.Listener<>() {};
    }
    return next.startCall(call, headers);
  }
}
