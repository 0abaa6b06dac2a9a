package io.kvorum.server.cluster;

import io.kvorum.raft.membership.MemberId;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;

/// Asks several members the same question. Safe for any thread.
public final class PeerPoll {
  private final PeerCalls calls;

  public PeerPoll(PeerCalls calls) {
    this.calls = calls;
  }

  /// Asks all of `peers`, and completes once each of them has answered or certainly will not: it is
  /// not connected, does not know the question, or has taken longer than `patience`. Those answers
  /// are empty.
  public <A extends PeerAnswer> CompletableFuture<NavigableMap<MemberId, Optional<A>>> ask(
      Collection<MemberId> peers, PeerQuestion<A> question, Duration patience) {
    NavigableMap<MemberId, CompletableFuture<Optional<A>>> asked = new TreeMap<>();
    for (MemberId peer : peers) {
      CompletableFuture<Optional<A>> answer = new CompletableFuture<>();
      asked.put(peer, answer);
      calls.ask(peer, question, patience, Runnable::run, completing(answer));
    }
    return CompletableFuture.allOf(asked.values().toArray(CompletableFuture[]::new))
        .thenApply(
            _ -> {
              NavigableMap<MemberId, Optional<A>> answers = new TreeMap<>();
              for (Map.Entry<MemberId, CompletableFuture<Optional<A>>> peer : asked.entrySet()) {
                answers.put(peer.getKey(), peer.getValue().join());
              }
              return answers;
            });
  }

  private static <A extends PeerAnswer> PeerCalls.Callback<A> completing(
      CompletableFuture<Optional<A>> answer) {
    return new PeerCalls.Callback<>() {
      @Override
      public void answered(A given) {
        answer.complete(Optional.of(given));
      }

      @Override
      public void failed(CallFailure failure) {
        answer.complete(Optional.empty());
      }
    };
  }
}
