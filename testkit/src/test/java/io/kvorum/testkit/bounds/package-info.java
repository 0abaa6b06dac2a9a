/// What the server promises about memory and the cost of reads, measured on real processes: the
/// resident memory as the kernel counts it, and times compared with each other in one run, never
/// with a clock's absolute figure.
///
/// Start reading at [MemoryBoundsTest]. The figures are printed; `docs/evidence/bounds.md` keeps
/// some.
@NullMarked
package io.kvorum.testkit.bounds;

import org.jspecify.annotations.NullMarked;
