package io.kvorum.server.cluster;

import com.google.protobuf.ByteString;
import io.kvorum.proto.command.MemberChange;
import io.kvorum.raft.membership.ConfigChange;
import io.kvorum.raft.membership.ConfigChange.Step;
import io.kvorum.raft.membership.ConfigChange.Transition;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.server.command.CommandCodec;
import java.util.List;

/// What the log's membership changes mean to Raft.
public final class MemberChanges {
  private MemberChanges() {}

  /// The change of the configuration that an entry's payload asks for: one member at a time, so it
  /// takes effect directly (raft.md M4).
  public static ConfigChange decode(ByteString payload) {
    MemberChange change = CommandCodec.decode(payload).getMemberChange();
    Step step =
        switch (change.getChangeCase()) {
          case ADDED -> {
            MemberId member = new MemberId(change.getAdded().getId());
            yield change.getAdded().getLearner()
                ? new Step.AddLearner(member)
                : new Step.AddVoter(member);
          }
          case REMOVED -> new Step.Remove(new MemberId(change.getRemoved()));
          case PROMOTED -> new Step.AddVoter(new MemberId(change.getPromoted()));
          case CHANGE_NOT_SET -> throw new IllegalArgumentException("a change says nothing");
        };
    return new ConfigChange.Alter(List.of(step), Transition.AUTOMATIC);
  }
}
