package io.kvorum.raft.driver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kvorum.raft.EntryId;
import io.kvorum.raft.SnapshotMarker;
import io.kvorum.raft.membership.ConfigChange;
import io.kvorum.raft.membership.ConfigChange.Step;
import io.kvorum.raft.membership.ConfigChange.Transition;
import io.kvorum.raft.membership.Configuration;
import io.kvorum.raft.membership.MemberId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;

/// Configurations, changes of them and snapshot markers as JSON.
final class ConfigurationJson {
  private ConfigurationJson() {}

  static List<MemberId> members(JsonNode ids) {
    List<MemberId> members = new ArrayList<>();
    ids.forEach(id -> members.add(new MemberId(id.asLong())));
    return members;
  }

  static Configuration read(JsonNode config) {
    return new Configuration(
        new TreeSet<>(members(config.path("voters"))),
        new TreeSet<>(members(config.path("outgoing"))),
        new TreeSet<>(members(config.path("learners"))),
        new TreeSet<>(members(config.path("learnersNext"))),
        config.path("autoLeave").asBoolean());
  }

  static void write(Configuration config, ObjectNode target) {
    put(target.putArray("voters"), config.voters());
    put(target.putArray("outgoing"), config.outgoing());
    put(target.putArray("learners"), config.learners());
    put(target.putArray("learnersNext"), config.learnersNext());
    target.put("autoLeave", config.autoLeave());
  }

  private static void put(ArrayNode target, Collection<MemberId> members) {
    members.forEach(member -> target.add(member.value()));
  }

  static SnapshotMarker readMarker(JsonNode snapshot) {
    return new SnapshotMarker(
        new EntryId(snapshot.path("term").asLong(), snapshot.path("index").asLong()),
        read(snapshot.path("config")));
  }

  static void write(SnapshotMarker marker, ObjectNode target) {
    target.put("term", marker.id().term());
    target.put("index", marker.id().index());
    write(marker.configuration(), target.putObject("config"));
  }

  /// A change as the data of its entry: `transition` and the changes, separated by spaces. None:
  /// the joint configuration is left.
  static String changeText(JsonNode request) {
    StringBuilder text = new StringBuilder();
    for (JsonNode change : request.path("changes")) {
      text.append(text.isEmpty() ? "" : " ").append(change.asText());
    }
    return text.isEmpty() ? "" : request.path("transition").asText("auto") + " " + text;
  }

  static ConfigChange change(String text) {
    if (text.isEmpty()) {
      return new ConfigChange.LeaveJoint();
    }
    String[] words = text.split(" ", -1);
    List<Step> steps = new ArrayList<>();
    for (String word : List.of(words).subList(1, words.length)) {
      MemberId member = new MemberId(Long.parseLong(word.substring(1)));
      steps.add(
          switch (word.charAt(0)) {
            case 'v' -> new Step.AddVoter(member);
            case 'l' -> new Step.AddLearner(member);
            case 'r' -> new Step.Remove(member);
            default -> throw new IllegalArgumentException("no change of a member: " + word);
          });
    }
    Transition transition =
        switch (words[0]) {
          case "auto" -> Transition.AUTOMATIC;
          case "implicit" -> Transition.JOINT_AUTOMATIC;
          case "explicit" -> Transition.JOINT_EXPLICIT;
          default -> throw new IllegalArgumentException("no transition: " + words[0]);
        };
    return new ConfigChange.Alter(steps, transition);
  }
}
