package io.kvorum.server.observe;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.UnixOperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;

/// What the operating system says about this process; 0 for what it does not say.
final class ProcessFacts {
  private static final Path MEMORY = Path.of("/proc/self/statm");
  private static final long PAGE_BYTES = 4096;
  private static final int VIRTUAL = 0;
  private static final int RESIDENT = 1;

  double residentBytes() {
    return pages(RESIDENT) * (double) PAGE_BYTES;
  }

  double virtualBytes() {
    return pages(VIRTUAL) * (double) PAGE_BYTES;
  }

  private static long pages(int column) {
    try {
      return Long.parseLong(Files.readString(MEMORY).strip().split(" ", -1)[column]);
    } catch (IOException e) {
      return 0; // no such file on this operating system
    }
  }

  double cpuSeconds() {
    return ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean system
        ? system.getProcessCpuTime() / 1e9
        : 0;
  }

  double openFiles() {
    return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
        ? unix.getOpenFileDescriptorCount()
        : 0;
  }

  double maxFiles() {
    return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
        ? unix.getMaxFileDescriptorCount()
        : 0;
  }

  double startSeconds() {
    return ManagementFactory.getRuntimeMXBean().getStartTime() / 1e3;
  }

  double heapBytes() {
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }
}
