package io.kvorum.server.transport;

import io.netty.util.internal.PlatformDependent;

/// The bound on memory outside the heap for network buffers. At the bound a read or write fails and
/// its connection is closed; the member goes on.
public final class NetworkMemory {
  private static final String PROPERTY = "io.netty.maxDirectMemory";

  private NetworkMemory() {}

  /// Sets the bound for the whole process. Works only before Netty is first used, so `Main` calls
  /// it first; a value given on the Java command line wins. Returns the bound in effect.
  public static long limit(long bytes) {
    if (System.getProperty(PROPERTY) == null) {
      System.setProperty(PROPERTY, Long.toString(bytes));
    }
    return PlatformDependent.maxDirectMemory();
  }

  /// Bytes in use now.
  public static long usedBytes() {
    return PlatformDependent.usedDirectMemory();
  }
}
