package io.kvorum.server.grpc;

import io.grpc.BindableService;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServerStreamTracer;
import io.kvorum.proto.election.ElectionGrpc;
import io.kvorum.proto.etcd.AuthGrpc;
import io.kvorum.proto.lock.LockGrpc;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;

/// Puts the services of the client API together: under each the decoding of requests with its
/// limits, around each the checks of the metadata, and outermost the meters.
public final class ClientServices {
  /// What a request may exceed `max-request-bytes` by before it is refused unread, as in etcd; in
  /// between it is refused as too large for the log. The limit of the transport must be higher.
  private static final int RECEIVE_SLACK_BYTES = 512 << 10;

  private final RequestDecoding decoding;
  private final MetadataChecks metadata;
  private final LearnerGate learners;
  private final CallMeters meters;
  private final LongSupplier nanoClock;

  public ClientServices(
      int maxRequestBytes,
      MemberStanding standing,
      LeaderRequiredStreams streams,
      CallMeters meters,
      LongSupplier nanoClock) {
    this.decoding = new RequestDecoding(maxRequestBytes + RECEIVE_SLACK_BYTES);
    this.metadata = new MetadataChecks(standing, streams);
    this.learners = new LearnerGate(standing);
    this.meters = meters;
    this.nanoClock = nanoClock;
  }

  /// Binds the given services, and the ones of the API that are not served yet: these are listed
  /// and answer `UNIMPLEMENTED`.
  public List<ServerServiceDefinition> bind(List<BindableService> served) {
    List<BindableService> all = new ArrayList<>(served);
    all.add(new AuthGrpc.AuthImplBase() {});
    all.add(new LockGrpc.LockImplBase() {});
    all.add(new ElectionGrpc.ElectionImplBase() {});
    return all.stream().map(this::bind).toList();
  }

  /// To be registered with the transport that the services are served on.
  public static ServerStreamTracer.Factory resets() {
    return new CallResets();
  }

  private ServerServiceDefinition bind(BindableService service) {
    ServerServiceDefinition decoded = decoding.under(service.bindService());
    return ServerInterceptors.intercept(
        decoded, metadata, learners, new CallCounting(decoded, meters, nanoClock));
  }
}
