/// Input that no client should send and environments that no operator should give: bad requests,
/// bad connections, readers that do not read, data directories that cannot be used. Each meets one
/// real server, which must say no in the documented words, keep within its memory, and lose
/// nothing.
@NullMarked
package io.kvorum.testkit.badinput;

import org.jspecify.annotations.NullMarked;
