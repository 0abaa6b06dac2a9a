package io.kvorum.server.cluster;

import io.kvorum.mvcc.HashResult;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;

/// A member whose keys have one hash at every revision, as long as it has time for hashes.
final class FixedFacts implements CallAnswers.OwnFacts {
  static final int HASH = 4711;
  static final PeerAnswer.Version VERSION = new PeerAnswer.Version("3.7.0", 2);
  boolean isBusy;

  static PeerAnswer.Hash hashAt(long revision) {
    return new PeerAnswer.Hashed(new HashResult(HASH, 3, revision), 99);
  }

  @Override
  public CompletableFuture<PeerAnswer.Hash> hash(long revision) {
    return isBusy
        ? CompletableFuture.failedFuture(new RejectedExecutionException("busy"))
        : CompletableFuture.completedFuture(hashAt(revision));
  }

  @Override
  public PeerAnswer.Version version() {
    return VERSION;
  }
}
