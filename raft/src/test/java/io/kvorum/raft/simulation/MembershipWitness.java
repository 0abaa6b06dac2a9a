package io.kvorum.raft.simulation;

import io.kvorum.raft.EntryId;
import io.kvorum.raft.membership.ConfigChange;
import io.kvorum.raft.membership.Configuration;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.raft.quorum.Quorum;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/// Every configuration that ever was in force (I15), and whether two that could decide something at
/// the same time would notice each other (I16).
final class MembershipWitness {
  private record Pair(Configuration first, Configuration second) {}

  private record Proposed(long index, ConfigChange change) {}

  private final World world;
  private final TreeMap<Long, Configuration> byIndex = new TreeMap<>();
  private final List<Proposed> proposed = new ArrayList<>();
  private final Map<Pair, Boolean> intersections = new HashMap<>();

  MembershipWitness(World world) {
    this.world = world;
    byIndex.put(1L, world.founders());
  }

  /// The newest configuration that anybody has applied.
  Configuration newest() {
    return byIndex.lastEntry().getValue();
  }

  /// A leader is to propose a change; this is where it goes if it is not refused.
  void proposed(long index, ConfigChange change) {
    proposed.add(new Proposed(index, change));
  }

  /// What the newest configuration may turn into next: by a change that sits in a core, a log, a
  /// write under way or a message, none of which was proposed before the newest was in force (M3).
  List<Configuration> possible() {
    List<Configuration> possible = new ArrayList<>();
    for (Proposed one : proposed) {
      if (one.index > byIndex.lastKey()) {
        possible.add(ChangeEncoding.applyTo(newest(), one.change));
      }
    }
    return possible;
  }

  /// A process has a configuration in force, as of what it has applied.
  void configured(MemberProcess process) {
    long index = process.state().appliedIndex();
    Configuration configuration = process.state().configuration();
    if (index == 0) {
      return;
    }
    Map.Entry<Long, Configuration> known = byIndex.floorEntry(index);
    if (known.getKey() == index || index < byIndex.lastKey()) {
      Violation.unless(
          known.getValue().equals(configuration),
          "I15",
          "%s has %s at %d, somebody else had %s",
          process,
          configuration,
          index,
          known.getValue());
    } else if (!known.getValue().equals(configuration)) {
      requireLegalStep(process, known.getValue(), configuration);
      byIndex.put(index, configuration);
      checkIntersections();
    }
  }

  private static void requireLegalStep(
      MemberProcess process, Configuration from, Configuration to) {
    boolean isLegal;
    if (from.isJoint()) {
      isLegal = !to.isJoint() && to.voters().equals(from.voters());
    } else if (to.isJoint()) {
      isLegal = to.outgoing().equals(from.voters());
    } else {
      Set<MemberId> moved = new HashSet<>(from.voters());
      moved.removeAll(to.voters());
      Set<MemberId> came = new HashSet<>(to.voters());
      came.removeAll(from.voters());
      isLegal = moved.size() + came.size() <= 1;
    }
    Violation.unless(isLegal, "I15", "%s goes from %s to %s", process, from, to);
  }

  /// I16, over all members that could be elected now: by their own configuration, with the votes of
  /// members whose logs are not newer.
  void checkIntersections() {
    List<Configuration> electable = new ArrayList<>();
    for (MemberProcess process : world.running()) {
      Configuration configuration = process.configuration();
      if (!electable.contains(configuration) && mayBeElected(process, configuration)) {
        electable.add(configuration);
      }
    }
    for (int i = 0; i < electable.size(); i++) {
      for (int j = i + 1; j < electable.size(); j++) {
        Configuration first = electable.get(i);
        Configuration second = electable.get(j);
        Violation.unless(
            intersections.computeIfAbsent(new Pair(first, second), this::intersects),
            "I16",
            "%s and %s could decide apart",
            first,
            second);
      }
    }
  }

  private boolean mayBeElected(MemberProcess process, Configuration configuration) {
    if (!configuration.isVoter(process.id()) || process.knowsOfUnappliedChange()) {
      return false;
    }
    EntryId last = process.issued.last();
    return Quorum.of(configuration)
        .isReachedBy(
            member ->
                !world.host(member).isLost
                    && world.host(member).durable.last().compareTo(last) <= 0);
  }

  /// Whether no set of members holds a quorum of the one while the rest holds one of the other.
  private boolean intersects(Pair pair) {
    NavigableSet<MemberId> all = new TreeSet<>(pair.first().members());
    all.addAll(pair.second().members());
    List<MemberId> members = List.copyOf(all);
    Quorum first = Quorum.of(pair.first());
    Quorum second = Quorum.of(pair.second());
    for (int set = 0; set < 1 << members.size(); set++) {
      int chosen = set;
      if (first.isReachedBy(member -> isIn(chosen, members, member))
          && second.isReachedBy(member -> !isIn(chosen, members, member))) {
        return false;
      }
    }
    return true;
  }

  private static boolean isIn(int set, List<MemberId> members, MemberId member) {
    return (set >>> members.indexOf(member) & 1) == 1;
  }
}
