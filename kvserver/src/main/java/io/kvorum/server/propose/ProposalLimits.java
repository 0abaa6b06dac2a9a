package io.kvorum.server.propose;

import java.time.Duration;

/// The bounds of what may wait for the log. Beyond one of them a command is refused with
/// [ProposalFailure.TooManyRequests]; commands that free resources (revokes, alarms, compaction)
/// and the member's own may use the reserve on top.
///
/// @param requestBytes largest command (`max-request-bytes`), encoded as it would be in etcd's log
/// @param waiting commands waiting for their outcome
/// @param waitingBytes their encoded size
/// @param backlogBytes committed and not yet applied
/// @param backlogAge how long the oldest committed entry may have waited to be applied; a bare
///   count would misfire when the log is fast
/// @param requestTimeout how long a command waits for its outcome
/// @param leaderLossWindow how long before an election a command must have started to blame the
///   election for its timeout; two election timeouts
public record ProposalLimits(
    int requestBytes,
    int waiting,
    long waitingBytes,
    long backlogBytes,
    Duration backlogAge,
    Duration requestTimeout,
    Duration leaderLossWindow) {
  /// Share of every bound on top of it that only prior commands may use: one part in this many.
  private static final int RESERVE_DIVISOR = 4;

  public ProposalLimits {
    if (requestBytes < 1 || waiting < 1 || waitingBytes < requestBytes || backlogBytes < 1) {
      throw new IllegalArgumentException("a bound is too small for any command");
    }
  }

  /// The defaults for this election timeout: 1.5 MiB per command, 64 Ki commands and 64 MiB
  /// waiting, 32 MiB or 5 s of backlog, a request timeout of 5 s and two election timeouts.
  public static ProposalLimits of(Duration electionTimeout) {
    Duration window = electionTimeout.multipliedBy(2);
    return new ProposalLimits(
        1_572_864,
        64 << 10,
        64L << 20,
        32L << 20,
        Duration.ofSeconds(5),
        Duration.ofSeconds(5).plus(window),
        window);
  }

  /// These limits with another largest command.
  public ProposalLimits withRequestBytes(int bytes) {
    return new ProposalLimits(
        bytes,
        waiting,
        Math.max(waitingBytes, 8L * bytes),
        backlogBytes,
        backlogAge,
        requestTimeout,
        leaderLossWindow);
  }

  /// These limits with another bound on the number of waiting commands.
  public ProposalLimits withWaiting(int commands) {
    return new ProposalLimits(
        requestBytes,
        commands,
        waitingBytes,
        backlogBytes,
        backlogAge,
        requestTimeout,
        leaderLossWindow);
  }

  /// A bound as it holds for commands of this priority.
  static long bound(long limit, Priority priority) {
    return switch (priority) {
      case ORDINARY -> limit;
      case RESERVED -> limit + Math.max(1, limit / RESERVE_DIVISOR);
    };
  }
}
