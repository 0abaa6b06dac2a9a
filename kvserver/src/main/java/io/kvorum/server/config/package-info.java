/// The command line: etcd's flags, environment variables and configuration file, turned into an
/// immutable [io.kvorum.server.config.MemberConfig].
///
/// Pure: text in, values out. Nothing here reads the environment, prints or exits; `Main` passes
/// arguments in and carries out the [io.kvorum.server.config.CommandLine] that comes back. The one
/// file read is the `--config-file`. Start reading at [io.kvorum.server.config.ServerFlags], which
/// goes `GoFlagSyntax` → `Environment` or `ConfigFile` → `Settings` → `ConfigRules`; the flags
/// themselves are rows of `FlagTable`. Why the syntax is parsed by hand:
/// `docs/decisions/0006-command-line.md`.
@NullMarked
package io.kvorum.server.config;

import org.jspecify.annotations.NullMarked;
