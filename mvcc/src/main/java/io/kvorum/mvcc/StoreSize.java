package io.kvorum.mvcc;

/// How large a store is.
///
/// @param logicalBytes live and historic content; the same on every member at one applied index,
///   and falling at once when a compaction applies
/// @param fileBytes what the table files take on this member's disk
public record StoreSize(long logicalBytes, long fileBytes) {}
