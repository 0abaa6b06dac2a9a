package io.kvorum.raft.peer;

import com.google.protobuf.ByteString;
import io.kvorum.raft.Envelope;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.raft.peer.HandshakeRule.Verdict;
import io.kvorum.raft.peer.PeerListener.Direction;
import io.kvorum.raft.snapshot.SnapshotInbox;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.handler.codec.http.HttpServerCodec;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The incoming half of the transport: the peer port, with one connection of every other member.
///
/// All connections live on one event loop of the group given, which owns everything here but the
/// file about the peers: handshakes are judged on the thread `peer-files`, one after the other.
public final class PeerServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(PeerServer.class);

  private final Member member;
  private final PeerLimits limits;
  private final PeerListener listener;
  private final IncomingSigns signs;
  private final EventLoop loop;
  private final HandshakeRule rule;
  private final ExecutorService files;
  private final HalfOpen.Places places;
  private final ChannelGroup channels;
  private final List<InetSocketAddress> bound = new ArrayList<>();
  private final Map<MemberId, IncomingConnection> peers = new TreeMap<>();
  private int snapshotConnections;

  /// What the port knows of its member.
  ///
  /// @param known belongs to the server from here on
  /// @param isRemoved asked by the thread `peer-files`
  /// @param consumer gets the peers' messages, in order for each; called by the event loop, must
  ///   not block
  /// @param notes gets the notes of the peers' servers, each with its sender; likewise, and in
  ///   order with the messages
  /// @param pages the JSON body for the path of an HTTP GET, if there is one; likewise
  /// @param snapshots gets connections for snapshots, each on a thread of its own
  public record Member(
      PeerIdentity self,
      KnownPeers known,
      Predicate<MemberId> isRemoved,
      Consumer<Envelope> consumer,
      BiConsumer<MemberId, ByteString> notes,
      Function<String, Optional<String>> pages,
      Optional<SnapshotInbox> snapshots) {
    /// One that takes no snapshots.
    public Member(
        PeerIdentity self,
        KnownPeers known,
        Predicate<MemberId> isRemoved,
        Consumer<Envelope> consumer,
        BiConsumer<MemberId, ByteString> notes,
        Function<String, Optional<String>> pages) {
      this(self, known, isRemoved, consumer, notes, pages, Optional.empty());
    }

    /// The same, and `inbox` gets the snapshots.
    public Member withSnapshots(SnapshotInbox inbox) {
      return new Member(self, known, isRemoved, consumer, notes, pages, Optional.of(inbox));
    }
  }

  private PeerServer(
      Member member,
      EventLoopGroup group,
      PeerLimits limits,
      PeerListener listener,
      IncomingSigns signs) {
    this.member = member;
    this.signs = signs;
    this.limits = limits;
    this.listener = listener;
    this.loop = group.next();
    this.rule = new HandshakeRule(member.self(), member.isRemoved());
    this.files =
        Executors.newSingleThreadExecutor(
            Thread.ofPlatform().name("peer-files").daemon(true).factory());
    this.places = new HalfOpen.Places(limits.halfOpen());
    this.channels = new DefaultChannelGroup(loop, true);
  }

  /// Listens on all of the addresses, for a transport of one half.
  ///
  /// @throws IOException if one of them cannot be had; none is listened on then
  public static PeerServer bind(
      List<InetSocketAddress> addresses,
      Member member,
      EventLoopGroup group,
      PeerLimits limits,
      PeerListener listener)
      throws IOException {
    return bind(addresses, member, group, limits, listener, IncomingSigns.IGNORED);
  }

  /// Listens on all of the addresses.
  ///
  /// @throws IOException if one of them cannot be had; none is listened on then
  static PeerServer bind(
      List<InetSocketAddress> addresses,
      Member member,
      EventLoopGroup group,
      PeerLimits limits,
      PeerListener listener,
      IncomingSigns signs)
      throws IOException {
    PeerServer server = new PeerServer(member, group, limits, listener, signs);
    for (InetSocketAddress address : addresses) {
      ChannelFuture binding =
          PeerSockets.acceptor(server.loop, server::greet).bind(address).awaitUninterruptibly();
      if (!binding.isSuccess()) {
        server.close();
        throw new IOException("cannot listen on " + address, binding.cause());
      }
      server.channels.add(binding.channel());
      server.bound.add((InetSocketAddress) binding.channel().localAddress());
    }
    return server;
  }

  /// Where the server listens, with the ports it really got.
  public List<InetSocketAddress> addresses() {
    return List.copyOf(bound);
  }

  /// Closes the connection of a member, which can only come back through a handshake. Any thread.
  public void disconnect(MemberId peer) {
    loop.execute(
        () -> {
          IncomingConnection connection = peers.get(peer);
          if (connection != null) {
            connection.replace();
          }
        });
  }

  /// Stops listening and closes all connections; what arrived is handed on before, nothing after.
  /// The event loops remain the caller's. Not to be called by one of them.
  @Override
  public void close() {
    channels.close().awaitUninterruptibly();
    files.shutdown();
  }

  private void greet(Channel channel) {
    channels.add(channel);
    HalfOpen halfOpen = new HalfOpen(places, limits, listener, channel);
    channel.pipeline().addLast(halfOpen, new FirstBytes(this, halfOpen));
  }

  void speakFrames(ChannelPipeline pipeline, HalfOpen halfOpen) {
    FrameDecoder frames = new FrameDecoder();
    pipeline.addLast(frames, new IncomingConnection(this, halfOpen, frames, pipeline.channel()));
  }

  void speakHttp(ChannelPipeline pipeline, HalfOpen halfOpen) {
    pipeline.addLast(
        new HttpServerCodec(), new HttpAnswers(member.self(), member.pages(), halfOpen));
  }

  /// Judges a handshake, makes durable what it tells, then answers it on the event loop.
  void judge(Handshakes.Greeting greeting, IncomingConnection connection) {
    try {
      files.execute(() -> judgeNow(greeting, connection));
    } catch (RejectedExecutionException e) {
      connection.refuse("this member stops");
    }
  }

  private void judgeNow(Handshakes.Greeting greeting, IncomingConnection connection) {
    PeerIdentity sender = greeting.sender();
    try {
      Verdict verdict =
          rule.judge(greeting.version(), sender, member.known().find(sender.member()));
      if (verdict == Verdict.ACCEPTED && !member.known().hasRoomFor(sender.member())) {
        onLoop(() -> connection.refuse("more members than can be remembered"));
        return;
      }
      if (verdict == Verdict.ACCEPTED) {
        member.known().remember(sender);
      }
      onLoop(() -> connection.answer(sender, verdict));
    } catch (IOException | RuntimeException e) {
      LOG.atError().setCause(e).log("what is known of peers cannot be kept");
      onLoop(() -> connection.refuse("it could not be remembered"));
      listener.failed(e);
    }
  }

  private void onLoop(Runnable task) {
    try {
      loop.execute(task);
    } catch (RejectedExecutionException e) {
      LOG.atDebug().log("a connection was dealt with after the event loop had ended");
    }
  }

  void accepted(MemberId peer, IncomingConnection connection) {
    IncomingConnection older = peers.get(peer);
    if (older != null) {
      older.replace();
    }
    peers.put(peer, connection);
    LOG.atInfo().addKeyValue("peer", peer).log("peer connected");
    listener.connected(peer, Direction.INCOMING);
    signs.connected(peer);
  }

  void ended(MemberId peer, IncomingConnection connection) {
    if (peers.remove(peer, connection)) {
      LOG.atInfo().addKeyValue("peer", peer).log("peer disconnected");
      listener.disconnected(peer, Direction.INCOMING);
    }
  }

  /// A peer wants to send a snapshot.
  void serveSnapshot(MemberId peer, FrameConnection connection, HalfOpen halfOpen) {
    Optional<SnapshotInbox> inbox = member.snapshots();
    if (inbox.isEmpty() || snapshotConnections == limits.snapshotConnections()) {
      halfOpen.refuse(
          inbox.isEmpty() ? "this member takes no snapshots" : "too many snapshots are coming");
      return;
    }
    snapshotConnections++;
    Thread.ofPlatform()
        .name("snapshot-in")
        .daemon(true)
        .start(
            () -> {
              try {
                inbox.get().serve(peer, new SnapshotChannel(connection, peer, listener));
              } catch (RuntimeException | Error e) {
                listener.failed(e);
              } finally {
                connection.close();
                onLoop(() -> snapshotConnections--);
              }
            });
  }

  void deliver(Envelope envelope) {
    member.consumer().accept(envelope);
  }

  void deliver(MemberId from, ByteString note) {
    member.notes().accept(from, note);
  }

  void pinged(MemberId from, long number) {
    signs.pinged(from, number);
  }

  void ponged(MemberId from, long number) {
    signs.ponged(from, number);
  }

  PeerIdentity self() {
    return member.self();
  }

  PeerLimits limits() {
    return limits;
  }

  PeerListener listener() {
    return listener;
  }
}
