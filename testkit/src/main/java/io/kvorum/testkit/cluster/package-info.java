/// A cluster of real processes on this machine whose members talk through a network that can be cut
/// (decision 11).
///
/// Start reading at [io.kvorum.testkit.cluster.Cluster].
@NullMarked
package io.kvorum.testkit.cluster;

import org.jspecify.annotations.NullMarked;
