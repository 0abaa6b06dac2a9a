package io.kvorum.raft.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

/// A directory in memory that forgets like a disk: what was not forced survives a power loss sector
/// by sector or not at all, names that were not forced survive one by one, and on demand operations
/// fail, come up short, or stop the world.
///
/// An instance is one run of a process on the disk: it ends with [#crash] (by step, or by hand),
/// and [#afterKill] or [#afterPowerLoss] is what the next process finds.
public final class FaultyFiles implements LogFiles {
  static final int SECTOR_BYTES = 512;

  /// What is about to be done; a hook may throw to make it fail.
  public enum Operation {
    CREATE,
    WRITE,
    READ,
    FORCE,
    TRUNCATE,
    RENAME,
    DELETE,
    FORCE_DIRECTORY
  }

  /// Sees every operation before it happens.
  @FunctionalInterface
  public interface Hook {
    void before(Operation operation, String name) throws IOException;
  }

  /// Thrown by every operation from the crash on.
  public static final class Crashed extends IOException {
    Crashed() {
      super("the process has crashed");
    }
  }

  private final NavigableMap<String, Inode> names;
  private final NavigableMap<String, Inode> durableNames;
  private final List<NameChange> nameChanges = new ArrayList<>();
  private Hook hook = (_, _) -> {};
  private long steps;
  private long crashAtStep = Long.MAX_VALUE;
  private boolean crashed;
  private boolean isLocked;
  private int longestWrite = Integer.MAX_VALUE;
  private boolean losesForces;
  long usableBytes = Long.MAX_VALUE;

  public FaultyFiles() {
    this(new TreeMap<>(), new TreeMap<>());
  }

  private FaultyFiles(NavigableMap<String, Inode> names, NavigableMap<String, Inode> durableNames) {
    this.names = names;
    this.durableNames = durableNames;
  }

  public void setHook(Hook next) {
    hook = next;
  }

  /// Crashes instead of the n-th changing operation from now, counted from 1.
  public void crashAtStep(long step) {
    crashAtStep = steps + step;
  }

  public void crash() {
    crashed = true;
  }

  public boolean hasCrashed() {
    return crashed;
  }

  long steps() {
    return steps;
  }

  /// No write writes more than this many bytes at once. One of a sector or more ends with a sector,
  /// as short writes of a page cache do.
  public void limitWrites(int bytes) {
    longestWrite = bytes;
  }

  /// From now on the disk claims to have only this much room.
  public void leaveRoom(long bytes) {
    usableBytes = bytes;
  }

  /// From now on a force reports success and leaves the data in the page cache only.
  public void loseForces() {
    losesForces = true;
  }

  /// What a new process finds after the old one died and the machine lived on: everything, but no
  /// more of it on the disk than before.
  public FaultyFiles afterKill() {
    crashed = true;
    FaultyFiles next = new FaultyFiles(names, durableNames);
    next.nameChanges.addAll(nameChanges);
    return next;
  }

  /// What a new process finds after the power went: what was forced, and a random part of the rest.
  public FaultyFiles afterPowerLoss(RandomGenerator random) {
    crashed = true;
    return copyAfterPowerLoss(random);
  }

  /// One of the things that [#afterPowerLoss] may find; the original may go on.
  FaultyFiles copyAfterPowerLoss(RandomGenerator random) {
    TreeMap<String, Inode> left = new TreeMap<>(durableNames);
    for (NameChange change : nameChanges) {
      if (random.nextBoolean()) {
        change.applyTo(left);
      }
    }
    Map<Inode, Inode> copies = new LinkedHashMap<>();
    TreeMap<String, Inode> survivors = new TreeMap<>();
    left.forEach(
        (name, inode) ->
            survivors.put(name, copies.computeIfAbsent(inode, it -> it.afterPowerLoss(random))));
    return new FaultyFiles(survivors, new TreeMap<>(survivors));
  }

  /// A copy of everything as it is, all of it durable; the original may go on.
  FaultyFiles copy() {
    TreeMap<String, Inode> copies = new TreeMap<>();
    names.forEach((name, inode) -> copies.put(name, inode.durableCopy()));
    return new FaultyFiles(copies, new TreeMap<>(copies));
  }

  /// The bytes of a file, to be looked at or damaged; changes count as durable.
  public byte[] contents(String name) {
    Inode inode = names.get(name);
    if (inode == null) {
      throw new AssertionError("no file " + name + " among " + names.keySet());
    }
    inode.forceAll();
    return inode.bytes;
  }

  void put(String name, byte[] bytes) {
    Inode inode = new Inode();
    inode.bytes = bytes.clone();
    inode.forceAll();
    names.put(name, inode);
    durableNames.put(name, inode);
  }

  void remove(String name) {
    names.remove(name);
    durableNames.remove(name);
  }

  @Override
  public AutoCloseableLock lock(String name) throws IOException {
    if (isLocked) {
      throw new UnusableLogException(UnusableLogException.Reason.LOCKED, "locked");
    }
    isLocked = true;
    return () -> isLocked = false;
  }

  @Override
  public synchronized List<String> list() throws IOException {
    requireAlive();
    return List.copyOf(names.keySet());
  }

  @Override
  public synchronized LogFile create(String name) throws IOException {
    step(Operation.CREATE, name);
    if (names.containsKey(name)) {
      throw new FileAlreadyExistsException(name);
    }
    Inode inode = new Inode();
    change(entries -> entries.put(name, inode));
    return new OpenFile(name, inode);
  }

  @Override
  public synchronized LogFile open(String name) throws IOException {
    requireAlive();
    Inode inode = names.get(name);
    if (inode == null) {
      throw new NoSuchFileException(name);
    }
    return new OpenFile(name, inode);
  }

  @Override
  public LogFile openToRead(String name) throws IOException {
    return open(name);
  }

  @Override
  public synchronized void rename(String from, String to) throws IOException {
    step(Operation.RENAME, from);
    Inode inode = names.get(from);
    if (inode == null) {
      throw new NoSuchFileException(from);
    }
    change(
        entries -> {
          entries.remove(from);
          entries.put(to, inode);
        });
  }

  @Override
  public synchronized void delete(String name) throws IOException {
    step(Operation.DELETE, name);
    if (!names.containsKey(name)) {
      throw new NoSuchFileException(name);
    }
    change(entries -> entries.remove(name));
  }

  @Override
  public synchronized void forceDirectory() throws IOException {
    step(Operation.FORCE_DIRECTORY, "");
    durableNames.clear();
    durableNames.putAll(names);
    nameChanges.clear();
  }

  @Override
  public long usableBytes() throws IOException {
    requireAlive();
    return usableBytes;
  }

  private void change(NameChange change) {
    change.applyTo(names);
    nameChanges.add(change);
  }

  private void step(Operation operation, String name) throws IOException {
    if (reachesCrash(operation, name)) {
      throw new Crashed();
    }
  }

  private boolean reachesCrash(Operation operation, String name) throws IOException {
    requireAlive();
    hook.before(operation, name);
    steps++;
    crashed = steps >= crashAtStep;
    return crashed;
  }

  private void requireAlive() throws IOException {
    if (crashed) {
      throw new Crashed();
    }
  }

  private interface NameChange {
    void applyTo(NavigableMap<String, Inode> entries);
  }

  private final class OpenFile implements LogFile {
    private final String name;
    private final Inode inode;

    OpenFile(String name, Inode inode) {
      this.name = name;
      this.inode = inode;
    }

    @Override
    public int write(ByteBuffer source, long position) throws IOException {
      synchronized (FaultyFiles.this) {
        boolean crashes = reachesCrash(Operation.WRITE, name);
        int bytes = shortened(source.remaining(), position);
        byte[] data = new byte[crashes ? bytes / 2 : bytes]; // a crash interrupts a write half way
        source.get(data);
        inode.write(data, (int) position);
        if (crashes) {
          throw new Crashed();
        }
        return bytes;
      }
    }

    private int shortened(int wanted, long position) {
      if (wanted <= longestWrite || longestWrite < SECTOR_BYTES) {
        return Math.min(wanted, longestWrite);
      }
      return longestWrite - (int) ((position + longestWrite) % SECTOR_BYTES);
    }

    @Override
    public int read(ByteBuffer target, long position) throws IOException {
      synchronized (FaultyFiles.this) {
        requireAlive();
        hook.before(Operation.READ, name);
        if (position >= inode.bytes.length) {
          return -1;
        }
        int bytes = Math.min(target.remaining(), inode.bytes.length - (int) position);
        target.put(inode.bytes, (int) position, bytes);
        return bytes;
      }
    }

    @Override
    public void forceData() throws IOException {
      synchronized (FaultyFiles.this) {
        step(Operation.FORCE, name);
        if (!losesForces) {
          inode.forceData();
        }
      }
    }

    @Override
    public void forceAll() throws IOException {
      synchronized (FaultyFiles.this) {
        step(Operation.FORCE, name);
        if (!losesForces) {
          inode.forceAll();
        }
      }
    }

    @Override
    public long size() throws IOException {
      requireAlive();
      return inode.bytes.length;
    }

    @Override
    public void truncate(long size) throws IOException {
      synchronized (FaultyFiles.this) {
        step(Operation.TRUNCATE, name);
        inode.truncate((int) size);
      }
    }

    @Override
    public void close() {}
  }

  /// A file: its bytes as the page cache shows them, and what the disk may hold instead.
  private static final class Inode {
    private byte[] bytes = new byte[0];
    private int durableBytes;

    /// For each sector written since the last force, everything the disk may hold there: what was
    /// forced, then what each write left.
    private final TreeMap<Integer, List<byte[]>> versions = new TreeMap<>();

    void write(byte[] data, int position) {
      int end = position + data.length;
      for (int sector = position / SECTOR_BYTES; sector * SECTOR_BYTES < end; sector++) {
        versions.computeIfAbsent(sector, this::asList);
      }
      if (end > bytes.length) {
        bytes = Arrays.copyOf(bytes, end);
      }
      System.arraycopy(data, 0, bytes, position, data.length);
      for (int sector = position / SECTOR_BYTES; sector * SECTOR_BYTES < end; sector++) {
        versions.computeIfAbsent(sector, this::asList).add(sector(sector));
      }
    }

    void truncate(int size) {
      bytes = Arrays.copyOf(bytes, size);
    }

    void forceData() {
      versions.clear();
      durableBytes = Math.max(durableBytes, bytes.length);
    }

    void forceAll() {
      versions.clear();
      durableBytes = bytes.length;
    }

    Inode durableCopy() {
      Inode copy = new Inode();
      copy.bytes = bytes.clone();
      copy.durableBytes = bytes.length;
      return copy;
    }

    Inode afterPowerLoss(RandomGenerator random) {
      Inode left = new Inode();
      int size = random.nextBoolean() ? durableBytes : bytes.length;
      left.bytes = Arrays.copyOf(bytes, size);
      for (Map.Entry<Integer, List<byte[]>> written : versions.entrySet()) {
        List<byte[]> choices = written.getValue();
        // Half of the time the extremes, so that whole writes are lost and kept often enough.
        int choice =
            random.nextBoolean()
                ? (random.nextBoolean() ? 0 : choices.size() - 1)
                : random.nextInt(choices.size());
        byte[] chosen = choices.get(choice);
        int at = written.getKey() * SECTOR_BYTES;
        for (int i = 0; i < SECTOR_BYTES && at + i < size; i++) {
          left.bytes[at + i] = i < chosen.length ? chosen[i] : 0;
        }
      }
      left.durableBytes = size;
      return left;
    }

    private List<byte[]> asList(int sector) {
      List<byte[]> list = new ArrayList<>();
      list.add(sector(sector));
      return list;
    }

    private byte[] sector(int sector) {
      int from = sector * SECTOR_BYTES;
      return from >= bytes.length
          ? new byte[0]
          : Arrays.copyOfRange(bytes, from, Math.min(from + SECTOR_BYTES, bytes.length));
    }
  }
}
