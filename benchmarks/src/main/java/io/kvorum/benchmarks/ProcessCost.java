package io.kvorum.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// What Linux has counted for a process.
///
/// @param cpuSeconds since its start
/// @param residentBytes now
/// @param peakBytes most at once since the last [#resetPeak], or its start
record ProcessCost(double cpuSeconds, long residentBytes, long peakBytes) {
  private static final double TICKS_PER_SECOND = 100; // USER_HZ, the same on every Linux we know
  private static final int USER_TICKS = 11; // fields of `stat` after the program's name
  private static final int SYSTEM_TICKS = 12;

  static ProcessCost of(long pid) throws IOException {
    Path facts = Path.of("/proc", Long.toString(pid));
    String stat = Files.readString(facts.resolve("stat"));
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
    long ticks = Long.parseLong(fields[USER_TICKS]) + Long.parseLong(fields[SYSTEM_TICKS]);
    return new ProcessCost(
        ticks / TICKS_PER_SECOND, bytes(facts, "VmRSS:"), bytes(facts, "VmHWM:"));
  }

  /// Without the CPU time that was spent before.
  ProcessCost since(double cpuSecondsBefore) {
    return new ProcessCost(cpuSeconds - cpuSecondsBefore, residentBytes, peakBytes);
  }

  private static long bytes(Path facts, String name) throws IOException {
    for (String line : Files.readAllLines(facts.resolve("status"))) {
      if (line.startsWith(name)) {
        return Long.parseLong(line.replaceAll("\\D", "")) << 10;
      }
    }
    throw new IOException("no " + name + " in " + facts);
  }

  /// Begins a new peak with what is resident now.
  static void resetPeak(long pid) throws IOException {
    Files.writeString(Path.of("/proc", Long.toString(pid), "clear_refs"), "5");
  }
}
