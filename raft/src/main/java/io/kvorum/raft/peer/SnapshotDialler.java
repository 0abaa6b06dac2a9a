package io.kvorum.raft.peer;

import io.kvorum.proto.peer.HandshakeReply;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.raft.peer.Handshakes.Purpose;
import io.kvorum.raft.snapshot.SnapshotConnection;
import io.kvorum.raft.snapshot.SnapshotNetwork;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/// Opens a connection for each snapshot: dials the addresses of the peer in turn, says the
/// handshake and waits for its answer, all on the thread that asks.
public final class SnapshotDialler implements SnapshotNetwork {
  private final PeerIdentity self;
  private final EventLoop loop;
  private final PeerLimits limits;
  private final Function<MemberId, List<InetSocketAddress>> addresses;
  private final PeerListener listener;

  /// @param addresses where a peer is to be found now, as [PeerLinks#addressesOf]
  /// @param listener hears of the bytes
  public SnapshotDialler(
      PeerIdentity self,
      EventLoopGroup group,
      PeerLimits limits,
      Function<MemberId, List<InetSocketAddress>> addresses,
      PeerListener listener) {
    this.self = self;
    this.loop = group.next();
    this.limits = limits;
    this.addresses = addresses;
    this.listener = listener;
  }

  @Override
  public SnapshotConnection open(MemberId peer) throws IOException {
    IOException failure = new IOException("member " + peer + " has no address");
    for (InetSocketAddress address : addresses.apply(peer)) {
      try {
        return open(peer, resolved(address));
      } catch (IOException e) {
        failure = e;
      }
    }
    throw failure;
  }

  private static InetSocketAddress resolved(InetSocketAddress address) throws IOException {
    return address.isUnresolved()
        ? new InetSocketAddress(InetAddress.getByName(address.getHostString()), address.getPort())
        : address;
  }

  private SnapshotConnection open(MemberId peer, InetSocketAddress address) throws IOException {
    FrameDecoder decoder = new FrameDecoder();
    ChannelFuture connecting =
        PeerSockets.dialler(
                loop,
                limits,
                channel ->
                    channel.pipeline().addLast(decoder, new FrameConnection(channel, limits)))
            .connect(address)
            .awaitUninterruptibly();
    if (!connecting.isSuccess()) {
      throw new IOException("cannot connect to " + address, connecting.cause());
    }
    Channel channel = connecting.channel();
    FrameConnection frames = channel.pipeline().get(FrameConnection.class);
    try {
      frames.send(Handshakes.greeting(self, Purpose.SNAPSHOT, channel.alloc()));
      Optional<HandshakeReply> reply = Handshakes.readReply(frames.receive(limits.handshake()));
      Optional<String> flaw =
          reply.isEmpty()
              ? Optional.of("no answer to a handshake")
              : Handshakes.flawOf(reply.get(), self, peer);
      if (flaw.isPresent()) {
        throw new IOException(address + ": " + flaw.get());
      }
    } catch (IOException | RuntimeException e) {
      frames.close();
      throw e;
    }
    decoder.allow(limits.frameBytes()); // before anything else can be asked for
    return new SnapshotChannel(frames, peer, listener);
  }
}
