/// The gRPC services of the client API: what etcd calls `v3rpc`.
///
/// A call arrives on the event loop of its connection (direct executor) and never waits there: it
/// is checked ([RequestChecks]), handed on (proposals, linearizable reads, the lessor), and
/// answered on the same loop. Large reads run on the threads `range-n`, bounded by `ReadBudget`.
/// What a call still holds when it ends is released by its cancel handler.
///
/// [GrpcErrors] is the only place that knows etcd's error texts, [ResponseHeaders] the only one
/// that fills response headers. Nothing outside this package and `transport` knows gRPC.
///
/// Start reading at `ClientServices` (what is registered), then `KvService`.
@NullMarked
package io.kvorum.server.grpc;

import org.jspecify.annotations.NullMarked;
