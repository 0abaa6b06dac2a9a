package io.kvorum.testkit.badinput;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.protobuf.ByteString;
import io.grpc.StatusRuntimeException;
import io.kvorum.testkit.ServerProcess;
import io.kvorum.testkit.SmallDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A disk without room, when a member starts and while it is written to: it says so and ends, and
/// what it had acknowledged is there when there is room again.
class FullDiskTest {
  private static final int STATUS_REFUSED = 1;
  private static final int STATUS_BROKEN_STORAGE = 74;
  private static final int VALUE_BYTES = 100_000;
  private static final int AMPLE_MIB = 600;

  @TempDir private Path directory;

  @BeforeEach
  void check() throws Exception {
    assumeTrue(
        SmallDisk.isAvailable(directory),
        "needs to mount a tmpfs: run as root with the capability SYS_ADMIN");
  }

  @Test
  void newDirectory_withoutRoom_isRefusedAndFoundedOnceThereIsSome() throws Exception {
    for (int mebibytes : new int[] {1, 10}) {
      try (SmallDisk disk = SmallDisk.mount(directory.resolve("disk" + mebibytes), mebibytes)) {
        assertThat(refusedStart(disk))
            .as("%d MiB", mebibytes)
            .startsWith("server ended with status " + STATUS_REFUSED + ":")
            .contains("No space left on device")
            .doesNotContain("Exception in thread");

        disk.resize(AMPLE_MIB);
        try (ServerProcess server = start(disk);
            TestClient client = TestClient.of(server)) {
          assertThat(client.put("first", "write")).isEqualTo(2);
        }
      }
    }
  }

  @Test
  void knownDirectory_withoutRoom_isRefusedAndKeepsAll() throws Exception {
    try (SmallDisk disk = SmallDisk.mount(directory.resolve("disk"), 300)) {
      int written;
      try (ServerProcess server = start(disk);
          TestClient client = TestClient.of(server)) {
        for (written = 0; written < 50; written++) {
          long _ = client.put("key/" + written, value(written));
        }
        int _ = server.terminate();
      }
      disk.fill();

      assertThat(refusedStart(disk))
          .startsWith("server ended with status " + STATUS_REFUSED + ":")
          .contains("No space left on device");

      disk.makeRoom();
      verify(disk, written);
    }
  }

  @Test
  void runningServer_whoseDiskFillsUp_stopsAndLosesNothingAcknowledged() throws Exception {
    try (SmallDisk disk = SmallDisk.mount(directory.resolve("disk"), 300)) {
      int written = 0;
      try (ServerProcess server = start(disk);
          TestClient client = TestClient.of(server)) {
        for (; written < 20; written++) {
          long _ = client.put("key/" + written, value(written));
        }
        disk.fill();
        written = writeUntilRefused(client, written);

        assertThat(server.awaitExit(Duration.ofSeconds(20))).isEqualTo(STATUS_BROKEN_STORAGE);
        assertThat(Files.readString(server.output()))
            .contains("storage failed, the member stops")
            .contains("No space left on device");
      }
      disk.makeRoom();
      verify(disk, written);
    }
  }

  private static int writeUntilRefused(TestClient client, int from) {
    int written = from;
    try {
      for (; written < 10_000; written++) {
        long _ = client.put("key/" + written, value(written));
      }
    } catch (StatusRuntimeException e) {
      return written;
    }
    throw new AssertionError("nothing was refused on a full disk");
  }

  /// Everything acknowledged is there, and more can be written.
  private void verify(SmallDisk disk, int written) throws IOException {
    try (ServerProcess server = start(disk);
        TestClient client = TestClient.of(server)) {
      for (int number = 0; number < written; number++) {
        assertThat(client.get("key/" + number).getKvsList())
            .as("key/%d of %d", number, written)
            .hasSize(1)
            .allSatisfy(pair -> assertThat(pair.getValue().size()).isEqualTo(VALUE_BYTES));
      }
      assertThat(client.put("more", "room")).isPositive();
    }
  }

  private static ByteString value(int number) {
    byte[] bytes = new byte[VALUE_BYTES];
    bytes[0] = (byte) number;
    return ByteString.copyFrom(bytes);
  }

  private ServerProcess start(SmallDisk disk) throws IOException {
    return ServerProcess.kvorum(directory, "--data-dir=" + disk.root().resolve("data"));
  }

  /// Starts a server that must not start, and returns its status and what it said.
  private String refusedStart(SmallDisk disk) throws IOException {
    IOException refusal =
        catchThrowableOfType(
            IOException.class,
            () -> {
              try (ServerProcess server = start(disk)) {
                assertThat(server.isAlive()).as("a server that should have refused").isFalse();
              }
            });
    assertThat(refusal).as("a refusal").isNotNull();
    Files.delete(directory.resolve("server.log"));
    return String.valueOf(refusal.getMessage());
  }
}
