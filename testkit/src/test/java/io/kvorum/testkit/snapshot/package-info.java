/// Followers of real clusters that fall behind their leader's log, and take over its state.
@NullMarked
package io.kvorum.testkit.snapshot;

import org.jspecify.annotations.NullMarked;
