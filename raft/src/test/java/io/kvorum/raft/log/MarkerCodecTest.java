package io.kvorum.raft.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvorum.raft.EntryId;
import io.kvorum.raft.SnapshotMarker;
import io.kvorum.raft.log.LogRecord.MarkerMode;
import io.kvorum.raft.membership.Configuration;
import io.kvorum.raft.membership.MemberId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.NavigableSet;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/// Whatever configuration is in force at a snapshot's index comes back from the log as it was
/// (raft.md RC1, S2).
class MarkerCodecTest {
  private static final List<MarkerMode> MODES = List.of(MarkerMode.values());

  private final SplittableRandom random = new SplittableRandom(20_254);

  @Test
  void randomConfigurations_writtenAndRead_areTheSame() throws IOException {
    int joints = 0;
    for (int run = 0; run < 5_000; run++) {
      Configuration configuration = randomConfiguration();
      joints += configuration.isJoint() ? 1 : 0;
      SnapshotMarker marker =
          new SnapshotMarker(new EntryId(random.nextLong(1L << 40), run), configuration);
      MarkerMode mode = MODES.get(random.nextInt(MODES.size()));
      ByteBuffer bytes = ByteBuffer.allocate(RecordCodec.markerBytes(marker));

      RecordCodec.putMarker(bytes, marker, mode);

      assertThat(bytes.hasRemaining()).as("room for %s", configuration).isFalse();
      RecordReader reader = new RecordReader(bytes.flip(), "here");
      assertThat(reader.next()).isEqualTo(new LogRecord.Marker(marker, mode));
      assertThat(reader.hasNext()).isFalse();
    }
    assertThat(joints).isGreaterThan(1_000);
  }

  /// Every member is put into the part that a legal configuration lets it be in (M1).
  private Configuration randomConfiguration() {
    NavigableSet<MemberId> voters = new TreeSet<>();
    NavigableSet<MemberId> outgoing = new TreeSet<>();
    NavigableSet<MemberId> learners = new TreeSet<>();
    NavigableSet<MemberId> learnersNext = new TreeSet<>();
    boolean isJoint = random.nextBoolean();
    for (int count = random.nextInt(1, 8); count > 0; count--) {
      MemberId member = new MemberId(random.nextLong());
      switch (voters.isEmpty() ? 0 : random.nextInt(5)) {
        case 0 -> voters.add(member);
        case 1 -> learners.add(member);
        case 2 -> {
          voters.add(member);
          addIf(isJoint, outgoing, member);
        }
        case 3 -> addIf(isJoint, outgoing, member);
        default -> {
          addIf(isJoint, outgoing, member);
          addIf(isJoint, learnersNext, member);
        }
      }
    }
    boolean autoLeave = !outgoing.isEmpty() && random.nextBoolean();
    return new Configuration(voters, outgoing, learners, learnersNext, autoLeave);
  }

  private static void addIf(boolean isWanted, NavigableSet<MemberId> members, MemberId member) {
    if (isWanted) {
      members.add(member);
    }
  }
}
