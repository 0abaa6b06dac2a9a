/// The Java client: keys, watches and leases of a Kvorum cluster, or of any server of the etcd v3
/// API.
///
/// [Client] owns the connections and threads; [Kv], [Watch] and [Lease] are its three faces. All
/// calls are asynchronous and may be made from any thread. What a failed call did is said by
/// [ClientException.Outcome]. Requests are small immutable values of this package; answers are the
/// API's own messages.
///
/// State of a stream is owned by the stream's `SynchronizationContext`; the application's code
/// never runs inside one, but on the client's executor.
///
/// Depends on `proto` only. Start reading at [Client], then `Calls` and `ResumingStream`.
@NullMarked
package io.kvorum.client;

import org.jspecify.annotations.NullMarked;
