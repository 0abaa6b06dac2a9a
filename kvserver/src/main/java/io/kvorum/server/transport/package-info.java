/// The client port: one listening socket for gRPC, HTTP/1.1 and plain HTTP/2 requests.
///
/// grpc-java offers a shared port only through internal classes; every use of them is in this
/// package, and `ClientPortContractTest` fails when an upgrade of grpc-java or Netty changes what
/// we rely on. Start reading at `ClientPort`; a new connection goes `ConnectionGate` (bounds) →
/// `FirstBytes` (which protocol) → grpc-java's own handler with `GrpcOrHttpFrames` around its
/// listener, or `Http1Connection`.
///
/// Everything of a connection is owned by the event loop it is on. This package knows nothing of
/// keys, Raft or health: HTTP requests are handed to an `HttpHandler`.
@NullMarked
package io.kvorum.server.transport;

import org.jspecify.annotations.NullMarked;
