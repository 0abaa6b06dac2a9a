package io.kvorum.raft.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvorum.raft.log.DirectoryFiles;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.raft.peer.HandshakeRule.Known;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.UUID;
import java.util.zip.CRC32C;
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
  void newPeer_remembered_isForcedBeforeAndAfterTheRename() throws IOException {
    TracedFiles traced = TracedFiles.over(files, step -> true);

    KnownPeers.open(traced, OWNER).remember(SECOND);

    assertThat(traced.steps())
        .containsExactly(
            "create known-peers.tmp",
            "write known-peers.tmp",
            "force known-peers.tmp",
            "rename known-peers.tmp known-peers",
            "force directory");
  }

  @Test
  void samePeer_rememberedAgain_writesNothing() throws IOException {
    TracedFiles traced = TracedFiles.over(files, step -> true);
    KnownPeers peers = KnownPeers.open(traced, OWNER);
    peers.remember(SECOND);
    traced.steps().clear();

    peers.remember(SECOND);

    assertThat(traced.steps()).isEmpty();
  }

  @Test
  void everyStep_fails_leavesTheOldFileOrTheNewAndNothingMoreIsRemembered() throws IOException {
    for (String failing : new String[] {"create", "write", "force", "rename", "force directory"}) {
      KnownPeers.open(files, OWNER).remember(SECOND);
      KnownPeers peers =
          KnownPeers.open(TracedFiles.over(files, step -> !step.startsWith(failing)), OWNER);

      assertThatThrownBy(() -> peers.remember(SECOND_AGAIN)).isInstanceOf(IOException.class);
      assertThatThrownBy(() -> peers.remember(SECOND_AGAIN)).hasMessageContaining("earlier write");

      assertThat(KnownPeers.open(files, OWNER).find(SECOND.member()))
          .get()
          .extracting(Known::bootEpoch)
          .isIn(5L, 6L);
      Files.deleteIfExists(file);
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
