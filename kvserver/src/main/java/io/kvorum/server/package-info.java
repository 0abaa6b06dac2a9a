/// One member of a cluster as a process: its start, its data directory, its end.
///
/// [io.kvorum.server.Member] builds everything in order, with constructors, and is read top to
/// bottom; [io.kvorum.server.Main] is the command line around it. The packages below each hold one
/// capability and know nothing of this one.
@NullMarked
package io.kvorum.server;

import org.jspecify.annotations.NullMarked;
