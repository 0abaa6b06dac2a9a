/// The network between real processes, with faults on demand.
@NullMarked
package io.kvorum.testkit.proxy;

import org.jspecify.annotations.NullMarked;
