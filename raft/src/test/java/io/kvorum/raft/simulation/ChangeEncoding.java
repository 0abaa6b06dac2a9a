package io.kvorum.raft.simulation;

import com.google.protobuf.ByteString;
import io.kvorum.raft.membership.ConfigChange;
import io.kvorum.raft.membership.ConfigChange.Alter;
import io.kvorum.raft.membership.ConfigChange.LeaveJoint;
import io.kvorum.raft.membership.ConfigChange.Step;
import io.kvorum.raft.membership.ConfigChange.Transition;
import io.kvorum.raft.membership.ConfigChanger;
import io.kvorum.raft.membership.Configuration;
import io.kvorum.raft.membership.MemberId;
import java.util.ArrayList;
import java.util.List;

/// Membership changes as payloads: nothing for leaving, else the transition and two bytes per step.
final class ChangeEncoding {
  private static final byte ADD_VOTER = 1;
  private static final byte ADD_LEARNER = 2;
  private static final byte REMOVE = 3;

  private ChangeEncoding() {}

  static ByteString encode(ConfigChange change) {
    return switch (change) {
      case LeaveJoint() -> ByteString.EMPTY;
      case Alter(var steps, var transition) -> {
        byte[] bytes = new byte[1 + 2 * steps.size()];
        bytes[0] =
            switch (transition) {
              case AUTOMATIC -> 0;
              case JOINT_AUTOMATIC -> 1;
              case JOINT_EXPLICIT -> 2;
            };
        for (int i = 0; i < steps.size(); i++) {
          bytes[1 + 2 * i] =
              switch (steps.get(i)) {
                case Step.AddVoter _ -> ADD_VOTER;
                case Step.AddLearner _ -> ADD_LEARNER;
                case Step.Remove _ -> REMOVE;
              };
          bytes[2 + 2 * i] = (byte) steps.get(i).member().value();
        }
        yield ByteString.copyFrom(bytes);
      }
    };
  }

  static ConfigChange decode(ByteString payload) {
    if (payload.isEmpty()) {
      return new LeaveJoint();
    }
    List<Step> steps = new ArrayList<>();
    for (int at = 1; at < payload.size(); at += 2) {
      MemberId member = new MemberId(payload.byteAt(at + 1));
      steps.add(
          switch (payload.byteAt(at)) {
            case ADD_VOTER -> new Step.AddVoter(member);
            case ADD_LEARNER -> new Step.AddLearner(member);
            default -> new Step.Remove(member);
          });
    }
    Transition transition =
        switch (payload.byteAt(0)) {
          case 0 -> Transition.AUTOMATIC;
          case 1 -> Transition.JOINT_AUTOMATIC;
          default -> Transition.JOINT_EXPLICIT;
        };
    return new Alter(steps, transition);
  }

  /// The configuration after the change, or the same one if the change is illegal there.
  static Configuration applyTo(Configuration configuration, ConfigChange change) {
    return switch (ConfigChanger.apply(configuration, change)) {
      case ConfigChanger.Outcome.Changed(var next) -> next;
      case ConfigChanger.Outcome.Illegal _ -> configuration;
    };
  }
}
