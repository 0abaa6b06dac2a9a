/// The form of log lines: one JSON object per line, as etcd's operators and tests read them, or tab
/// separated for a person.
///
/// Everything logs through SLF4J; only this package knows Logback. It is set up once, by
/// [io.kvorum.server.logging.LogSetup], before a member starts.
@NullMarked
package io.kvorum.server.logging;

import org.jspecify.annotations.NullMarked;
