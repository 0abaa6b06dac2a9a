package io.kvorum.raft.scenario;

import io.kvorum.raft.CoreProbe;
import io.kvorum.raft.EntryId;
import io.kvorum.raft.EntryKind;
import io.kvorum.raft.PeerProgress;
import io.kvorum.raft.Ready.ReadVerdict;
import io.kvorum.raft.RoleKind;
import io.kvorum.raft.membership.Configuration;
import io.kvorum.raft.membership.MemberId;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/// What `expect` can state of a world. A fact is brought to the words that the world would use for
/// it, and compared as text, so that a failure shows both.
final class Facts {
  private final World world;

  Facts(World world) {
    this.world = world;
  }

  boolean holds(Words fact) {
    return difference(fact).isEmpty();
  }

  /// Says how the world differs from the fact, if it does.
  Optional<String> difference(Words fact) {
    String expected = expected(fact);
    String actual = actual(fact);
    return expected.equals(actual)
        ? Optional.empty()
        : Optional.of("expected " + fact + ", but it is: " + actual);
  }

  private static String expected(Words fact) {
    return switch (fact.at(0)) {
      case "leader" -> fact.at(1) + fact.named("term").map(term -> " term=" + term).orElse("");
      case "log" -> joined(fact.entriesFrom(2));
      case "state", "config" -> fact.textFrom(3);
      case "progress" -> sorted(fact.named());
      case "msg" -> fact.has("absent") ? "absent" : "there";
      case "verdict" -> fact.named("refused").orElse(fact.size() > 2 ? fact.at(2) : "none");
      case "fatal" -> "fatal";
      case "count" -> fact.at(3);
      case "sent" -> "at most " + fact.named("max").orElseThrow();
      case "readstate" -> fact.at(2);
      case "aborted" -> "aborted";
      case "pending" -> "pending";
      default -> fact.at(2);
    };
  }

  private String actual(Words fact) {
    return switch (fact.at(0)) {
      case "leader" -> leader(fact);
      case "verdict" ->
          world
              .tokens
              .refusal(fact.at(1))
              .map(why -> why.name().toLowerCase(Locale.ROOT))
              .orElse("none");
      case "readstate", "aborted", "pending" -> read(fact.at(1));
      case "msg" -> message(fact);
      case "fatal" -> fatal(fact);
      case "count" -> String.valueOf(count(fact));
      case "sent" -> sent(fact);
      default -> ofMember(fact, world.member(fact.member(1)));
    };
  }

  /// The member that leads the highest term anybody leads.
  private String leader(Words fact) {
    return world.members.values().stream()
        .filter(ScriptedMember::isLeader)
        .max((a, b) -> Long.compare(a.role().term(), b.role().term()))
        .map(
            leader ->
                (fact.at(1).equals("any") ? "any" : leader.id)
                    + (fact.named("term").isEmpty() ? "" : " term=" + leader.role().term()))
        .orElse("none");
  }

  private String read(String name) {
    return switch (world.tokens.read(name).orElse(null)) {
      case null -> "pending";
      case ReadVerdict.Confirmed(_, var index) -> String.valueOf(index);
      case ReadVerdict.Aborted _ -> "aborted";
    };
  }

  private String message(Words fact) {
    boolean isThere =
        world.network.queue(fact.link(1)).stream()
            .anyMatch(each -> MessageForm.matches(each, fact.at(2), fact.named()));
    return isThere
        ? "there"
        : fact.has("absent")
            ? "absent"
            : world.network.queue(fact.link(1)).stream()
                .map(each -> MessageForm.kind(each) + MessageForm.parts(each))
                .collect(Collectors.joining(", ", "only ", ""));
  }

  /// How many messages that fit are under way.
  private long count(Words fact) {
    return world.network.queue(fact.link(1)).stream()
        .filter(each -> MessageForm.matches(each, fact.at(2), fact.named()))
        .count();
  }

  /// How many messages of a kind were sent since the story began, lost ones included.
  private String sent(Words fact) {
    long count = world.network.sentOf(fact.link(1), fact.at(2));
    return count <= fact.named("max", 0) ? "at most " + fact.named("max", 0) : count + " sent";
  }

  private String fatal(Words fact) {
    String why = world.member(fact.member(1)).fatal;
    if (why == null) {
      return "running";
    }
    return fact.size() == 2 || why.contains(fact.textFrom(2)) ? "fatal" : why;
  }

  private String ofMember(Words fact, ScriptedMember member) {
    return switch (fact.at(0)) {
      case "role" -> role(member.role().role());
      case "term" -> String.valueOf(member.role().term());
      case "vote" -> nameOf(CoreProbe.ballot(member.core()).vote());
      case "follows" -> nameOf(member.role().leader());
      case "commit" -> String.valueOf(member.core().commitIndex());
      case "applied" -> String.valueOf(member.core().appliedIndex());
      case "durable" -> String.valueOf(CoreProbe.durableIndex(member.core()));
      case "base" -> String.valueOf(CoreProbe.base(member.core()));
      case "last" -> String.valueOf(lastOf(member));
      case "log" -> joined(CoreProbe.ids(member.core()));
      case "state" -> state(member);
      case "config" -> config(member.configuration());
      case "progress" -> progress(fact, member);
      case "wanted" -> String.valueOf(member.snapshotsWanted.size());
      case "unapplied" -> String.valueOf(member.unapplied());
      case "unsynced" -> String.valueOf(member.unsynced());
      default -> throw new IllegalArgumentException("unknown fact: " + fact);
    };
  }

  private static EntryId lastOf(ScriptedMember member) {
    List<EntryId> ids = CoreProbe.ids(member.core());
    return ids.isEmpty() ? CoreProbe.base(member.core()) : ids.getLast();
  }

  private static String role(RoleKind role) {
    return role.name().toLowerCase(Locale.ROOT).replace("_", "");
  }

  private static String nameOf(Optional<MemberId> member) {
    return member.map(String::valueOf).orElse("nobody");
  }

  private static String joined(Collection<?> parts) {
    return parts.stream().map(String::valueOf).collect(Collectors.joining(" "));
  }

  /// The texts that the state machine has seen, without the entries of new leaders.
  private String state(ScriptedMember member) {
    return world.witness.appliedBy(member.id).values().stream()
        .filter(entry -> entry.kind() == EntryKind.NORMAL && !entry.payload().isEmpty())
        .map(entry -> entry.payload().toStringUtf8())
        .collect(Collectors.joining(" "));
  }

  private static String config(Configuration config) {
    StringBuilder text = new StringBuilder("(" + joined(config.voters()) + ")");
    if (config.isJoint()) {
      text.append("&&(").append(joined(config.outgoing())).append(")");
    }
    if (!config.learners().isEmpty()) {
      text.append(" learners=").append(joined(config.learners()).replace(' ', ','));
    }
    if (!config.learnersNext().isEmpty()) {
      text.append(" next=").append(joined(config.learnersNext()).replace(' ', ','));
    }
    return config.autoLeave() ? text + " auto" : text.toString();
  }

  /// Only the parts that the fact names.
  private static String progress(Words fact, ScriptedMember leader) {
    PeerProgress known = leader.core().progress().get(fact.member(2));
    if (known == null) {
      return "unknown";
    }
    Map<String, String> parts = new TreeMap<>();
    parts.put("mode", known.mode().name().toLowerCase(Locale.ROOT));
    parts.put("match", String.valueOf(known.matchIndex()));
    parts.put("next", String.valueOf(known.nextIndex()));
    parts.put("inflight", String.valueOf(known.inFlight()));
    parts.put("paused", known.isPaused() ? "yes" : "no");
    parts.put("active", known.isRecentlyActive() ? "yes" : "no");
    parts.keySet().retainAll(fact.named().keySet());
    return sorted(parts);
  }

  private static String sorted(Map<String, String> parts) {
    return new TreeMap<>(parts).toString();
  }
}
