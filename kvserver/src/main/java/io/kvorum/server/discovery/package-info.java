/// How the first members of a cluster find each other when nobody names them: SRV records in DNS,
/// or keys in another cluster (operations.md §5.3). Used once, by a member whose data directory is
/// new, on the thread that starts it; may wait.
///
/// Depends on `config` and, for ids, on `cluster`. Start reading at
/// [io.kvorum.server.discovery.DnsDiscovery] and [io.kvorum.server.discovery.Registry].
@NullMarked
package io.kvorum.server.discovery;

import org.jspecify.annotations.NullMarked;
