package io.kvorum.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvorum.raft.membership.MemberId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// docs/decisions/0003-data-directory.md, and `raft.md` RC6, M12.
class DataDirectoryTest {
  private static final long CLUSTER = 0xbabc_9795_b64f_03e3L;
  private static final MemberId MEMBER = new MemberId(0x0628_170c_800d_bceeL);

  @TempDir Path parent;
  private Path root;

  @BeforeEach
  void nameRoot() {
    root = parent.resolve("default.etcd");
  }

  private DataDirectory open() throws StartFailure {
    return DataDirectory.open(root, Optional.empty(), () -> founder(CLUSTER, MEMBER));
  }

  private static Foundation founder(long cluster, MemberId member) {
    return new Foundation(cluster, member, List.of(), Foundation.Kind.FOUNDER);
  }

  private void found() throws StartFailure, IOException {
    try (DataDirectory directory = open()) {
      Files.createDirectories(directory.database());
      Files.writeString(directory.wal().resolve("segment"), "log");
      Files.writeString(directory.database().resolve("CURRENT"), "state");
      directory.founded();
    }
  }

  @Test
  void emptyPlace_opened_isFounding() throws Exception {
    try (DataDirectory directory = open()) {
      assertThat(directory.foundation()).isPresent();
      assertThat(directory.identity().memberId()).isEqualTo(MEMBER);
      assertThat(directory.identity().clusterId()).isEqualTo(CLUSTER);
    }
  }

  @Test
  void foundedDirectory_openedForOtherIds_keepsItsOwn() throws Exception {
    found();

    try (DataDirectory directory =
        DataDirectory.open(root, Optional.empty(), () -> founder(17, new MemberId(3)))) {
      assertThat(directory.foundation()).isEmpty();
      assertThat(directory.identity().memberId()).isEqualTo(MEMBER);
      assertThat(directory.identity().clusterId()).isEqualTo(CLUSTER);
    }
  }

  @Test
  void foundingCutShort_openedAgain_startsFromNothing() throws Exception {
    try (DataDirectory directory = open()) {
      Files.writeString(directory.wal().resolve("segment"), "half");
    }

    try (DataDirectory directory = open()) {
      assertThat(directory.foundation()).isPresent();
      assertThat(directory.wal()).isEmptyDirectory();
    }
  }

  @Test
  void logDirectoryThatIsAFile_founding_isRefusedAndTheFileStays() throws Exception {
    Path file = Files.writeString(parent.resolve("notes"), "somebody's text");

    assertThatThrownBy(
            () -> DataDirectory.open(root, Optional.of(file), () -> founder(CLUSTER, MEMBER)))
        .isInstanceOf(StartFailure.class)
        .hasMessageContaining(file + " is not a directory");
    assertThat(file).hasContent("somebody's text");
  }

  @Test
  void openDirectory_openedTwice_isRefused() throws Exception {
    try (DataDirectory first = open()) {
      assertThat(first.foundation()).isPresent();

      assertThatThrownBy(this::open)
          .isInstanceOf(StartFailure.class)
          .hasMessageContaining("in use by another process");
    }
  }

  @Test
  void newerFormat_opened_isRefusedWithBothNumbers() throws Exception {
    found();
    Path identity = root.resolve("member").resolve(StoreIdentity.FILE_NAME);
    Files.writeString(identity, "format=2\nanything=else\n");

    assertThatThrownBy(this::open)
        .isInstanceOf(StartFailure.class)
        .hasMessage("data directory has format 2, this version reads format 1");
  }

  @Test
  void identityWithFlippedBit_opened_isRefused() throws Exception {
    found();
    Path identity = root.resolve("member").resolve(StoreIdentity.FILE_NAME);
    Files.writeString(identity, Files.readString(identity).replace("bcee", "bcef"));

    assertThatThrownBy(this::open)
        .isInstanceOf(StartFailure.class)
        .hasMessageContaining("is damaged");
  }

  @Test
  void identityCutAtEveryByte_opened_isRefused() throws Exception {
    found();
    Path identity = root.resolve("member").resolve(StoreIdentity.FILE_NAME);
    String whole = Files.readString(identity);

    for (int length = 0; length < whole.length() - 1; length++) {
      Files.writeString(identity, whole.substring(0, length));
      assertThatThrownBy(this::open).as("cut at %d", length).isInstanceOf(StartFailure.class);
    }
  }

  @Test
  void lostLog_opened_isRefused() throws Exception {
    found();
    Files.delete(root.resolve("member").resolve("wal").resolve("segment"));

    assertThatThrownBy(this::open)
        .isInstanceOf(StartFailure.class)
        .hasMessageContaining("incomplete");
  }

  @Test
  void logWithoutIdentity_opened_isRefusedAndKept() throws Exception {
    found();
    Files.delete(root.resolve("member").resolve(StoreIdentity.FILE_NAME));

    assertThatThrownBy(this::open)
        .isInstanceOf(StartFailure.class)
        .hasMessageContaining("no identity file");
    assertThat(root.resolve("member").resolve("wal").resolve("segment")).exists();
  }

  @Test
  void fileInItsPlace_opened_isRefused() throws Exception {
    Files.writeString(root, "not a directory");

    assertThatThrownBy(this::open).isInstanceOf(StartFailure.class);
  }
}
