package io.kvorum.raft.peer;

import io.kvorum.raft.log.LogFile;
import io.kvorum.raft.log.LogFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Predicate;

/// Real files that note what changes them, and can be made to fail or to wait at any such step.
record TracedFiles(LogFiles files, List<String> steps, Predicate<String> mayPass)
    implements LogFiles {
  static TracedFiles over(LogFiles files, Predicate<String> mayPass) {
    return new TracedFiles(files, Collections.synchronizedList(new ArrayList<>()), mayPass);
  }

  private void step(String step) throws IOException {
    if (!mayPass.test(step)) {
      throw new IOException("the test lets this fail: " + step);
    }
    steps.add(step);
  }

  @Override
  public AutoCloseableLock lock(String name) throws IOException {
    return files.lock(name);
  }

  @Override
  public List<String> list() throws IOException {
    return files.list();
  }

  @Override
  public LogFile create(String name) throws IOException {
    step("create " + name);
    return new TracedFile(this, files.create(name), name);
  }

  @Override
  public LogFile open(String name) throws IOException {
    return files.open(name);
  }

  @Override
  public LogFile openToRead(String name) throws IOException {
    return files.openToRead(name);
  }

  @Override
  public void rename(String from, String to) throws IOException {
    step("rename " + from + " " + to);
    files.rename(from, to);
  }

  @Override
  public void delete(String name) throws IOException {
    step("delete " + name);
    files.delete(name);
  }

  @Override
  public void forceDirectory() throws IOException {
    step("force directory");
    files.forceDirectory();
  }

  @Override
  public long usableBytes() throws IOException {
    return files.usableBytes();
  }

  private record TracedFile(TracedFiles trace, LogFile file, String name) implements LogFile {
    @Override
    public int write(ByteBuffer source, long position) throws IOException {
      trace.step("write " + name);
      return file.write(source, position);
    }

    @Override
    public int read(ByteBuffer target, long position) throws IOException {
      return file.read(target, position);
    }

    @Override
    public void forceData() throws IOException {
      file.forceData();
    }

    @Override
    public void forceAll() throws IOException {
      trace.step("force " + name);
      file.forceAll();
    }

    @Override
    public long size() throws IOException {
      return file.size();
    }

    @Override
    public void truncate(long size) throws IOException {
      file.truncate(size);
    }

    @Override
    public void close() throws IOException {
      file.close();
    }
  }
}
