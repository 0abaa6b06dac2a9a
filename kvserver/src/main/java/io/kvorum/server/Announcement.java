package io.kvorum.server;

import io.kvorum.proto.command.ClusterVersion;
import io.kvorum.proto.command.LogCommand;
import io.kvorum.proto.command.MemberAttributes;
import io.kvorum.server.apply.ClusterState;
import io.kvorum.server.cluster.MemberIds;
import io.kvorum.server.command.ApplyResult;
import io.kvorum.server.command.FeatureLevel;
import io.kvorum.server.config.MemberConfig;
import io.kvorum.server.propose.ProposalFailure;
import io.kvorum.server.propose.Proposals;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Tells the cluster a member's name and client URLs, as often as it takes. Once that is applied
/// here, everything that was committed before the start is, too, so that no client sees revisions
/// fall: the member may serve.
final class Announcement {
  private static final Logger log = LoggerFactory.getLogger(Announcement.class);

  private final MemberConfig config;
  private final long memberId;
  private final Proposals proposals;
  private final Supplier<ClusterState> cluster;
  private final Executor background;
  private final CompletableFuture<Void> done = new CompletableFuture<>();

  /// @param background where it is tried again
  Announcement(
      MemberConfig config,
      long memberId,
      Proposals proposals,
      Supplier<ClusterState> cluster,
      Executor background) {
    this.config = config;
    this.memberId = memberId;
    this.proposals = proposals;
    this.cluster = cluster;
    this.background = background;
  }

  /// Begins.
  ///
  /// @return completed once it is applied here; fails with [StartFailure] if the member stops
  CompletableFuture<Void> make() {
    submit(
        LogCommand.newBuilder()
            .setMemberAttributes(
                MemberAttributes.newBuilder()
                    .setMemberId(memberId)
                    .setName(config.identity().name())
                    .addAllClientUrls(
                        MemberIds.texts(config.identity().advertised().clientUrls()))),
        this::decideVersion);
    return done;
  }

  /// The first member that is up says which version the cluster speaks, at the level where all
  /// clusters begin. What comes after that, the leader decides.
  private void decideVersion() {
    if (cluster.get().version().isPresent()) {
      done.complete(null);
      return;
    }
    submit(
        LogCommand.newBuilder()
            .setClusterVersion(
                ClusterVersion.newBuilder()
                    .setVersion(config.reportedMinorVersion())
                    .setFeatureLevel(FeatureLevel.FIRST)),
        () -> done.complete(null));
  }

  private void submit(LogCommand.Builder command, Runnable next) {
    LogCommand asked = command.build();
    proposals.submit(
        command,
        background,
        new Proposals.Callback() {
          @Override
          public void applied(ApplyResult result) {
            next.run();
          }

          @Override
          public void failed(ProposalFailure failure) {
            if (failure instanceof ProposalFailure.StoppedBefore
                || failure instanceof ProposalFailure.StoppedAfter) {
              done.completeExceptionally(new StartFailure("the member stops before it has joined"));
              return;
            }
            log.atWarn()
                .addKeyValue("reason", failure)
                .log("failed to publish local member to cluster through raft");
            submit(asked.toBuilder(), next); // twice does no harm
          }
        });
  }
}
