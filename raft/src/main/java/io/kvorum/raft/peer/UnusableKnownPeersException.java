package io.kvorum.raft.peer;

import java.io.IOException;

/// The file about the peers cannot be used. Without it a peer that lost its disk would go
/// unnoticed, so the member must not start; nothing was changed.
public final class UnusableKnownPeersException extends IOException {
  UnusableKnownPeersException(String message) {
    super(message);
  }
}
