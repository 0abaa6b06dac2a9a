package io.kvorum.raft.peer;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import com.google.protobuf.ByteString;
import io.kvorum.raft.Envelope;
import io.kvorum.raft.membership.MemberId;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// The outgoing half of the transport: a [PeerLink] for every other member.
///
/// All links live on one event loop of the group given. Any thread may call the methods here; those
/// of the thread `raft` never wait.
public final class PeerLinks implements IncomingSigns, AutoCloseable {
  private final PeerIdentity self;
  private final EventLoop loop;
  private final PeerLimits limits;
  private final PeerListener listener;
  private final RandomGenerator random;
  private final Object changing = new Object();

  @GuardedBy("changing")
  private boolean isClosed;

  /// Replaced as a whole.
  private volatile Map<MemberId, PeerLink> links = Map.of();

  /// Likewise.
  private volatile Map<MemberId, List<InetSocketAddress>> addresses = Map.of();

  /// @param random spreads reconnects; used by the event loop only
  public PeerLinks(
      PeerIdentity self,
      EventLoopGroup group,
      PeerLimits limits,
      PeerListener listener,
      RandomGenerator random) {
    this.self = self;
    this.loop = group.next();
    this.limits = limits;
    this.listener = listener;
    this.random = random;
  }

  /// Sends the message to the member it is for, or drops it: a peer without a connection or without
  /// room is reported unreachable, a member that is not a peer is not. Never blocks.
  ///
  /// @return false if it was dropped: it will certainly not arrive
  public boolean send(Envelope envelope) {
    PeerLink link = links.get(envelope.to());
    if (link != null) {
      return link.send(envelope);
    }
    listener.droppedOutgoing(envelope.to());
    return false;
  }

  /// Sends a note of at most [WireCodec#NOTE_BYTES] to the server of the member, in order with the
  /// messages sent before it but for heartbeats. Never blocks.
  ///
  /// @return false if it was dropped: it will certainly not arrive
  public boolean send(MemberId to, ByteString note) {
    PeerLink link = links.get(to);
    if (link != null) {
      return link.send(WireCodec.encodeNote(self.member(), to, note));
    }
    listener.droppedOutgoing(to);
    return false;
  }

  @Override
  public void connected(MemberId peer) {
    PeerLink link = links.get(peer);
    if (link != null) {
      loop.execute(link::appeared);
    }
  }

  @Override
  public void pinged(MemberId from, long number) {
    PeerLink link = links.get(from);
    if (link != null) {
      link.pinged(number);
    }
  }

  @Override
  public void ponged(MemberId from, long number) {
    PeerLink link = links.get(from);
    if (link != null) {
      link.ponged(number);
    }
  }

  /// Who the peers are from now on, and where: new ones are connected to, missing ones are let go,
  /// and a connection to an address that is no longer listed is given up. Addresses are tried in
  /// turn; give names unresolved, they are looked up at each attempt. This member itself is passed
  /// over.
  public void update(Map<MemberId, List<InetSocketAddress>> peers) {
    synchronized (changing) {
      if (isClosed) {
        return;
      }
      Map<MemberId, PeerLink> before = links;
      Map<MemberId, PeerLink> after = new TreeMap<>();
      for (MemberId peer : peers.keySet()) {
        if (!peer.equals(self.member())) {
          PeerLink known = before.get(peer);
          after.put(peer, known != null ? known : newLink(peer));
        }
      }
      links = after;
      addresses = Map.copyOf(peers);
      loop.execute(() -> carryOver(before, after, Map.copyOf(peers)));
    }
  }

  /// Where a peer is to be found, as told last; nowhere if it is none.
  public List<InetSocketAddress> addressesOf(MemberId peer) {
    return addresses.getOrDefault(peer, List.of());
  }

  /// Lets all peers go. The event loops remain the caller's.
  @Override
  public void close() {
    synchronized (changing) {
      isClosed = true;
      Map<MemberId, PeerLink> before = links;
      links = Map.of();
      loop.execute(() -> before.values().forEach(PeerLink::close));
    }
  }

  private PeerLink newLink(MemberId peer) {
    return new PeerLink(
        self,
        peer,
        loop,
        limits,
        listener,
        new Backoff(limits.firstRetry(), limits.lastRetry(), random));
  }

  private static void carryOver(
      Map<MemberId, PeerLink> before,
      Map<MemberId, PeerLink> after,
      Map<MemberId, List<InetSocketAddress>> peers) {
    before.forEach(
        (peer, link) -> {
          if (!after.containsKey(peer)) {
            link.close();
          }
        });
    after.forEach((peer, link) -> link.locate(peers.getOrDefault(peer, List.of())));
  }

  /// For tests: the link to a peer, or null.
  @Nullable PeerLink link(MemberId peer) {
    return links.get(peer);
  }
}
