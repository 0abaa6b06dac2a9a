package io.kvorum.client;

import io.kvorum.proto.etcd.RequestOp;

/// What a [Txn] can do in a branch.
public sealed interface Op permits Put, Get, Delete, Txn {
  RequestOp asOp();
}
