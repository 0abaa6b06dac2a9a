package io.kvorum.raft.peer;

import io.kvorum.raft.log.LogFile;
import io.kvorum.raft.log.LogFiles;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.raft.peer.HandshakeRule.Known;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/// The store and the highest boot epoch of every member that ever connected, in one file.
///
/// ```
/// magic KVRPEERS 8 | format 4: 1 | count 4 | store uuid of the owner 16
/// per member, ascending: member id 8 | store uuid 16 | boot epoch 8
/// CRC32C of everything before 4
/// ```
///
/// The file is replaced as a whole: written under another name, synced, renamed, its directory
/// synced. After a failed write nothing more is remembered, because what the disk holds is not
/// known any more (the member stops). Used by one thread at a time: the thread `peer-files`.
public final class KnownPeers {
  /// More members than any cluster ever has, removed ones included: bounds what a stream of
  /// invented member ids can make a member remember.
  static final int MAX_MEMBERS = 4096;

  static final String FILE = "known-peers";
  private static final String TEMPORARY = FILE + ".tmp";
  private static final long MAGIC = 0x4b56525045455253L; // KVRPEERS
  private static final int FORMAT = 1;
  private static final int HEAD_BYTES = 32;
  private static final int MEMBER_BYTES = 32;
  private static final int CRC_BYTES = 4;

  private final LogFiles files;
  private final UUID owner;
  private final Map<MemberId, Known> members = new TreeMap<>();
  private @Nullable IOException failure;

  private KnownPeers(LogFiles files, UUID owner) {
    this.files = files;
    this.owner = owner;
  }

  /// Reads the file; where there is none yet, nobody is known.
  ///
  /// @param owner the store uuid of this member
  /// @throws UnusableKnownPeersException if the file is damaged, of a later format, or another
  ///   member's
  public static KnownPeers open(LogFiles files, UUID owner) throws IOException {
    KnownPeers peers = new KnownPeers(files, owner);
    if (files.list().contains(FILE)) {
      peers.read();
    }
    return peers;
  }

  Optional<Known> find(MemberId member) {
    return Optional.ofNullable(members.get(member));
  }

  /// Whether another member can be remembered besides those known.
  boolean hasRoomFor(MemberId member) {
    return members.containsKey(member) || members.size() < MAX_MEMBERS;
  }

  /// Remembers an accepted peer. Durable when this returns.
  void remember(PeerIdentity peer) throws IOException {
    if (failure != null) {
      throw new IOException("an earlier write of " + FILE + " failed", failure);
    }
    Known seen = new Known(peer.storeUuid(), peer.bootEpoch());
    if (seen.equals(members.put(peer.member(), seen))) {
      return;
    }
    try {
      write();
    } catch (IOException e) {
      failure = e;
      throw e;
    }
  }

  private void write() throws IOException {
    ByteBuffer bytes =
        ByteBuffer.allocate(HEAD_BYTES + members.size() * MEMBER_BYTES + CRC_BYTES)
            .putLong(MAGIC)
            .putInt(FORMAT)
            .putInt(members.size());
    putUuid(bytes, owner);
    for (Map.Entry<MemberId, Known> member : members.entrySet()) {
      bytes.putLong(member.getKey().value());
      putUuid(bytes, member.getValue().storeUuid());
      bytes.putLong(member.getValue().bootEpoch());
    }
    bytes.putInt(crcBefore(bytes)).flip();
    if (files.list().contains(TEMPORARY)) {
      files.delete(TEMPORARY);
    }
    try (LogFile file = files.create(TEMPORARY)) {
      file.writeFully(bytes, 0);
      file.forceAll();
    }
    files.rename(TEMPORARY, FILE);
    files.forceDirectory();
  }

  private void read() throws IOException {
    ByteBuffer bytes;
    try (LogFile file = files.openToRead(FILE)) {
      long size = file.size();
      if (size < HEAD_BYTES + CRC_BYTES
          || size > HEAD_BYTES + (long) MAX_MEMBERS * MEMBER_BYTES + CRC_BYTES) {
        throw damaged("it has " + size + " bytes");
      }
      bytes = ByteBuffer.allocate((int) size);
      file.readFully(bytes, 0);
    }
    bytes.position(bytes.limit() - CRC_BYTES);
    int expected = crcBefore(bytes);
    if (bytes.getInt() != expected || bytes.rewind().getLong() != MAGIC) {
      throw damaged("its checksum does not match");
    }
    int format = bytes.getInt();
    if (format != FORMAT) {
      throw new UnusableKnownPeersException(
          "%s has format %d, this program reads format %d".formatted(FILE, format, FORMAT));
    }
    int count = bytes.getInt();
    UUID writer = getUuid(bytes);
    if (!writer.equals(owner)) {
      throw new UnusableKnownPeersException(
          "%s belongs to the store %s, not to %s".formatted(FILE, writer, owner));
    }
    if (bytes.remaining() != (long) count * MEMBER_BYTES + CRC_BYTES) {
      throw damaged("it has " + bytes.limit() + " bytes for " + count + " members");
    }
    for (int i = 0; i < count; i++) {
      members.put(new MemberId(bytes.getLong()), new Known(getUuid(bytes), bytes.getLong()));
    }
  }

  private static UnusableKnownPeersException damaged(String what) {
    return new UnusableKnownPeersException(
        "%s is damaged: %s; remove this member and add it anew".formatted(FILE, what));
  }

  private static int crcBefore(ByteBuffer bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes.duplicate().flip());
    return (int) crc.getValue();
  }

  private static void putUuid(ByteBuffer bytes, UUID uuid) {
    bytes.putLong(uuid.getMostSignificantBits()).putLong(uuid.getLeastSignificantBits());
  }

  private static UUID getUuid(ByteBuffer bytes) {
    return new UUID(bytes.getLong(), bytes.getLong());
  }
}
