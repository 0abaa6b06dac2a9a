package io.kvorum.raft.scenario;

import io.kvorum.raft.ProposalRefusal;
import io.kvorum.raft.Ready.ReadVerdict;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/// The names a story gives to proposals and reads, and what became of them.
final class Tokens {
  private final Map<String, Long> tokens = new HashMap<>();
  private final Map<Long, ProposalRefusal> refusals = new HashMap<>();
  private final Map<Long, ReadVerdict> reads = new HashMap<>();
  private long last;

  long add(String name) {
    last++;
    tokens.put(name, last);
    return last;
  }

  void refused(long token, ProposalRefusal refusal) {
    refusals.put(token, refusal);
  }

  /// A read has one verdict.
  void decided(ReadVerdict verdict) {
    if (reads.put(verdict.token(), verdict) != null) {
      throw new AssertionError("second verdict: " + verdict);
    }
  }

  Optional<ProposalRefusal> refusal(String name) {
    return Optional.ofNullable(refusals.get(token(name)));
  }

  Optional<ReadVerdict> read(String name) {
    return Optional.ofNullable(reads.get(token(name)));
  }

  private long token(String name) {
    Long token = tokens.get(name);
    if (token == null) {
      throw new IllegalArgumentException("nothing was named " + name);
    }
    return token;
  }
}
