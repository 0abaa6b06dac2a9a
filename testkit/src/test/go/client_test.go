// Package clients drives a server with stubs generated from our proto files, as a Go user would.
// KVORUM_ENDPOINT names the server; the stubs lie in ./proto.
package clients

import (
	"context"
	"io"
	"os"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"io.kvorum/proto/etcdserverpb"
	"io.kvorum/proto/mvccpb"
)

func dial(t *testing.T) (*grpc.ClientConn, context.Context) {
	t.Helper()
	connection, err := grpc.NewClient(os.Getenv("KVORUM_ENDPOINT"), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	t.Cleanup(func() { cancel(); connection.Close() })
	return connection, ctx
}

func TestKeysAndValues(t *testing.T) {
	connection, ctx := dial(t)
	kv := etcdserverpb.NewKVClient(connection)
	for _, key := range []string{"go/a", "go/b"} {
		if _, err := kv.Put(ctx, &etcdserverpb.PutRequest{Key: []byte(key), Value: []byte("v" + key)}); err != nil {
			t.Fatal(err)
		}
	}
	both, err := kv.Range(ctx, &etcdserverpb.RangeRequest{Key: []byte("go/"), RangeEnd: []byte("go0"), Limit: 1})
	if err != nil || both.Count != 2 || !both.More || string(both.Kvs[0].Value) != "vgo/a" {
		t.Fatalf("range: %v %v", both, err)
	}
	stream, err := kv.RangeStream(ctx, &etcdserverpb.RangeRequest{Key: []byte("go/"), RangeEnd: []byte("go0")})
	if err != nil {
		t.Fatal(err)
	}
	var pairs, count int64
	for {
		chunk, err := stream.Recv()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		pairs += int64(len(chunk.RangeResponse.Kvs))
		count = chunk.RangeResponse.Count
	}
	if pairs != 2 || count != 2 {
		t.Fatalf("range stream: %d pairs, count %d", pairs, count)
	}
	_, err = kv.Range(ctx, &etcdserverpb.RangeRequest{Key: []byte("go/a"), Revision: both.Header.Revision + 1000})
	if status.Code(err) != codes.OutOfRange || status.Convert(err).Message() != "etcdserver: mvcc: required revision is a future revision" {
		t.Fatalf("future revision: %v", err)
	}
}

func TestTransaction(t *testing.T) {
	connection, ctx := dial(t)
	kv := etcdserverpb.NewKVClient(connection)
	create := &etcdserverpb.TxnRequest{
		Compare: []*etcdserverpb.Compare{{
			Key:         []byte("go/txn"),
			Target:      etcdserverpb.Compare_VERSION,
			TargetUnion: &etcdserverpb.Compare_Version{Version: 0},
		}},
		Success: []*etcdserverpb.RequestOp{{Request: &etcdserverpb.RequestOp_RequestPut{
			RequestPut: &etcdserverpb.PutRequest{Key: []byte("go/txn"), Value: []byte("1")}}}},
	}
	first, err := kv.Txn(ctx, create)
	if err != nil || !first.Succeeded {
		t.Fatalf("first: %v %v", first, err)
	}
	second, err := kv.Txn(ctx, create)
	if err != nil || second.Succeeded {
		t.Fatalf("second: %v %v", second, err)
	}
}

func TestWatchAndLease(t *testing.T) {
	connection, ctx := dial(t)
	kv := etcdserverpb.NewKVClient(connection)
	leases := etcdserverpb.NewLeaseClient(connection)
	stream, err := etcdserverpb.NewWatchClient(connection).Watch(ctx)
	if err != nil {
		t.Fatal(err)
	}
	create := &etcdserverpb.WatchRequest{RequestUnion: &etcdserverpb.WatchRequest_CreateRequest{
		CreateRequest: &etcdserverpb.WatchCreateRequest{Key: []byte("go/w"), RangeEnd: []byte("go/x"), PrevKv: true}}}
	if err := stream.Send(create); err != nil {
		t.Fatal(err)
	}
	if created, err := stream.Recv(); err != nil || !created.Created {
		t.Fatalf("created: %v %v", created, err)
	}
	lease, err := leases.LeaseGrant(ctx, &etcdserverpb.LeaseGrantRequest{TTL: 60})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := kv.Put(ctx, &etcdserverpb.PutRequest{Key: []byte("go/w"), Value: []byte("x"), Lease: lease.ID}); err != nil {
		t.Fatal(err)
	}
	if _, err := leases.LeaseRevoke(ctx, &etcdserverpb.LeaseRevokeRequest{ID: lease.ID}); err != nil {
		t.Fatal(err)
	}
	var events []*mvccpb.Event
	for len(events) < 2 {
		response, err := stream.Recv()
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, response.Events...)
	}
	if events[0].Kv.Lease != lease.ID || events[1].Type != mvccpb.Event_DELETE || string(events[1].PrevKv.Value) != "x" {
		t.Fatalf("events: %v", events)
	}
}
