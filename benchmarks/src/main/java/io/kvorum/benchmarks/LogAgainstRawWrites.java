package io.kvorum.benchmarks;

import com.google.protobuf.ByteString;
import io.kvorum.raft.Ballot;
import io.kvorum.raft.Entry;
import io.kvorum.raft.EntryId;
import io.kvorum.raft.EntryKind;
import io.kvorum.raft.HardState;
import io.kvorum.raft.Persist;
import io.kvorum.raft.SnapshotMarker;
import io.kvorum.raft.log.DirectoryFiles;
import io.kvorum.raft.log.LogIdentity;
import io.kvorum.raft.log.LogOptions;
import io.kvorum.raft.log.SegmentedLog;
import io.kvorum.raft.membership.Configuration;
import io.kvorum.raft.membership.MemberId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/// The log against the least it could cost: one write and one sync of the same bytes to a file that
/// is there already. Both take turns, so that the moods of the disk hit both; medians are compared.
///
/// Argument: the directory to work in, on the disk to be measured.
public final class LogAgainstRawWrites {
  private static final int[] BATCHES = {1, 8, 64, 512};
  private static final int PAYLOAD_BYTES = 256;
  private static final int ROUNDS = 400;
  private static final int WARM_UP = 100;
  private static final long RAW_BYTES = 64L << 20;

  private LogAgainstRawWrites() {}

  public static void main(String[] arguments) throws IOException {
    Path parent = Path.of(arguments.length > 0 ? arguments[0] : "target");
    Path directory = Files.createTempDirectory(Files.createDirectories(parent), "log-benchmark-");
    System.out.println(
        "| batch | log, median us | log, p99 us | raw, median us | raw, p99 us | log entries/s | raw/log |");
    System.out.println("|---|---|---|---|---|---|---|");
    for (int batch : BATCHES) {
      compare(batch, Files.createDirectory(directory.resolve("batch-" + batch)));
    }
  }

  private static void compare(int batch, Path directory) throws IOException {
    MemberId self = new MemberId(1);
    LogIdentity identity = new LogIdentity(1, self, new UUID(1, 2));
    LogOptions options = LogOptions.defaults(System::nanoTime);
    Configuration configuration = Configuration.ofVoters(List.of(self));
    Path logDirectory = Files.createDirectory(directory.resolve("log"));
    SegmentedLog.create(
        DirectoryFiles.at(logDirectory),
        identity,
        options,
        new SnapshotMarker(new EntryId(1, 1), configuration));
    long[] logNanos = new long[ROUNDS];
    long[] rawNanos = new long[ROUNDS];
    try (SegmentedLog log =
            SegmentedLog.open(DirectoryFiles.at(logDirectory), identity, options, 1).log();
        FileChannel raw = preallocated(directory.resolve("raw"))) {
      long next = 2;
      long position = 0;
      for (int round = -WARM_UP; round < ROUNDS; round++) {
        Persist command = command(next, batch);
        next += batch;
        ByteBuffer bytes = ByteBuffer.allocateDirect(batch * (PAYLOAD_BYTES + 24) + 64);
        if (position + bytes.remaining() > RAW_BYTES) {
          position = 0;
        }
        long start = System.nanoTime();
        log.append(List.of(command));
        long afterLog = System.nanoTime();
        write(raw, bytes, position);
        raw.force(false);
        long end = System.nanoTime();
        position += bytes.limit();
        if (round >= 0) {
          logNanos[round] = afterLog - start;
          rawNanos[round] = end - afterLog;
        }
      }
    }
    report(batch, logNanos, rawNanos);
  }

  private static Persist command(long first, int batch) {
    List<Entry> entries = new ArrayList<>();
    for (long index = first; index < first + batch; index++) {
      byte[] payload = new byte[PAYLOAD_BYTES];
      payload[0] = (byte) index;
      entries.add(new Entry(new EntryId(1, index), EntryKind.NORMAL, ByteString.copyFrom(payload)));
    }
    HardState state = new HardState(new Ballot(1, Optional.empty()), first - 1);
    return new Persist(first, Optional.of(state), entries, Optional.empty());
  }

  private static FileChannel preallocated(Path file) throws IOException {
    FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    ByteBuffer zeros = ByteBuffer.allocateDirect(1 << 20);
    for (long position = 0; position < RAW_BYTES; position += zeros.limit()) {
      write(channel, zeros.rewind(), position);
    }
    channel.force(true);
    return channel;
  }

  private static void write(FileChannel channel, ByteBuffer bytes, long position)
      throws IOException {
    long at = position;
    while (bytes.hasRemaining()) {
      at += channel.write(bytes, at);
    }
  }

  private static void report(int batch, long[] logNanos, long[] rawNanos) {
    Arrays.sort(logNanos);
    Arrays.sort(rawNanos);
    double logMedian = logNanos[ROUNDS / 2] / 1e3;
    double rawMedian = rawNanos[ROUNDS / 2] / 1e3;
    System.out.printf(
        "| %d | %.0f | %.0f | %.0f | %.0f | %.0f | %.2f |%n",
        batch,
        logMedian,
        logNanos[ROUNDS * 99 / 100] / 1e3,
        rawMedian,
        rawNanos[ROUNDS * 99 / 100] / 1e3,
        batch * 1e6 / logMedian,
        rawMedian / logMedian);
  }
}
