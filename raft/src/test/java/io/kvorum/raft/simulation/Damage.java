package io.kvorum.raft.simulation;

import io.kvorum.raft.log.FaultyFiles;
import io.kvorum.raft.membership.Configuration;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.raft.quorum.Quorum;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// Losses that no member recovers from: never so many that a quorum is hurt.
final class Damage {
  private final World world;
  private final RandomGenerator random;

  Damage(World world, RandomGenerator random) {
    this.world = world;
    this.random = random;
  }

  /// Flips a bit in the log of a member that goes down for it.
  void flipBit() {
    Host host = victim();
    if (host == null) {
      return;
    }
    world.power().lose(host);
    host.isDamaged = true;
    try {
      List<String> segments = new ArrayList<>();
      for (String name : host.files.list()) {
        if (name.endsWith(".segment")) {
          segments.add(name);
        }
      }
      byte[] bytes = host.files.contents(segments.get(random.nextInt(segments.size())));
      bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /// Loses the directory of the log, and leaves that of the state machine.
  void wipe() {
    Host host = victim();
    if (host != null) {
      world.power().lose(host);
      host.isDamaged = true;
      host.files = new FaultyFiles();
    }
  }

  /// A host whose loss leaves a quorum of every configuration there is or is about to be.
  private @Nullable Host victim() {
    Host host = world.hosts().get(random.nextInt(world.hosts().size()));
    return host.process().isPresent() && !host.isDamaged && isDispensable(host.id) ? host : null;
  }

  private boolean isDispensable(MemberId candidate) {
    if (world.isChangeUnderWay()) {
      return false;
    }
    List<Configuration> configurations = new ArrayList<>();
    configurations.add(world.witnesses().memberships().newest());
    for (Host host : world.hosts()) {
      configurations.add(host.flushed.configuration());
    }
    for (Configuration configuration : configurations) {
      if (!configuration.isEmpty()
          && !Quorum.of(configuration)
              .isReachedBy(member -> !member.equals(candidate) && !world.host(member).isDamaged)) {
        return false;
      }
    }
    return true;
  }
}
