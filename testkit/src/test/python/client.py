"""Drives a server with stubs generated from our proto files, as a Python user would.

usage: client.py <folder of the generated stubs> <host:port>

Prints one line per check and exits with 1 at the first one that fails.
"""

import queue
import sys

sys.path.insert(0, sys.argv[1])

import grpc  # noqa: E402
from etcdserverpb import rpc_pb2 as rpc  # noqa: E402
from etcdserverpb import rpc_pb2_grpc as services  # noqa: E402
from mvccpb import kv_pb2  # noqa: E402

channel = grpc.insecure_channel(sys.argv[2])
kv = services.KVStub(channel)
leases = services.LeaseStub(channel)
watches = services.WatchStub(channel)


def check(name, condition, seen=None):
    print(("ok   " if condition else "FAIL ") + name + ("" if condition else f": {seen}"))
    if not condition:
        sys.exit(1)


def keys_values():
    put = kv.Put(rpc.PutRequest(key=b"python/a", value=b"1"), timeout=5)
    check("put gives a revision", put.header.revision > 1, put)
    kv.Put(rpc.PutRequest(key=b"python/b", value=b"2"), timeout=5)
    both = kv.Range(rpc.RangeRequest(key=b"python/", range_end=b"python0"), timeout=5)
    check("range finds both keys in order", [(p.key, p.value) for p in both.kvs] == [(b"python/a", b"1"), (b"python/b", b"2")], both)
    paged = kv.Range(rpc.RangeRequest(key=b"python/", range_end=b"python0", limit=1), timeout=5)
    check("a page tells the whole count", paged.more and paged.count == 2, paged)
    streamed = list(kv.RangeStream(rpc.RangeRequest(key=b"python/", range_end=b"python0"), timeout=5))
    check("a range stream ends with the count", streamed[-1].range_response.count == 2, streamed)
    gone = kv.DeleteRange(rpc.DeleteRangeRequest(key=b"python/b", prev_kv=True), timeout=5)
    check("delete returns the pair", gone.deleted == 1 and gone.prev_kvs[0].value == b"2", gone)
    old = kv.Range(rpc.RangeRequest(key=b"python/b", revision=gone.header.revision - 1), timeout=5)
    check("the past still has it", old.kvs[0].value == b"2", old)


def errors():
    try:
        kv.Put(rpc.PutRequest(), timeout=5)
        check("a put without key fails", False)
    except grpc.RpcError as error:
        check(
            "a put without key fails as documented",
            error.code() == grpc.StatusCode.INVALID_ARGUMENT and error.details() == "etcdserver: key is not provided",
            error,
        )


def transactions():
    create = rpc.TxnRequest(
        compare=[rpc.Compare(key=b"python/t", target=rpc.Compare.CREATE, result=rpc.Compare.EQUAL, create_revision=0)],
        success=[rpc.RequestOp(request_put=rpc.PutRequest(key=b"python/t", value=b"first"))],
        failure=[rpc.RequestOp(request_range=rpc.RangeRequest(key=b"python/t"))],
    )
    first = kv.Txn(create, timeout=5)
    second = kv.Txn(create, timeout=5)
    check("create once succeeds, twice does not", first.succeeded and not second.succeeded, second)
    check("the failure branch reads", second.responses[0].response_range.kvs[0].value == b"first", second)


def watching():
    requests = queue.Queue()
    answers = watches.Watch(iter(requests.get, None))
    requests.put(rpc.WatchRequest(create_request=rpc.WatchCreateRequest(key=b"python/w", prev_kv=True)))
    created = next(answers)
    check("a watch is created", created.created and not created.canceled, created)
    kv.Put(rpc.PutRequest(key=b"python/w", value=b"1"), timeout=5)
    kv.Put(rpc.PutRequest(key=b"python/w", value=b"2"), timeout=5)
    kv.DeleteRange(rpc.DeleteRangeRequest(key=b"python/w"), timeout=5)
    events = []
    while len(events) < 3:
        events.extend(next(answers).events)
    check("events come in order", [e.type for e in events] == [kv_pb2.Event.PUT, kv_pb2.Event.PUT, kv_pb2.Event.DELETE], events)
    check("events carry what was before", events[1].prev_kv.value == b"1" and events[2].prev_kv.value == b"2", events)
    requests.put(rpc.WatchRequest(cancel_request=rpc.WatchCancelRequest(watch_id=created.watch_id)))
    check("a watch is cancelled", next(answers).canceled)
    requests.put(None)


def lease_life():
    lease = leases.LeaseGrant(rpc.LeaseGrantRequest(TTL=60), timeout=5)
    kv.Put(rpc.PutRequest(key=b"python/l", value=b"x", lease=lease.ID), timeout=5)
    alive = list(leases.LeaseKeepAlive(iter([rpc.LeaseKeepAliveRequest(ID=lease.ID)]), timeout=5))
    check("a keep-alive is answered and the stream ends", len(alive) == 1 and alive[0].TTL == 60, alive)
    left = leases.LeaseTimeToLive(rpc.LeaseTimeToLiveRequest(ID=lease.ID, keys=True), timeout=5)
    check("time to live lists the key", list(left.keys) == [b"python/l"], left)
    leases.LeaseRevoke(rpc.LeaseRevokeRequest(ID=lease.ID), timeout=5)
    after = kv.Range(rpc.RangeRequest(key=b"python/l"), timeout=5)
    check("revoking deletes the key", after.count == 0, after)


keys_values()
errors()
transactions()
watching()
lease_life()
print("all checks passed")
