/// Several real servers as one cluster, asked at any of them.
@NullMarked
package io.kvorum.testkit.cluster;

import org.jspecify.annotations.NullMarked;
