package io.kvorum.testkit.badinput;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.kvorum.testkit.ServerProcess;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.DBOptions;
import org.rocksdb.FlushOptions;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;

/// Data directories a member cannot use: it says why in one line, ends with status 1, and changes
/// nothing: once the reason is gone, everything is there.
///
/// Permission bits do not bind a superuser, so what cannot be read here is something else than the
/// file or folder it should be.
class BadDataDirectoryTest {
  private static final int KEYS = 20;

  @TempDir private Path directory;

  @Test
  void dataDirectory_usedByAnotherServer_isRefusedWithoutHarm() throws Exception {
    try (ServerProcess first = ServerProcess.kvorum(directory);
        TestClient client = TestClient.of(first)) {
      long _ = client.put("before", "1");

      String log = refusedStart();

      assertThat(log)
          .startsWith("server ended with status 1:")
          .contains("data directory is in use by another process: cannot lock")
          .contains("member/LOCK");
      long _ = client.put("after", "2");
      assertThat(client.get("before").getCount()).isEqualTo(1);
      first.kill();
    }
    try (ServerProcess next = ServerProcess.kvorum(directory);
        TestClient client = TestClient.of(next)) {
      assertThat(client.get("before").getCount()).isEqualTo(1);
      assertThat(client.get("after").getCount()).isEqualTo(1);
    }
  }

  @Test
  void partsOfTheDirectory_ofAnotherKindOrNewer_areRefusedAndKept() throws Exception {
    long revision = found();
    Path data = directory.resolve("default.etcd");
    Path member = data.resolve("member");
    Path segment = firstSegment(member.resolve("wal"));

    for (Bad bad :
        List.of(
            bad(data, Bad::file, "is not a directory"),
            bad(member, Bad::file, "cannot use data directory"),
            bad(member.resolve("identity"), Bad::file, "is damaged"),
            bad(member.resolve("identity"), Bad::nothing, "no identity file"),
            bad(
                member.resolve("identity"),
                BadDataDirectoryTest::newerIdentity,
                "data directory has format 2, this version reads format 1"),
            bad(member.resolve("wal"), Bad::file, "member/wal is not a directory"),
            bad(member.resolve("wal"), Bad::nothing, "data directory is incomplete"),
            bad(segment, Bad::folder, "cannot use data directory"),
            bad(segment, Bad::file, "log is damaged"),
            bad(
                segment,
                BadDataDirectoryTest::newerSegment,
                "has format 2, this version reads formats up to 1"),
            bad(member.resolve("db"), Bad::file, "member/db is not a directory"),
            bad(member.resolve("db").resolve("CURRENT"), Bad::file, "CURRENT"))) {
      bad.put();
      assertThat(refusedStart())
          .as(bad.toString())
          .startsWith("server ended with status 1:")
          .contains(bad.text())
          .doesNotContain("Exception in thread");
      bad.remove();
      Files.delete(directory.resolve("server.log"));
    }

    verify(revision);
  }

  @Test
  void databaseOfANewerFormat_opened_isRefusedAndKept() throws Exception {
    long revision = found();
    Path database = directory.resolve("default.etcd").resolve("member").resolve("db");

    byte[] state = exchange(database, "state", record -> record.put(0, (byte) 2));
    assertThat(refusedStart())
        .startsWith("server ended with status 1:")
        .contains("has format 2, this version knows 1");
    Files.delete(directory.resolve("server.log"));
    byte[] _ = exchange(database, "state", record -> record.put(0, state));
    byte[] members = exchange(database, "membership", record -> record.put(1, (byte) 2));
    assertThat(refusedStart())
        .startsWith("server ended with status 1:")
        .contains("stored membership has format 2, this program knows 1");
    byte[] _ = exchange(database, "membership", record -> record.put(0, members));

    verify(revision);
  }

  @Test
  void logDirectory_thatIsAFile_isRefused() throws Exception {
    Path file = Files.writeString(directory.resolve("not-a-folder"), "text");

    assertThat(refusedStart("--wal-dir=" + file))
        .startsWith("server ended with status 1:")
        .contains("not-a-folder is not a directory");
    assertThat(file).hasContent("text");
  }

  /// Something at `path` that should not be there.
  ///
  /// @param text what the refusal must say
  /// @param aside where the right one waits meanwhile
  private record Bad(Path path, Path aside, Maker maker, String text) {
    private interface Maker {
      /// Makes `bad` in the place of `good`, which has been moved away.
      void make(Path bad, Path good) throws IOException;
    }

    void put() throws IOException {
      Files.move(path, aside);
      maker.make(path, aside);
    }

    void remove() throws IOException {
      Files.deleteIfExists(path);
      Files.move(aside, path);
    }

    static void file(Path bad, Path good) throws IOException {
      Files.writeString(bad, "neither this nor that");
    }

    static void folder(Path bad, Path good) throws IOException {
      Files.createDirectory(bad);
    }

    static void nothing(Path bad, Path good) {}

    @Override
    public String toString() {
      return path.getFileName() + " that is refused with: " + text;
    }
  }

  private Bad bad(Path path, Bad.Maker maker, String text) {
    return new Bad(path, directory.resolve("aside"), maker, text);
  }

  private static void newerIdentity(Path bad, Path good) throws IOException {
    Files.writeString(bad, Files.readString(good).replace("format=1", "format=2"), UTF_8);
  }

  private static void newerSegment(Path bad, Path good) throws IOException {
    Files.copy(good, bad);
    try (RandomAccessFile segment = new RandomAccessFile(bad.toFile(), "rw")) {
      segment.seek(8);
      segment.writeInt(2);
    }
  }

  private static Path firstSegment(Path log) throws IOException {
    try (Stream<Path> files = Files.list(log)) {
      return files.filter(file -> file.toString().endsWith(".segment")).sorted().findFirst().get();
    }
  }

  /// Changes one record of the family `meta` and returns what it was.
  private static byte[] exchange(
      Path database, String key, java.util.function.Consumer<ByteBuffer> change)
      throws RocksDBException {
    RocksDB.loadLibrary();
    List<ColumnFamilyDescriptor> families = new ArrayList<>();
    int meta = 0;
    try (Options options = new Options()) {
      for (byte[] name : RocksDB.listColumnFamilies(options, database.toString())) {
        if (new String(name, UTF_8).equals("meta")) {
          meta = families.size();
        }
        families.add(new ColumnFamilyDescriptor(name));
      }
    }
    List<ColumnFamilyHandle> handles = new ArrayList<>();
    try (DBOptions options = new DBOptions();
        FlushOptions flush = new FlushOptions();
        RocksDB db = RocksDB.open(options, database.toString(), families, handles)) {
      byte[] before = db.get(handles.get(meta), key.getBytes(UTF_8));
      byte[] after = before.clone();
      change.accept(ByteBuffer.wrap(after));
      db.put(handles.get(meta), key.getBytes(UTF_8), after);
      db.flush(flush, handles);
      handles.forEach(ColumnFamilyHandle::close);
      return before;
    }
  }

  /// Makes a directory with some data in it and returns its newest revision.
  private long found() throws IOException {
    try (ServerProcess server = ServerProcess.kvorum(directory);
        TestClient client = TestClient.of(server)) {
      long revision = 0;
      for (int i = 0; i < KEYS; i++) {
        revision = client.put("key/" + i, "value " + i);
      }
      int _ = server.terminate();
      Files.delete(server.output());
      return revision;
    }
  }

  private void verify(long revision) throws IOException {
    try (ServerProcess server = ServerProcess.kvorum(directory);
        TestClient client = TestClient.of(server)) {
      for (int i = 0; i < KEYS; i++) {
        assertThat(client.get("key/" + i).getKvs(0).getValue().toStringUtf8())
            .isEqualTo("value " + i);
      }
      assertThat(client.put("one more", "write")).isEqualTo(revision + 1);
    }
  }

  /// Starts a server that must not start, and returns its status and what it said.
  private String refusedStart(String... flags) {
    IOException refusal =
        catchThrowableOfType(
            IOException.class,
            () -> {
              try (ServerProcess server = ServerProcess.kvorum(directory, flags)) {
                assertThat(server.isAlive()).as("a server that should have refused").isFalse();
              }
            });
    assertThat(refusal).as("a refusal").isNotNull();
    return String.valueOf(refusal.getMessage());
  }
}
