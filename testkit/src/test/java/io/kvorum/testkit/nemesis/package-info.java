/// Clusters of real processes under load and faults, and whether their clients were told the truth
/// (decision 11). `./nemesis` runs it by hand.
///
/// Start reading at [io.kvorum.testkit.nemesis.NemesisRun].
@NullMarked
package io.kvorum.testkit.nemesis;

import org.jspecify.annotations.NullMarked;
