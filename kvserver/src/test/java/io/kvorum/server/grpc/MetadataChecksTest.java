package io.kvorum.server.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.InternalMetadata;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.Status;
import io.kvorum.proto.etcd.KVGrpc;
import io.kvorum.proto.etcd.RangeRequest;
import io.kvorum.proto.etcd.RangeResponse;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// `api.md` §4.1 step 4. Without a network: grpc-java's client does not send such values.
class MetadataChecksTest {
  private static final String VERSION = "client-api-version";
  private static final byte[] NOT_UTF8 = {'3', (byte) 0xc3, (byte) 0x28};
  private static final byte[] UTF8 = "3.6é".getBytes(StandardCharsets.UTF_8);

  private final MetadataChecks checks =
      new MetadataChecks(
          new FixedStanding(true, false),
          new LeaderRequiredStreams(() -> true, () -> Runnable::run));

  /// Case 71.
  @Test
  void clientApiVersionThatIsNotUtf8_checked_endsTheCall() {
    assertThat(statusFor(VERSION, NOT_UTF8))
        .hasValueSatisfying(
            status -> {
              assertThat(status.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
              assertThat(status.getDescription())
                  .isEqualTo("etcdserver: invalid client api version");
            });
  }

  @Test
  void clientApiVersion_validOrAbsent_passes() {
    assertThat(statusFor(VERSION, UTF8)).isEmpty();
    assertThat(statusFor("other", NOT_UTF8)).isEmpty();
  }

  @Test
  void severalVersions_checked_theFirstCounts() {
    byte[] name = VERSION.getBytes(StandardCharsets.US_ASCII);

    assertThat(statusFor(InternalMetadata.newMetadata(name, UTF8, name, NOT_UTF8))).isEmpty();
    assertThat(statusFor(InternalMetadata.newMetadata(name, NOT_UTF8, name, UTF8))).isPresent();
  }

  private Optional<Status> statusFor(String key, byte[] value) {
    return statusFor(InternalMetadata.newMetadata(key.getBytes(StandardCharsets.US_ASCII), value));
  }

  /// The status the call was ended with; empty if it reached its handler.
  private Optional<Status> statusFor(Metadata headers) {
    ClosedCall call = new ClosedCall();
    boolean[] reached = new boolean[1];
    checks.interceptCall(
        call,
        headers,
        (_, _) -> {
          reached[0] = true;
          return new ServerCall.Listener<RangeRequest>() {};
        });
    assertThat(reached[0]).isNotEqualTo(call.status.isPresent());
    return call.status;
  }

  private static final class ClosedCall extends ServerCall<RangeRequest, RangeResponse> {
    private Optional<Status> status = Optional.empty();

    @Override
    public void close(Status closed, Metadata trailers) {
      status = Optional.of(closed);
    }

    @Override
    public MethodDescriptor<RangeRequest, RangeResponse> getMethodDescriptor() {
      return KVGrpc.getRangeMethod();
    }

    @Override
    public void request(int numMessages) {}

    @Override
    public void sendHeaders(Metadata headers) {}

    @Override
    public void sendMessage(RangeResponse message) {}

    @Override
    public boolean isCancelled() {
      return false;
    }
  }
}
