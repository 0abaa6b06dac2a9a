package io.kvorum.server.cluster;

import com.google.protobuf.ByteString;
import io.kvorum.proto.storage.Member;
import io.kvorum.raft.Envelope;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.raft.node.RaftPeers;
import io.kvorum.raft.peer.KnownPeers;
import io.kvorum.raft.peer.PeerIdentity;
import io.kvorum.raft.peer.PeerLimits;
import io.kvorum.raft.peer.PeerListener;
import io.kvorum.raft.peer.PeerServer;
import io.kvorum.raft.peer.PeerTransport;
import io.kvorum.raft.snapshot.SnapshotInbox;
import io.kvorum.raft.snapshot.SnapshotNetwork;
import io.kvorum.server.apply.ClusterState;
import io.kvorum.server.config.ListenUrl;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// The member among its peers: the way to them, the port they come in by, and who of them is
/// connected. Follows the membership.
public final class PeerSide implements RaftPeers, AutoCloseable {
  private final PeerIdentity self;
  private final KnownPeers known;
  private final Owner owner;
  private final Supplier<ClusterState> cluster;
  private final Connections connections;
  private final PeerListener meter;
  private final PeerTransport transport;
  private @Nullable PeerServer server; // once it listens

  /// Nobody is connected before [#follow], and nobody heard before [#listen].
  ///
  /// @param known belongs to this from here on
  /// @param owner is told what the peers send and say
  /// @param cluster as of the last applied batch
  /// @param meter hears of everything that can be counted
  /// @param random spreads reconnects
  public PeerSide(
      PeerIdentity self,
      KnownPeers known,
      Owner owner,
      Supplier<ClusterState> cluster,
      Connections connections,
      PeerListener meter,
      RandomGenerator random) {
    this.self = self;
    this.known = known;
    this.owner = owner;
    this.cluster = cluster;
    this.connections = connections;
    this.meter = meter;
    this.transport = PeerTransport.start(self, PeerLimits.standard(), new Events(), random);
  }

  /// What the member does about its peers. Called by the event loop of the peers and by the thread
  /// that sends; must not block.
  public interface Owner {
    /// A message has come.
    void received(Envelope envelope);

    /// The server of `from` has something to say.
    void noted(MemberId from, ByteString note);

    /// What was sent to `peer` of late may be lost.
    void unreachable(MemberId peer);

    /// The process of `peer` has ended, as far as can be seen from here.
    void gone(MemberId peer);

    /// A connection of `peer` has ended, in one direction or the other: what was under way is lost.
    void disconnected(MemberId peer);

    /// A peer says that this member was removed from the cluster for good.
    void removed();

    /// The member can promise nothing any more and must halt.
    void failed(Throwable cause);

    /// The JSON page for the path of an HTTP GET other than `/members`.
    Optional<String> page(String path);
  }

  @Override
  public boolean send(Envelope envelope) {
    return transport.links().send(envelope);
  }

  /// Sends a note to the server of another member, or loses it; see [PeerCalls.Transport].
  public boolean send(MemberId to, ByteString note) {
    return transport.links().send(to, note);
  }

  /// Connects to the members of this state, and to nobody else.
  public void follow(ClusterState state) {
    Map<MemberId, List<InetSocketAddress>> peers = new TreeMap<>();
    for (Member member : state.membership().getMembersList()) {
      peers.put(
          new MemberId(member.getId()),
          member.getPeerUrlsList().stream().flatMap(url -> addressOf(url).stream()).toList());
    }
    transport.links().update(peers);
    if (server != null) {
      Set<MemberId> strangers = new HashSet<>(connections.connected());
      strangers.removeAll(peers.keySet());
      strangers.forEach(server::disconnect);
    }
  }

  /// The way of snapshots to the peers.
  public SnapshotNetwork snapshots() {
    return transport.snapshots();
  }

  /// Opens the peer port.
  ///
  /// @param inbox gets the snapshots that come
  /// @throws IOException if one of the URLs cannot be listened on
  public void listen(List<ListenUrl> urls, SnapshotInbox inbox) throws IOException {
    for (ListenUrl url : urls) {
      if (url.scheme().isSocketFile()) {
        throw new IOException("peers cannot be served on a socket file yet: " + url);
      }
    }
    server =
        transport.listen(
            urls.stream().map(url -> new InetSocketAddress(url.host(), url.port())).toList(),
            new PeerServer.Member(
                    self,
                    known,
                    member -> cluster.get().isRemoved(member),
                    owner::received,
                    owner::noted,
                    this::page)
                .withSnapshots(inbox));
  }

  private Optional<String> page(String path) {
    return path.equals("/members")
        ? Optional.of(MemberListJson.write(cluster.get().membership().getMembersList()))
        : owner.page(path);
  }

  /// A peer URL as an address to be looked up at each attempt; empty if peers cannot be reached by
  /// such a URL.
  private static Optional<InetSocketAddress> addressOf(String url) {
    try {
      URI uri = URI.create(url);
      return uri.getHost() == null || uri.getPort() < 0
          ? Optional.empty()
          : Optional.of(InetSocketAddress.createUnresolved(host(uri), uri.getPort()));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static String host(URI uri) {
    String host = uri.getHost();
    return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
  }

  @Override
  public void close() {
    transport.close();
  }

  /// What the transport tells.
  private final class Events implements PeerListener {
    @Override
    public void unreachable(MemberId peer) {
      owner.unreachable(peer);
    }

    @Override
    public void gone(MemberId peer) {
      owner.gone(peer);
    }

    @Override
    public void removed(MemberId by) {
      owner.removed();
    }

    @Override
    public void failed(Throwable cause) {
      owner.failed(cause);
    }

    @Override
    public void connected(MemberId peer, Direction direction) {
      connections.connected(peer, direction);
      meter.connected(peer, direction);
    }

    @Override
    public void disconnected(MemberId peer, Direction direction) {
      connections.disconnected(peer, direction);
      meter.disconnected(peer, direction);
      owner.disconnected(peer);
    }

    @Override
    public void sent(MemberId peer, long bytes) {
      meter.sent(peer, bytes);
    }

    @Override
    public void received(MemberId peer, long bytes) {
      meter.received(peer, bytes);
    }

    @Override
    public void roundTrip(MemberId peer, long nanos) {
      meter.roundTrip(peer, nanos);
    }

    @Override
    public void droppedOutgoing(MemberId peer) {
      meter.droppedOutgoing(peer);
    }

    @Override
    public void droppedIncoming(MemberId peer) {
      meter.droppedIncoming(peer);
    }
  }
}
