package io.kvorum.raft.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvorum.raft.log.DirectoryFiles;
import io.kvorum.raft.log.FaultyFiles;
import io.kvorum.raft.log.FaultyFiles.Operation;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.raft.peer.HandshakeRule.Known;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KnownPeersTest {
  private static final UUID OWNER = new UUID(0x10, 0x11);
  private static final PeerIdentity SECOND =
      new PeerIdentity(100, new MemberId(2), new UUID(0x20, 0x21), 5);
  private static final PeerIdentity SECOND_AGAIN =
      new PeerIdentity(100, new MemberId(2), new UUID(0x20, 0x21), 6);
  private static final PeerIdentity THIRD =
      new PeerIdentity(100, new MemberId(-3), new UUID(0x30, 0x31), 1);

  /// What replacing the file consists of.
  private static final List<Operation> CHANGES =
      List.of(
          Operation.CREATE,
          Operation.WRITE,
          Operation.FORCE,
          Operation.RENAME,
          Operation.FORCE_DIRECTORY);

  @TempDir Path directory;
  private DirectoryFiles files;
  private Path file;

  @BeforeEach
  void openDirectory() throws IOException {
    files = DirectoryFiles.at(directory);
    file = directory.resolve(KnownPeers.FILE);
  }

  @Test
  void noFile_opened_knowsNobody() throws IOException {
    KnownPeers peers = KnownPeers.open(files, OWNER);

    assertThat(peers.find(SECOND.member())).isEmpty();
  }

  @Test
  void peersRemembered_openedAgain_areKnownWithTheirLatestBoot() throws IOException {
    KnownPeers peers = KnownPeers.open(files, OWNER);
    peers.remember(SECOND);
    peers.remember(THIRD);
    peers.remember(SECOND_AGAIN);

    KnownPeers again = KnownPeers.open(files, OWNER);

    assertThat(again.find(SECOND.member())).contains(new Known(new UUID(0x20, 0x21), 6));
    assertThat(again.find(THIRD.member())).contains(new Known(new UUID(0x30, 0x31), 1));
  }

  @Test
  void onePeer_written_hasTheBytesOfFormat1() throws IOException {
    KnownPeers.open(files, OWNER).remember(SECOND);

    assertThat(HexFormat.of().formatHex(Files.readAllBytes(file)))
        .isEqualTo(
            "4b56525045455253" // KVRPEERS
                + "00000001" // format
                + "00000001" // count
                + "0000000000000010"
                + "0000000000000011" // owner
                + "0000000000000002" // member
                + "0000000000000020"
                + "0000000000000021" // store
                + "0000000000000005" // boot
                + "5a4a4c85"); // CRC32C
  }

  @Test
  void peerRemembered_powerFails_isKnownAllTheSame() throws IOException {
    for (int seed = 0; seed < 100; seed++) {
      FaultyFiles disk = new FaultyFiles();
      KnownPeers peers = KnownPeers.open(disk, OWNER);
      peers.remember(SECOND);
      peers.remember(SECOND_AGAIN);

      KnownPeers again = KnownPeers.open(disk.afterPowerLoss(new Random(seed)), OWNER);

      assertThat(again.find(SECOND.member()))
          .as("seed %d", seed)
          .contains(new Known(new UUID(0x20, 0x21), 6));
    }
  }

  @Test
  void powerFails_atEveryStep_leavesTheOldFileOrTheNew() throws IOException {
    boolean isCrashing = true;
    for (int step = 1; isCrashing; step++) {
      for (int seed = 0; seed < 20; seed++) {
        FaultyFiles disk = new FaultyFiles();
        KnownPeers peers = KnownPeers.open(disk, OWNER);
        peers.remember(SECOND);
        disk.crashAtStep(step);
        isCrashing = isRefused(() -> peers.remember(SECOND_AGAIN));

        KnownPeers again = KnownPeers.open(disk.afterPowerLoss(new Random(seed)), OWNER);

        assertThat(again.find(SECOND.member()))
            .as("step %d, seed %d", step, seed)
            .get()
            .extracting(Known::bootEpoch)
            .isIn(isCrashing ? List.of(5L, 6L) : List.of(6L));
      }
    }
  }

  private static boolean isRefused(ThrowingCallable action) {
    try {
      action.call();
      return false;
    } catch (IOException _) {
      return true;
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void samePeer_rememberedAgain_writesNothing() throws IOException {
    FaultyFiles disk = new FaultyFiles();
    KnownPeers peers = KnownPeers.open(disk, OWNER);
    peers.remember(SECOND);
    disk.setHook(
        (operation, name) -> {
          throw new IOException("%s of %s is not needed".formatted(operation, name));
        });

    peers.remember(SECOND);

    assertThat(peers.find(SECOND.member())).isPresent();
  }

  @Test
  void everyOperation_fails_nothingMoreIsRemembered() throws IOException {
    for (Operation failing : CHANGES) {
      FaultyFiles disk = new FaultyFiles();
      KnownPeers peers = KnownPeers.open(disk, OWNER);
      peers.remember(SECOND);
      disk.setHook(
          (operation, _) -> {
            if (operation == failing) {
              throw new IOException("the disk fails to " + operation);
            }
          });

      assertThatThrownBy(() -> peers.remember(SECOND_AGAIN)).hasMessageContaining("disk fails");
      disk.setHook((_, _) -> {});
      assertThatThrownBy(() -> peers.remember(SECOND_AGAIN)).hasMessageContaining("earlier write");
    }
  }

  @Test
  void everyByte_flipped_isRefused() throws IOException {
    KnownPeers peers = KnownPeers.open(files, OWNER);
    peers.remember(SECOND);
    peers.remember(THIRD);
    byte[] good = Files.readAllBytes(file);

    for (int i = 0; i < good.length; i++) {
      byte[] bad = good.clone();
      bad[i] ^= 0x04;
      Files.write(file, bad);

      assertThatThrownBy(() -> KnownPeers.open(files, OWNER))
          .as("byte %d", i)
          .isInstanceOf(UnusableKnownPeersException.class)
          .hasMessageContaining("known-peers is damaged");
    }
  }

  @Test
  void everyLength_cut_isRefused() throws IOException {
    KnownPeers.open(files, OWNER).remember(SECOND);
    byte[] good = Files.readAllBytes(file);

    for (int length = 0; length < good.length; length++) {
      Files.write(file, Arrays.copyOf(good, length));

      assertThatThrownBy(() -> KnownPeers.open(files, OWNER))
          .as("%d bytes", length)
          .isInstanceOf(UnusableKnownPeersException.class);
    }
  }

  @Test
  void laterFormat_opened_isRefusedWithBothNumbers() throws IOException {
    KnownPeers.open(files, OWNER).remember(SECOND);
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file));
    CRC32C crc = new CRC32C();
    crc.update(bytes.putInt(8, 2).slice(0, bytes.limit() - 4));
    Files.write(file, bytes.putInt(bytes.limit() - 4, (int) crc.getValue()).array());

    assertThatThrownBy(() -> KnownPeers.open(files, OWNER))
        .isInstanceOf(UnusableKnownPeersException.class)
        .hasMessageContaining("format 2")
        .hasMessageContaining("format 1");
  }

  @Test
  void fileOfAnotherStore_opened_isRefused() throws IOException {
    KnownPeers.open(files, OWNER).remember(SECOND);

    assertThatThrownBy(() -> KnownPeers.open(files, new UUID(0x77, 0x78)))
        .isInstanceOf(UnusableKnownPeersException.class)
        .hasMessageContaining("belongs to the store");
  }

  @Test
  void temporaryFileLeftBehind_peerRemembered_isReplaced() throws IOException {
    Files.writeString(directory.resolve("known-peers.tmp"), "half");

    KnownPeers.open(files, OWNER).remember(SECOND);

    assertThat(KnownPeers.open(files, OWNER).find(SECOND.member())).isPresent();
  }
}
