package io.kvorum.raft.peer;

import com.google.protobuf.ByteString;
import io.kvorum.raft.Envelope;
import io.kvorum.raft.RaftMessage;
import io.kvorum.raft.RaftMessage.ReadIndexRequest;
import io.kvorum.raft.log.DirectoryFiles;
import io.kvorum.raft.log.LogFiles;
import io.kvorum.raft.membership.MemberId;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/// Member 1 listens; members 2 and 3 connect to it, over real sockets on one event loop.
final class PeerFixture {
  static final MemberId FIRST = new MemberId(1);
  static final MemberId SECOND = new MemberId(2);
  static final MemberId THIRD = new MemberId(3);
  static final PeerIdentity FIRST_IDENTITY = identity(FIRST, 1);
  static final PeerIdentity SECOND_IDENTITY = identity(SECOND, 5);
  static final PeerIdentity THIRD_IDENTITY = identity(THIRD, 1);

  static final PeerLimits LIMITS =
      new PeerLimits(
          1 << 20,
          500,
          4 << 20,
          128 << 10,
          16,
          Duration.ofSeconds(10),
          Duration.ofMillis(5),
          Duration.ofMillis(20),
          Duration.ofSeconds(10),
          Duration.ofSeconds(10),
          2);

  final EventLoopGroup group =
      new MultiThreadIoEventLoopGroup(
          1, new DefaultThreadFactory("peer"), NioIoHandler.newFactory());

  /// What member 1 was handed.
  final BlockingQueue<Envelope> delivered = new LinkedBlockingQueue<>();

  /// The notes it was handed, each behind its sender.
  final BlockingQueue<String> noted = new LinkedBlockingQueue<>();

  /// What came in which order: "message" or "note".
  final Queue<String> arrivals = new ConcurrentLinkedQueue<>();

  final Set<MemberId> removed = ConcurrentHashMap.newKeySet();
  final Recorder atServer = new Recorder();
  private final List<AutoCloseable> opened = new ArrayList<>();

  static PeerIdentity identity(MemberId member, long bootEpoch) {
    return new PeerIdentity(0xc1, member, new UUID(member.value(), 77), bootEpoch);
  }

  PeerServer server(Path directory) throws IOException {
    return server(directory, 0, LIMITS);
  }

  PeerServer server(Path directory, int port, PeerLimits limits) throws IOException {
    return server(DirectoryFiles.at(directory), port, limits);
  }

  PeerServer server(LogFiles files, int port, PeerLimits limits) throws IOException {
    PeerServer server =
        PeerServer.bind(
            List.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), port)),
            new PeerServer.Member(
                FIRST_IDENTITY,
                KnownPeers.open(files, FIRST_IDENTITY.storeUuid()),
                removed::contains,
                this::take,
                this::takeNote,
                path ->
                    path.equals("/version")
                        ? Optional.of("{\"etcdserver\":\"3.6.0\"}")
                        : Optional.empty()),
            group,
            limits,
            atServer);
    opened.add(server);
    return server;
  }

  private void take(Envelope envelope) {
    arrivals.add("message");
    delivered.add(envelope);
  }

  private void takeNote(MemberId from, ByteString note) {
    arrivals.add("note");
    noted.add(from + " " + note.toStringUtf8());
  }

  /// Links of the member to member 1 at this address.
  PeerLinks links(
      PeerIdentity self, InetSocketAddress address, PeerLimits limits, Recorder recorder) {
    PeerLinks links = new PeerLinks(self, group, limits, recorder, new Random(1));
    opened.add(links);
    links.update(Map.of(FIRST, List.of(address)));
    return links;
  }

  RawPeer raw(PeerServer server) throws IOException {
    RawPeer raw = new RawPeer(addressOf(server));
    opened.add(raw);
    return raw;
  }

  static InetSocketAddress addressOf(PeerServer server) {
    return server.addresses().getFirst();
  }

  /// A small message with a number to tell it by.
  static Envelope numbered(MemberId from, long number) {
    return new Envelope(from, FIRST, 7, new ReadIndexRequest(number));
  }

  static long numberOf(Envelope envelope) {
    return envelope.message() instanceof ReadIndexRequest(var number) ? number : -1;
  }

  static Envelope envelope(MemberId from, RaftMessage message) {
    return new Envelope(from, FIRST, 7, message);
  }

  /// The next message that member 1 gets.
  Envelope nextDelivered() throws InterruptedException {
    Envelope next = delivered.poll(15, TimeUnit.SECONDS);
    if (next == null) {
      throw new AssertionError("nothing was delivered; the server reported " + atServer.all);
    }
    return next;
  }

  /// The next note that member 1 gets.
  String nextNoted() throws InterruptedException {
    String next = noted.poll(15, TimeUnit.SECONDS);
    if (next == null) {
      throw new AssertionError("no note was delivered; the server reported " + atServer.all);
    }
    return next;
  }

  void close() throws Exception {
    for (AutoCloseable one : opened.reversed()) {
      one.close();
    }
    group.shutdownGracefully(0, 5, TimeUnit.SECONDS).await(5, TimeUnit.SECONDS);
  }
}
