package io.kvorum.raft.scenario;

import io.kvorum.raft.membership.ConfigChange;
import io.kvorum.raft.membership.ConfigChange.Step;
import io.kvorum.raft.membership.ConfigChange.Transition;
import io.kvorum.raft.membership.MemberId;
import java.util.ArrayList;
import java.util.List;

/// Membership changes as words: `+v4 -v1 +l5 joint=auto`, or `leave`. An empty text leaves too: it
/// is what a leader proposes by itself (raft.md M7).
final class ChangeText {
  private ChangeText() {}

  static ConfigChange parse(String text) {
    List<Step> steps = new ArrayList<>();
    Transition transition = Transition.AUTOMATIC;
    for (String word : text.isBlank() ? List.<String>of() : List.of(text.split(" ", -1))) {
      switch (word) {
        case "leave" -> {
          return new ConfigChange.LeaveJoint();
        }
        case "joint=auto", "auto" -> transition = Transition.JOINT_AUTOMATIC;
        case "joint=explicit", "explicit" -> transition = Transition.JOINT_EXPLICIT;
        default -> steps.add(step(word));
      }
    }
    return steps.isEmpty()
        ? new ConfigChange.LeaveJoint()
        : new ConfigChange.Alter(steps, transition);
  }

  private static Step step(String word) {
    MemberId member = new MemberId(Long.parseLong(word.substring(2)));
    return switch (word.substring(0, 2)) {
      case "+v" -> new Step.AddVoter(member);
      case "+l" -> new Step.AddLearner(member);
      case "-v", "-l" -> new Step.Remove(member);
      default -> throw new IllegalArgumentException("no step of a change: " + word);
    };
  }
}
