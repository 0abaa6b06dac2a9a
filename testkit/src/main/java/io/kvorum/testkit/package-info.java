/// Real processes under test: starts the packaged server, or an etcd to compare with, on free ports
/// of this machine, and ends exactly the processes it started.
///
/// Start reading at [io.kvorum.testkit.ServerProcess]. The tests of this module run in the phase
/// `integration-test`, because they need the packaged server.
@NullMarked
package io.kvorum.testkit;

import org.jspecify.annotations.NullMarked;
