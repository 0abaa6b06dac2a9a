package io.kvorum.server.cluster;

import java.util.ArrayList;
import java.util.List;

/// Notes how questions end.
final class Outcomes<A extends PeerAnswer> implements PeerCalls.Callback<A> {
  final List<Object> all = new ArrayList<>();

  @Override
  public void answered(A answer) {
    all.add(answer);
  }

  @Override
  public void failed(CallFailure failure) {
    all.add(failure);
  }
}
