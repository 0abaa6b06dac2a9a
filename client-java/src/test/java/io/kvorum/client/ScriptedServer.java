package io.kvorum.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.kvorum.proto.etcd.KVGrpc;
import io.kvorum.proto.etcd.LeaseGrpc;
import io.kvorum.proto.etcd.LeaseKeepAliveRequest;
import io.kvorum.proto.etcd.LeaseKeepAliveResponse;
import io.kvorum.proto.etcd.PutRequest;
import io.kvorum.proto.etcd.PutResponse;
import io.kvorum.proto.etcd.RangeRequest;
import io.kvorum.proto.etcd.RangeResponse;
import io.kvorum.proto.etcd.TxnRequest;
import io.kvorum.proto.etcd.TxnResponse;
import io.kvorum.proto.etcd.WatchGrpc;
import io.kvorum.proto.etcd.WatchRequest;
import io.kvorum.proto.etcd.WatchResponse;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/// A server on the loopback that does what a test says: unary calls fail with the statuses queued
/// and succeed when there are none left; streams are handed to the test.
final class ScriptedServer implements AutoCloseable {
  static final long WAIT_SECONDS = 20;

  /// What the next unary calls fail with.
  final ConcurrentLinkedQueue<Status> failures = new ConcurrentLinkedQueue<>();

  /// Every unary request, in order.
  final List<Object> received = new CopyOnWriteArrayList<>();

  /// The value of `hasleader` of every call, or "none".
  final List<String> hasLeader = new CopyOnWriteArrayList<>();

  final BlockingQueue<Stream<WatchRequest, WatchResponse>> watches = new LinkedBlockingQueue<>();
  final BlockingQueue<Stream<LeaseKeepAliveRequest, LeaseKeepAliveResponse>> keepAlives =
      new LinkedBlockingQueue<>();

  /// Whether unary calls get no answer.
  volatile boolean isSilent;

  /// Whether it closes its connections when a unary call comes in.
  volatile boolean hangsUp;

  private final Server server;

  ScriptedServer() throws IOException {
    this(0);
  }

  ScriptedServer(int port) throws IOException {
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
            .intercept(new Headers())
            .addService(new Keys())
            .addService(new Watches())
            .addService(new Leases())
            .build()
            .start();
  }

  /// A stream as the server sees it.
  record Stream<Q, R>(BlockingQueue<Q> requests, StreamObserver<R> responses) {
    Q next() throws InterruptedException {
      return take(requests);
    }
  }

  static <T> T take(BlockingQueue<T> queue) throws InterruptedException {
    T taken = queue.poll(WAIT_SECONDS, TimeUnit.SECONDS);
    assertThat(taken).isNotNull();
    return taken;
  }

  /// An address at which nothing listens.
  static String deadEndpoint() throws IOException {
    try (ServerSocket socket = new ServerSocket()) {
      socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      return "127.0.0.1:" + socket.getLocalPort();
    }
  }

  String endpoint() {
    return "127.0.0.1:" + server.getPort();
  }

  int port() {
    return server.getPort();
  }

  /// Stops as a process does that is killed; returns when the port is free.
  @Override
  public void close() {
    server.shutdownNow();
    try {
      assertThat(server.awaitTermination(WAIT_SECONDS, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private <R> void answer(Object request, R response, StreamObserver<R> observer) {
    received.add(request);
    if (hangsUp) {
      server.shutdownNow();
    }
    if (hangsUp || isSilent) {
      return;
    }
    Status failure = failures.poll();
    if (failure != null) {
      observer.onError(failure.asRuntimeException());
    } else {
      observer.onNext(response);
      observer.onCompleted();
    }
  }

  private final class Headers implements ServerInterceptor {
    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
      String value = headers.get(Metadata.Key.of("hasleader", Metadata.ASCII_STRING_MARSHALLER));
      hasLeader.add(value == null ? "none" : value);
      return next.startCall(call, headers);
    }
  }

  private final class Keys extends KVGrpc.KVImplBase {
    @Override
    public void put(PutRequest request, StreamObserver<PutResponse> observer) {
      answer(request, PutResponse.getDefaultInstance(), observer);
    }

    @Override
    public void range(RangeRequest request, StreamObserver<RangeResponse> observer) {
      answer(request, RangeResponse.newBuilder().setCount(7).build(), observer);
    }

    @Override
    public void txn(TxnRequest request, StreamObserver<TxnResponse> observer) {
      answer(request, TxnResponse.newBuilder().setSucceeded(true).build(), observer);
    }
  }

  private final class Watches extends WatchGrpc.WatchImplBase {
    @Override
    public StreamObserver<WatchRequest> watch(StreamObserver<WatchResponse> responses) {
      return opened(watches, responses);
    }
  }

  private final class Leases extends LeaseGrpc.LeaseImplBase {
    @Override
    public StreamObserver<LeaseKeepAliveRequest> leaseKeepAlive(
        StreamObserver<LeaseKeepAliveResponse> responses) {
      return opened(keepAlives, responses);
    }
  }

  private static <Q, R> StreamObserver<Q> opened(
      BlockingQueue<Stream<Q, R>> streams, StreamObserver<R> responses) {
    Stream<Q, R> stream = new Stream<>(new LinkedBlockingQueue<>(), responses);
    streams.add(stream);
    return new StreamObserver<>() {
      @Override
      public void onNext(Q request) {
        stream.requests().add(request);
      }

      @Override
      public void onError(Throwable error) {}

      @Override
      public void onCompleted() {}
    };
  }
}
