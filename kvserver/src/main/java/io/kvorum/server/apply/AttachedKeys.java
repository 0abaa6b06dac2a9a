package io.kvorum.server.apply;

import com.google.protobuf.ByteString;
import io.kvorum.lease.LeaseId;
import java.util.List;
import java.util.concurrent.Executor;

/// Tells which keys are attached to a lease, as of this member's last applied batch and in key
/// order. May be called by any thread; the callback runs once, on `loop`.
public interface AttachedKeys {
  void attachedKeys(LeaseId lease, Executor loop, Lessor.Callback<List<ByteString>> callback);
}
