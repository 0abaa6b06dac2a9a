package io.kvorum.server;

import io.kvorum.invariant.InvariantViolation;
import io.kvorum.mvcc.ApplyBatch;
import io.kvorum.mvcc.MvccStore;
import io.kvorum.mvcc.StoreOptions;
import io.kvorum.mvcc.rocks.StorageFailure;
import io.kvorum.mvcc.rocks.StoreUnusable;
import io.kvorum.raft.EntryId;
import io.kvorum.raft.SnapshotMarker;
import io.kvorum.raft.log.DirectoryFiles;
import io.kvorum.raft.log.LogIdentity;
import io.kvorum.raft.log.LogOptions;
import io.kvorum.raft.log.Recovery;
import io.kvorum.raft.log.SegmentedLog;
import io.kvorum.raft.log.UnusableLogException;
import io.kvorum.raft.membership.Configuration;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.raft.peer.KnownPeers;
import io.kvorum.raft.peer.UnusableKnownPeersException;
import io.kvorum.server.apply.ClusterState;
import io.kvorum.server.cluster.MemberIds;
import io.kvorum.server.command.ApiVersion;
import io.kvorum.server.command.ProgramOutdated;
import io.kvorum.server.config.MemberConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The files of a member, opened and consistent with each other: data directory, state, log.
///
/// A new member founds them first: every founder starts from the same state, that of a snapshot at
/// index 1 in term 1 which holds the configuration and nothing else (raft.md M14). Whoever joins
/// later starts from nothing, and gets a snapshot from the leader.
///
/// @param knownPeers which stores belong to which members
/// @param snapshots what may take the place of the state
/// @param configuration in force at the store's applied index
/// @param recovery the opened log, owned by the Raft node once it runs
record MemberFiles(
    DataDirectory directory,
    KnownPeers knownPeers,
    SnapshotFiles snapshots,
    MvccStore store,
    Configuration configuration,
    Recovery recovery)
    implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(MemberFiles.class);
  private static final EntryId FOUNDING = new EntryId(1, 1);

  static MemberFiles open(MemberConfig config, LogOptions logOptions) throws StartFailure {
    DataDirectory directory =
        DataDirectory.open(
            config.identity().dataDirectory(),
            logDirectory(config),
            () -> Foundation.of(config, versionOf(config)));
    try {
      Optional<Foundation> foundation = directory.foundation();
      if (foundation.isPresent()) {
        found(directory, foundation.get(), config, logOptions);
      } else if (config.identity().mode() == MemberConfig.BootstrapMode.FORCE_NEW_CLUSTER) {
        force(directory, config, logOptions);
      }
      return openFounded(directory, config, logOptions);
    } catch (UnusableLogException
        | UnusableKnownPeersException
        | StoreUnusable
        | StorageFailure e) {
      close(directory);
      throw new StartFailure(String.valueOf(e.getMessage()), e);
    } catch (IOException e) {
      close(directory);
      throw DataDirectory.unusable(config.identity().dataDirectory(), e);
    } catch (StartFailure e) {
      close(directory);
      throw e;
    }
  }

  private static Optional<Path> logDirectory(MemberConfig config) {
    Path usual = config.identity().dataDirectory().resolve("member").resolve("wal");
    Path configured = config.identity().logDirectory();
    return configured.equals(usual) ? Optional.empty() : Optional.of(configured);
  }

  private static void found(
      DataDirectory directory, Foundation foundation, MemberConfig config, LogOptions logOptions)
      throws IOException {
    if (config.identity().mode() == MemberConfig.BootstrapMode.FORCE_NEW_CLUSTER) {
      log.atWarn().log("--force-new-cluster has no effect on a new data directory");
    }
    SnapshotMarker start =
        switch (foundation.kind()) {
          case FOUNDER -> new SnapshotMarker(FOUNDING, ClusterState.votersOf(foundation.members()));
          case JOINER -> new SnapshotMarker(EntryId.NONE, Configuration.EMPTY);
        };
    SegmentedLog.create(
        DirectoryFiles.at(directory.wal()), logIdentity(directory), logOptions, start);
    // The thread `apply` owns the store once it runs; founding has a store of its own.
    try (MvccStore store = MvccStore.open(directory.database(), storeOptions(directory, config))) {
      ApplyBatch batch = store.newBatch();
      ClusterState.found(batch, foundation.members());
      var _ = batch.commit(start.id().index(), start.id().term());
    }
    directory.founded();
  }

  /// Writes the end of the old cluster into the log, which is opened and closed for that alone.
  private static void force(DataDirectory directory, MemberConfig config, LogOptions logOptions)
      throws IOException, StartFailure {
    SnapshotFiles snapshots = SnapshotFiles.open(directory);
    Opened opened = openState(directory, config, logOptions, snapshots);
    try {
      ForcedCluster.writeInto(
          opened.recovery(),
          directory.identity(),
          factsOf(opened.store(), config),
          MemberIds.texts(config.identity().advertised().peerUrls()));
    } finally {
      opened.recovery().log().close();
      opened.store().close();
    }
  }

  private static MemberFiles openFounded(
      DataDirectory directory, MemberConfig config, LogOptions logOptions)
      throws IOException, StartFailure {
    KnownPeers knownPeers =
        KnownPeers.open(DirectoryFiles.at(directory.peers()), directory.identity().storeUuid());
    SnapshotFiles snapshots = SnapshotFiles.open(directory);
    Opened opened = openState(directory, config, logOptions, snapshots);
    try {
      snapshots.deleteLeftovers();
      return new MemberFiles(
          directory,
          knownPeers,
          snapshots,
          opened.store(),
          factsOf(opened.store(), config).configurationAt(opened.store().appliedIndex()),
          opened.recovery());
    } catch (IOException | StartFailure e) {
      opened.recovery().log().close();
      opened.store().close();
      throw e;
    }
  }

  private record Opened(MvccStore store, Recovery recovery) {}

  /// Opens state and log. If the log begins after the state, a snapshot was recorded whose
  /// installation was cut short: it is installed first.
  private static Opened openState(
      DataDirectory directory, MemberConfig config, LogOptions logOptions, SnapshotFiles snapshots)
      throws IOException {
    StoreOptions options = storeOptions(directory, config);
    MvccStore store = MvccStore.open(directory.database(), options);
    long appliedIndex = store.appliedIndex();
    try {
      return new Opened(store, openLog(directory, logOptions, appliedIndex));
    } catch (UnusableLogException gap) {
      store.close();
      if (gap.reason() != UnusableLogException.Reason.GAP) {
        throw gap;
      }
      for (EntryId last : snapshots.receivedAfter(appliedIndex)) {
        Optional<Recovery> recovery = openLogAfter(directory, logOptions, last);
        if (recovery.isPresent()) {
          Path database = snapshots.moveIntoPlace(last);
          return new Opened(MvccStore.open(database, options), recovery.get());
        }
      }
      throw gap;
    } catch (IOException e) {
      store.close();
      throw e;
    }
  }

  /// The log, if it begins right after this entry.
  private static Optional<Recovery> openLogAfter(
      DataDirectory directory, LogOptions logOptions, EntryId last) throws IOException {
    try {
      Recovery recovery = openLog(directory, logOptions, last.index());
      if (recovery.recovered().previous().equals(last)) {
        return Optional.of(recovery);
      }
      recovery.log().close();
      return Optional.empty();
    } catch (UnusableLogException refused) {
      log.atWarn()
          .addKeyValue("entry", last)
          .setCause(refused)
          .log("snapshot does not fit the log");
      return Optional.empty();
    }
  }

  private static Recovery openLog(DataDirectory directory, LogOptions logOptions, long appliedIndex)
      throws IOException {
    return SegmentedLog.open(
        DirectoryFiles.at(directory.wal()), logIdentity(directory), logOptions, appliedIndex);
  }

  private static ClusterState factsOf(MvccStore store, MemberConfig config) throws StartFailure {
    try {
      ClusterState facts = ClusterState.stored(store::meta);
      refuseNewerVersion(facts, config);
      return facts;
    } catch (InvariantViolation | ProgramOutdated e) {
      throw new StartFailure("the state database cannot be used: " + e.getMessage(), e);
    }
  }

  private static void refuseNewerVersion(ClusterState facts, MemberConfig config)
      throws StartFailure {
    ApiVersion own = versionOf(config);
    Optional<ApiVersion> reached =
        facts.version().flatMap(stored -> ApiVersion.of(stored.getClusterVersion()));
    if (reached.filter(version -> version.compareTo(own) > 0).isPresent()) {
      throw new StartFailure(
          "cluster cannot be downgraded: it has reached version %s, this member speaks %s"
              .formatted(reached.get(), own));
    }
  }

  private static ApiVersion versionOf(MemberConfig config) {
    return ApiVersion.of(config.reportedVersion()).orElseThrow();
  }

  private static LogIdentity logIdentity(DataDirectory directory) {
    StoreIdentity identity = directory.identity();
    return new LogIdentity(identity.clusterId(), identity.memberId(), identity.storeUuid());
  }

  private static StoreOptions storeOptions(DataDirectory directory, MemberConfig config) {
    return StoreOptions.defaults()
        .withNativeBudgetBytes(config.storage().engineMemoryBytes())
        .withNativeLibraryDirectory(directory.temporary());
  }

  /// Whose files these are.
  MemberId self() {
    return directory.identity().memberId();
  }

  /// Whether no process has run on these files before.
  boolean isFirstBoot() {
    return recovery.recovered().bootEpoch() == 1;
  }

  EntryId applied() {
    return new EntryId(store.appliedTerm(), store.appliedIndex());
  }

  /// Closes state and lock; the log is closed by the Raft node.
  @Override
  public void close() {
    store.close();
    close(directory);
  }

  private static void close(DataDirectory directory) {
    try {
      directory.close();
    } catch (IOException e) {
      // The lock goes with the process at the latest.
    }
  }
}
