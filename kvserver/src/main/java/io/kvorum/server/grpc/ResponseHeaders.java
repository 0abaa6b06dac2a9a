package io.kvorum.server.grpc;

import io.kvorum.proto.etcd.ResponseHeader;
import io.kvorum.raft.membership.MemberId;
import java.util.function.LongSupplier;

/// Fills the header that every response carries (`api.md` §5.2). Safe for any thread.
public final class ResponseHeaders {
  private final ResponseHeader identity;
  private final LongSupplier term;

  /// Headers of one member; `term` tells the current Raft term whenever it is asked.
  public ResponseHeaders(long clusterId, MemberId member, LongSupplier term) {
    this.identity =
        ResponseHeader.newBuilder().setClusterId(clusterId).setMemberId(member.value()).build();
    this.term = term;
  }

  /// The header of an answer that was made at this store revision.
  public ResponseHeader at(long revision) {
    return identity.toBuilder().setRevision(revision).setRaftTerm(term.getAsLong()).build();
  }

  /// The header of answers about the membership, and of watches cancelled by compaction.
  public ResponseHeader withoutRevision() {
    return identity.toBuilder().setRaftTerm(term.getAsLong()).build();
  }
}
