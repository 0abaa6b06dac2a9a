package io.kvorum.mvcc;

/// A hash over everything the API can see at `revision` (etcd API: Maintenance.HashKV). Equal on
/// all healthy members for equal revision and compact revision.
///
/// @param compactRevision −1 before the first compaction
public record HashResult(int hash, long compactRevision, long revision) {}
