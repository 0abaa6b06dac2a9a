/// Kills a real server under load, again and again, and checks that nothing acknowledged is lost:
/// revision by revision, from the history the server itself tells.
///
/// Half of the kills are power failures as well: what the process had written but not synced, to
/// its log and to RocksDB's files, is taken away before the restart. Start reading at [CrashTest].
@NullMarked
package io.kvorum.testkit.crash;

import org.jspecify.annotations.NullMarked;
