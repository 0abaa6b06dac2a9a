package io.kvorum.server.discovery;

/// The first members cannot be found; the message says why, in etcd's words.
public final class DiscoveryFailure extends Exception {
  DiscoveryFailure(String message) {
    super(message);
  }

  DiscoveryFailure(String message, Throwable cause) {
    super(message, cause);
  }
}
