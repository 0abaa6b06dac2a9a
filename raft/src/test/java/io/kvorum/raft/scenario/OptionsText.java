package io.kvorum.raft.scenario;

import io.kvorum.raft.RaftOptions;

/// The options of a core as `key=value` words; what is not named stays as it is.
final class OptionsText {
  private OptionsText() {}

  static RaftOptions change(RaftOptions options, Words words) {
    RaftOptions.Election election = options.election();
    RaftOptions.Replication replication = options.replication();
    RaftOptions.Limits limits = options.limits();
    return new RaftOptions(
        new RaftOptions.Election(
            (int) words.named("election", election.timeoutTicks()),
            (int) words.named("heartbeat", election.heartbeatTicks()),
            words.isOn("prevote", election.preVote()),
            words.isOn("checkquorum", election.checkQuorum())),
        new RaftOptions.Replication(
            words.named("appendbytes", replication.appendBytes()),
            (int) words.named("window", replication.windowMessages()),
            words.named("windowbytes", replication.windowBytes())),
        new RaftOptions.Limits(
            words.named("uncommitted", limits.uncommittedBytes()),
            words.named("applybytes", limits.applyBytes()),
            (int) words.named("reads", limits.pendingReads()),
            (int) words.named("writes", limits.outstandingWrites()),
            words.named("writebytes", limits.writeBytes())),
        new RaftOptions.Tail(
            (int) words.named("tail", options.tail().entries()),
            words.named("tailbytes", options.tail().bytes())));
  }
}
