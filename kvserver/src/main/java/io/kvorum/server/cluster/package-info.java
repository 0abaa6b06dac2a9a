/// The cluster as one member sees it: the way to its peers, which of them are connected, and the
/// rules for changing who belongs.
@NullMarked
package io.kvorum.server.cluster;

import org.jspecify.annotations.NullMarked;
