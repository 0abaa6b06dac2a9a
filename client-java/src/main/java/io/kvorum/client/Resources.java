package io.kvorum.client;

import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;

/// What the parts of a client share.
///
/// @param scheduler waits, and runs nothing of the application
/// @param executor runs answers and listeners
record Resources(
    Endpoints endpoints,
    RetryPolicy retryPolicy,
    ScheduledExecutorService scheduler,
    Executor executor) {
  private static final Metadata HAS_LEADER = new Metadata();

  static {
    HAS_LEADER.put(Metadata.Key.of("hasleader", Metadata.ASCII_STRING_MARSHALLER), "true");
  }

  /// The channel, for calls that a member without a leader shall refuse at once.
  static Channel requiringLeader(Channel channel) {
    return ClientInterceptors.intercept(
        channel, MetadataUtils.newAttachHeadersInterceptor(HAS_LEADER));
  }

  /// The pause after so many failures in a row.
  long delayNanos(int failures) {
    return retryPolicy.delayNanos(failures, endpoints.count(), ThreadLocalRandom.current());
  }
}
