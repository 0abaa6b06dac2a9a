package io.kvorum.server;

import com.google.protobuf.ByteString;
import io.kvorum.mvcc.KeyRange;
import io.kvorum.mvcc.MvccStore;
import io.kvorum.mvcc.Projection;
import io.kvorum.mvcc.RangeQuery;
import io.kvorum.mvcc.ReadTxn;
import io.kvorum.mvcc.rocks.StorageFailure;
import io.kvorum.server.apply.Alarms;
import io.kvorum.server.grpc.GrpcErrors;
import io.kvorum.server.grpc.MemberStanding;
import io.kvorum.server.observe.HealthProbes;
import io.kvorum.server.read.LinearizableReads;
import io.kvorum.server.read.ReadFailure;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;

/// Answers health questions with the member's own parts.
record MemberProbes(
    MvccStore store, MemberStanding standing, Supplier<Alarms> raised, LinearizableReads reads)
    implements HealthProbes {
  private static final RangeQuery ONE_KEY =
      RangeQuery.all(KeyRange.of(ByteString.copyFromUtf8("health"), ByteString.EMPTY))
          .withProjection(Projection.KEYS_ONLY);

  @Override
  public List<String> alarms() {
    return raised.get().all().stream().map(alarm -> alarm.getAlarm().name()).toList();
  }

  @Override
  public boolean hasLeader() {
    return standing.knowsLeader();
  }

  @Override
  public boolean isLearner() {
    return standing.isLearner();
  }

  @Override
  public void readLocally(Consumer<Optional<String>> outcome) {
    try (ReadTxn txn = store.read()) {
      var _ = txn.range(ONE_KEY, 0);
      outcome.accept(Optional.empty());
    } catch (StorageFailure | IllegalStateException e) {
      outcome.accept(Optional.of(String.valueOf(e.getMessage())));
    }
  }

  @Override
  public void readLinearizably(Consumer<Optional<String>> outcome) {
    reads.whenReady(
        Runnable::run,
        new LinearizableReads.Callback() {
          @Override
          public void ready() {
            readLocally(outcome);
          }

          @Override
          public void failed(ReadFailure failure) {
            outcome.accept(Optional.ofNullable(GrpcErrors.statusOf(failure).getDescription()));
          }
        });
  }
}
