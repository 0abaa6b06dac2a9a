/// What others rely on in the messages generated here: the client API as clients know it, and the
/// bytes that are stored or travel between members. The generated packages below this one hold no
/// code of ours.
///
/// Start with `EtcdApiTest` for the API and `GoldenBytesTest` for our own formats; their tables are
/// the resources `etcd-v3-api.txt` and `golden/*.txt`. Depends on the generated classes only.
@NullMarked
package io.kvorum.proto;

import org.jspecify.annotations.NullMarked;
