package io.kvorum.server.apply;

import static io.kvorum.server.apply.Workbench.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.kvorum.invariant.InvariantViolation;
import io.kvorum.mvcc.ChangeSet;
import io.kvorum.proto.command.LogCommand;
import io.kvorum.proto.etcd.PutRequest;
import io.kvorum.raft.Entry;
import io.kvorum.raft.EntryId;
import io.kvorum.raft.EntryKind;
import io.kvorum.server.command.ApplyResult;
import io.kvorum.server.command.ProgramOutdated;
import io.kvorum.server.propose.ProposalFailure;
import io.kvorum.server.propose.Proposals;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AppliedBatchesTest {
  @TempDir Path directory;
  private Workbench bench;

  @BeforeEach
  void open() {
    bench = new Workbench(directory);
  }

  @AfterEach
  void close() {
    bench.close();
  }

  @Test
  void replayedEntries_handedOverAgain_areSkipped() {
    bench.put("a", "1");
    bench.put("a", "2");

    bench.batches.apply(List.copyOf(bench.log), bench.clock);

    assertThat(bench.store.head()).isEqualTo(3);
    assertThat(bench.batches.applied()).isEqualTo(new EntryId(3, 2));
  }

  @Test
  void restart_replayFromTheStoresIndex_appliesOnlyWhatIsNew() {
    bench.put("a", "1");
    List<Entry> log = new ArrayList<>(bench.log);
    bench.propose(put("b"));
    log.add(bench.log.getLast());
    bench.close();
    bench = new Workbench(directory);

    bench.batches.apply(log, bench.clock);

    assertThat(bench.keys()).containsExactly("a", "b");
    assertThat(bench.store.head()).isEqualTo(3);
  }

  @Test
  void entryMissing_handedOver_stopsTheMember() {
    Entry third = new Entry(new EntryId(3, 3), EntryKind.NORMAL, ByteString.EMPTY);

    assertThatThrownBy(() -> bench.batches.apply(List.of(third), bench.clock))
        .isInstanceOf(InvariantViolation.class)
        .hasMessageContaining("follows");
  }

  @Test
  void commandOfANewerProgram_handedOver_stopsTheMember() {
    ByteString unknown = LogCommand.newBuilder().setVersion(1).build().toByteString();
    Entry entry = new Entry(new EntryId(3, 1), EntryKind.NORMAL, unknown);

    assertThatThrownBy(() -> bench.batches.apply(List.of(entry), bench.clock))
        .isInstanceOf(ProgramOutdated.class)
        .hasMessageContaining("does not know");
  }

  @Test
  void leadersEmptyEntry_applied_movesTheIndexOnly() {
    bench.append(ByteString.EMPTY);

    bench.applyAll();

    assertThat(bench.store.appliedIndex()).isEqualTo(1);
    assertThat(bench.store.head()).isEqualTo(1);
    assertThat(bench.appliedIndex.get()).isEqualTo(1);
  }

  /// Read-your-writes (api.md §3): an answered write is visible to every reader of this member, and
  /// its events are published.
  @Test
  void answer_given_everythingElseIsPublished() {
    List<String> seen = new ArrayList<>();
    bench.proposals.submit(
        put("a"),
        bench.loop,
        new Proposals.Callback() {
          @Override
          public void applied(ApplyResult result) {
            seen.add(
                "revision " + bench.store.head() + ", " + bench.changes.size() + " change sets");
            seen.add("applied " + bench.appliedIndex.get());
          }

          @Override
          public void failed(ProposalFailure failure) {
            seen.add(failure.toString());
          }
        });

    bench.applyAll();

    assertThat(seen).containsExactly("revision 2, 1 change sets", "applied 1");
  }

  @Test
  void commandsOfOneBatch_publishTheirChangesInRevisionOrder() {
    bench.propose(put("a"));
    bench.propose(put("b"));
    bench.propose(put("c"));

    bench.applyAll();

    assertThat(bench.changes).extracting(ChangeSet::revision).containsExactly(2L, 3L, 4L);
  }

  private static LogCommand.Builder put(String key) {
    return LogCommand.newBuilder().setPut(PutRequest.newBuilder().setKey(bytes(key)));
  }
}
