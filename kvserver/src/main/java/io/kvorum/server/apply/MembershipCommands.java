package io.kvorum.server.apply;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.kvorum.invariant.Invariant;
import io.kvorum.invariant.InvariantViolation;
import io.kvorum.mvcc.ApplyBatch;
import io.kvorum.proto.command.MemberAttributes;
import io.kvorum.proto.etcd.AlarmResponse;
import io.kvorum.proto.storage.ClusterVersion;
import io.kvorum.proto.storage.Member;
import io.kvorum.proto.storage.Membership;
import io.kvorum.server.command.ApplyResult;
import java.util.List;
import java.util.Optional;

/// The replicated member list and the cluster's version, stored with the data.
///
/// Written by the thread `apply`; the accessors may be read by any thread.
public final class MembershipCommands {
  /// Under these names the store keeps them.
  public static final String MEMBERSHIP = "membership";

  public static final String CLUSTER_VERSION = "cluster-version";
  private static final int FORMAT = 1;

  private volatile Membership members;
  private volatile Optional<ClusterVersion> clusterVersion;

  /// Takes over what the store has after a start.
  MembershipCommands(Optional<ByteString> storedMembers, Optional<ByteString> storedVersion) {
    members = storedMembers.map(bytes -> decode(bytes, Membership::parseFrom)).orElseThrow();
    Invariant.check(members.getVersion() == FORMAT, "members of format %d", members.getVersion());
    clusterVersion = storedVersion.map(bytes -> decode(bytes, ClusterVersion::parseFrom));
  }

  private interface Parser<T> {
    T parse(ByteString bytes) throws InvalidProtocolBufferException;
  }

  private static <T> T decode(ByteString bytes, Parser<T> parser) {
    try {
      return parser.parse(bytes);
    } catch (InvalidProtocolBufferException e) {
      throw new InvariantViolation("a stored fact about the cluster is damaged", e);
    }
  }

  /// The member list that a founding member starts with: itself, without a name until it has
  /// joined.
  public static ByteString founding(long memberId, List<String> peerUrls) {
    return Membership.newBuilder()
        .setVersion(FORMAT)
        .addMembers(Member.newBuilder().setId(memberId).addAllPeerUrls(peerUrls))
        .build()
        .toByteString();
  }

  /// All members, by id.
  public List<Member> members() {
    return members.getMembersList();
  }

  /// As `major.minor.patch`, once it is decided.
  public Optional<String> clusterVersion() {
    return clusterVersion.map(ClusterVersion::getClusterVersion);
  }

  ApplyResult attributes(ApplyBatch batch, MemberAttributes command) {
    Membership.Builder next = members.toBuilder();
    for (int i = 0; i < next.getMembersCount(); i++) {
      if (next.getMembers(i).getId() == command.getMemberId()) {
        next.getMembersBuilder(i)
            .setName(command.getName())
            .clearClientUrls()
            .addAllClientUrls(command.getClientUrlsList());
      }
    }
    members = next.build();
    batch.putMeta(MEMBERSHIP, members.toByteString());
    return done(batch);
  }

  ApplyResult clusterVersion(ApplyBatch batch, io.kvorum.proto.command.ClusterVersion command) {
    ClusterVersion next =
        ClusterVersion.newBuilder()
            .setVersion(FORMAT)
            .setClusterVersion(command.getVersion())
            .setFeatureLevel(command.getFeatureLevel())
            .build();
    clusterVersion = Optional.of(next);
    batch.putMeta(CLUSTER_VERSION, next.toByteString());
    return done(batch);
  }

  /// Nobody but the member itself asks, and it needs no more than to know.
  private static ApplyResult done(ApplyBatch batch) {
    return new ApplyResult.Applied(AlarmResponse.getDefaultInstance(), batch.head());
  }
}
