package io.kvorum.raft.log;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The log's files in a real directory, through [FileChannel].
///
/// A channel closes itself when its thread is interrupted (W12): the thread `log` never is, and
/// readers have handles of their own, so that an interrupted reader cannot close the writer's.
public final class DirectoryFiles implements LogFiles {
  private final Path directory;

  private DirectoryFiles(Path directory) {
    this.directory = directory;
  }

  /// The files of `directory`, which is created, durably, if it is missing.
  public static DirectoryFiles at(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      Files.createDirectories(directory);
      Path parent = directory.toAbsolutePath().getParent();
      if (parent != null) {
        force(parent);
      }
    }
    return new DirectoryFiles(directory);
  }

  @Override
  public AutoCloseableLock lock(String name) throws IOException {
    FileChannel channel = FileChannel.open(directory.resolve(name), CREATE, WRITE);
    try {
      FileLock lock = tryLock(channel);
      if (lock != null) {
        return channel::close; // closing the channel releases its lock
      }
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
    channel.close();
    throw new UnusableLogException(
        UnusableLogException.Reason.LOCKED, "another process uses the log in " + directory);
  }

  private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException e) {
      return null; // held by this very process
    }
  }

  @Override
  public List<String> list() throws IOException {
    try (Stream<Path> paths = Files.list(directory)) {
      return paths.map(path -> String.valueOf(path.getFileName())).toList();
    }
  }

  @Override
  public LogFile create(String name) throws IOException {
    return new ChannelFile(FileChannel.open(directory.resolve(name), CREATE_NEW, READ, WRITE));
  }

  @Override
  public LogFile open(String name) throws IOException {
    return new ChannelFile(FileChannel.open(directory.resolve(name), READ, WRITE));
  }

  @Override
  public LogFile openToRead(String name) throws IOException {
    return new ChannelFile(FileChannel.open(directory.resolve(name), READ));
  }

  @Override
  public void rename(String from, String to) throws IOException {
    Files.move(
        directory.resolve(from),
        directory.resolve(to),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
  }

  @Override
  public void delete(String name) throws IOException {
    Files.delete(directory.resolve(name));
  }

  @Override
  public void forceDirectory() throws IOException {
    force(directory);
  }

  @Override
  public long usableBytes() throws IOException {
    return Files.getFileStore(directory).getUsableSpace();
  }

  private static void force(Path directory) throws IOException {
    try (FileChannel channel = FileChannel.open(directory, READ)) {
      channel.force(true);
    }
  }

  private record ChannelFile(FileChannel channel) implements LogFile {
    @Override
    public int write(ByteBuffer source, long position) throws IOException {
      return channel.write(source, position);
    }

    @Override
    public int read(ByteBuffer target, long position) throws IOException {
      return channel.read(target, position);
    }

    @Override
    public void forceData() throws IOException {
      channel.force(false);
    }

    @Override
    public void forceAll() throws IOException {
      channel.force(true);
    }

    @Override
    public long size() throws IOException {
      return channel.size();
    }

    @Override
    public void truncate(long size) throws IOException {
      channel.truncate(size);
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }
}
