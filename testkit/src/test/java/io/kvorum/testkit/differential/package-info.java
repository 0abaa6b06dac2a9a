/// The differential test: one seeded random script drives an etcd and a subject, normally Kvorum,
/// through real gRPC, and every answer and every watch event must be equal, field by field.
///
/// Start reading at [io.kvorum.testkit.differential.DifferentialRun], which sends each
/// [io.kvorum.testkit.differential.Command] to both [io.kvorum.testkit.differential.Peer]s. What
/// may differ, and why, stands in one table, [io.kvorum.testkit.differential.ExpectedDifferences];
/// what is arbitrary by nature (ids, terms, order of ties) is evened out by
/// [io.kvorum.testkit.differential.AnswerForm]. Scripts come from
/// [io.kvorum.testkit.differential.ScriptGenerator] and the `...Script` classes below it.
///
/// The script runs on the test's thread; answers arrive on the channels' threads, and everything
/// they record about watchers is guarded by the lock in [io.kvorum.testkit.differential.WatchLog].
@NullMarked
package io.kvorum.testkit.differential;

import org.jspecify.annotations.NullMarked;
