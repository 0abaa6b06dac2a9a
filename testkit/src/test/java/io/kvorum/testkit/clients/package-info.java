/// Clients that others wrote, or that others would generate from our proto files, against one real
/// server: nothing here knows how Kvorum works. A test whose program is missing is skipped and
/// names the package to install.
@NullMarked
package io.kvorum.testkit.clients;

import org.jspecify.annotations.NullMarked;
