package io.kvorum.server.cluster;

import io.kvorum.server.apply.LeaseFailure;
import io.kvorum.server.apply.Lessor;
import java.util.ArrayList;
import java.util.List;

/// Notes how lease requests end.
final class LeaseOutcomes<T> implements Lessor.Callback<T> {
  final List<Object> all = new ArrayList<>();

  @Override
  public void answered(T answer) {
    all.add(answer);
  }

  @Override
  public void failed(LeaseFailure failure) {
    all.add(failure);
  }
}
