package io.kvorum.raft.driver;

import com.fasterxml.jackson.databind.JsonNode;
import io.kvorum.raft.RaftOptions;

/// The options of a core as JSON; what is absent has its default. No tail is kept behind what is
/// applied, so that `compact` takes all it may.
final class OptionsJson {
  private OptionsJson() {}

  static RaftOptions read(JsonNode opts) {
    RaftOptions all = RaftOptions.defaults();
    RaftOptions.Election election = all.election();
    RaftOptions.Replication replication = all.replication();
    RaftOptions.Limits limits = all.limits();
    long windowBytes = opts.path("windowBytes").asLong(replication.windowBytes());
    return new RaftOptions(
        new RaftOptions.Election(
            opts.path("electionTicks").asInt(election.timeoutTicks()),
            opts.path("heartbeatTicks").asInt(election.heartbeatTicks()),
            opts.path("preVote").asBoolean(election.preVote()),
            opts.path("checkQuorum").asBoolean(election.checkQuorum())),
        new RaftOptions.Replication(
            Math.min(replication.appendBytes(), windowBytes),
            opts.path("windowEntries").asInt(replication.windowMessages()),
            windowBytes),
        new RaftOptions.Limits(
            limits.uncommittedBytes(),
            opts.path("maxApplyBytes").asLong(limits.applyBytes()),
            limits.pendingReads(),
            limits.outstandingWrites(),
            limits.writeBytes()),
        new RaftOptions.Tail(0, 0));
  }
}
