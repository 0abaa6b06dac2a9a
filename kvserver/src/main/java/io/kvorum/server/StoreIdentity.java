package io.kvorum.server;

import io.kvorum.raft.membership.MemberId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.zip.CRC32C;

/// Who a data directory belongs to: the content of its file `identity`.
///
/// ```
/// format=1
/// cluster-id=<hex>
/// member-id=<hex>
/// store-uuid=<uuid>
/// state=founding|member
/// crc32c=<hex of all bytes above>
/// ```
record StoreIdentity(long clusterId, MemberId memberId, UUID storeUuid, State state) {
  static final String FILE_NAME = "identity";
  static final int FORMAT = 1;

  private static final List<String> KEYS =
      List.of("format", "cluster-id", "member-id", "store-uuid", "state", "crc32c");

  /// Whether log and database are complete.
  enum State {
    /// Log and database are being made; nothing in them counts yet.
    FOUNDING("founding"),
    /// Both exist and hold acknowledged data.
    MEMBER("member");

    private final String word;

    State(String word) {
      this.word = word;
    }
  }

  StoreIdentity withState(State next) {
    return new StoreIdentity(clusterId, memberId, storeUuid, next);
  }

  /// Reads the file; empty if there is none.
  ///
  /// @throws StartFailure if it is damaged or of a newer format
  static Optional<StoreIdentity> read(Path file) throws IOException, StartFailure {
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    String text = Files.readString(file, StandardCharsets.UTF_8);
    refuseNewerFormat(file, text);
    List<String> values = values(text);
    if (values.size() != KEYS.size() || !values.getLast().equals(checksumOf(text))) {
      throw new StartFailure("identity file " + file + " is damaged");
    }
    try {
      return Optional.of(
          new StoreIdentity(
              Long.parseUnsignedLong(values.get(1), 16),
              new MemberId(Long.parseUnsignedLong(values.get(2), 16)),
              UUID.fromString(values.get(3)),
              values.get(4).equals(State.FOUNDING.word) ? State.FOUNDING : State.MEMBER));
    } catch (IllegalArgumentException e) {
      throw new StartFailure("identity file " + file + " is damaged", e);
    }
  }

  /// The format comes first and is judged before anything else, so that a newer version may change
  /// all that follows it.
  private static void refuseNewerFormat(Path file, String text) throws StartFailure {
    String first = text.lines().findFirst().orElse("");
    if (!first.startsWith("format=")) {
      throw new StartFailure("identity file " + file + " is damaged");
    }
    String format = first.substring("format=".length());
    if (!format.equals(Integer.toString(FORMAT))) {
      throw new StartFailure(
          "data directory has format " + format + ", this version reads format " + FORMAT);
    }
  }

  private static List<String> values(String text) {
    List<String> values = new ArrayList<>();
    int expected = 0;
    for (String line : text.lines().toList()) {
      if (expected == KEYS.size() || !line.startsWith(KEYS.get(expected) + "=")) {
        return List.of();
      }
      values.add(line.substring(KEYS.get(expected).length() + 1));
      expected++;
    }
    return values;
  }

  private static String checksumOf(String text) {
    int end = text.indexOf("crc32c=");
    CRC32C crc = new CRC32C();
    crc.update(text.substring(0, Math.max(end, 0)).getBytes(StandardCharsets.UTF_8));
    return Long.toHexString(crc.getValue());
  }

  String text() {
    String body =
        "format=%d\ncluster-id=%s\nmember-id=%s\nstore-uuid=%s\nstate=%s\n"
            .formatted(
                FORMAT, Long.toHexString(clusterId), memberId.toString(), storeUuid, state.word);
    return body + "crc32c=" + checksumOf(body + "crc32c=") + "\n";
  }

  /// Replaces the file in `directory` durably: written aside, synced, renamed, directory synced.
  void writeInto(Path directory) throws IOException {
    Path file = directory.resolve(FILE_NAME);
    Path aside = directory.resolve(FILE_NAME + ".tmp");
    try (FileChannel channel =
        FileChannel.open(
            aside,
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE,
            StandardOpenOption.TRUNCATE_EXISTING)) {
      ByteBuffer bytes = ByteBuffer.wrap(text().getBytes(StandardCharsets.UTF_8));
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(true);
    }
    Files.move(aside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    DataDirectory.syncDirectory(directory);
  }
}
