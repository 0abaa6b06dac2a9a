package io.kvorum.server.grpc;

import java.util.function.Supplier;

/// A read of which it is known how large its answer gets.
///
/// @param bytes memory the answer takes while it is made and sent; 0 if it is too small to matter
/// @param make makes the answer, on the same pinned state and thread rules as the sizing
record SizedRead<M>(long bytes, Supplier<Answer<M>> make) {

  static <M> SizedRead<M> small(M message) {
    return new SizedRead<>(0, () -> new Answer.Whole<>(message));
  }
}
