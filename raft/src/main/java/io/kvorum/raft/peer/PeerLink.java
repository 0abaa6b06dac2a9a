package io.kvorum.raft.peer;

import io.kvorum.raft.Envelope;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.raft.peer.PeerListener.Direction;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ConnectTimeoutException;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Sends to one peer, over one connection at a time, and connects again whenever it is lost.
///
/// A message is sent at most once: what was queued for a connection goes down with it. Owned by the
/// event loop; [#send] may be called by any thread and touches only the queue and the flags.
final class PeerLink {
  private static final Logger LOG = LoggerFactory.getLogger(PeerLink.class);

  private final PeerIdentity self;
  private final MemberId peer;
  private final EventLoop loop;
  private final PeerLimits limits;
  private final PeerListener listener;
  private final OutgoingQueue queue;
  private final Backoff backoff;
  private final Pings pings;

  private final AtomicBoolean isDrainScheduled = new AtomicBoolean();
  private final AtomicBoolean isReportedUnreachable = new AtomicBoolean();

  private volatile boolean isConnected;

  private List<InetSocketAddress> addresses = List.of();
  private final Map<InetSocketAddress, String> complaints = new HashMap<>();
  private int attempts;
  private @Nullable InetSocketAddress dialled;
  private @Nullable OutgoingConnection connection;
  private @Nullable ScheduledFuture<?> retry;
  private boolean isRemovalReported;
  private int refusals; // in a row
  private boolean isGoneReported = true; // false only after a connection has ended
  private boolean isClosed;

  PeerLink(
      PeerIdentity self,
      MemberId peer,
      EventLoop loop,
      PeerLimits limits,
      PeerListener listener,
      Backoff backoff) {
    this.self = self;
    this.peer = peer;
    this.loop = loop;
    this.limits = limits;
    this.listener = listener;
    this.backoff = backoff;
    this.queue = new OutgoingQueue(limits.queueMessages(), limits.queueBytes());
    this.pings =
        new Pings(
            loop,
            self.bootEpoch() << Integer.SIZE,
            this::ping,
            nanos -> listener.roundTrip(peer, nanos));
  }

  /// Queues the message, or drops it and reports the peer unreachable. Never blocks.
  ///
  /// @return false if it was dropped
  boolean send(Envelope envelope) {
    if (!isConnected) {
      drop();
      return false;
    }
    return send(WireCodec.encode(envelope));
  }

  /// As above, for what is already in the form of the wire.
  boolean send(io.kvorum.proto.peer.Envelope message) {
    if (message.getSerializedSize() > limits.frameBytes()) {
      LOG.atError()
          .addKeyValue("peer", peer)
          .addKeyValue("bytes", message.getSerializedSize())
          .addKeyValue("limit", limits.frameBytes())
          .log("message to a peer is too long and is dropped");
      drop();
      return false;
    }
    if (!isConnected || !queue.offer(message)) {
      drop();
      return false;
    }
    wake();
    return true;
  }

  private void ping(long number) {
    var _ = send(WireCodec.encodePing(self.member(), peer, number)); // lost, and the next follows
  }

  /// Answers a ping of the peer. Any thread.
  void pinged(long number) {
    var _ = send(WireCodec.encodePong(self.member(), peer, number)); // likewise
  }

  /// The peer has answered a ping. Any thread.
  void ponged(long number) {
    loop.execute(() -> pings.answered(number));
  }

  private void drop() {
    listener.droppedOutgoing(peer);
    reportUnreachable();
  }

  private void reportUnreachable() {
    if (isReportedUnreachable.compareAndSet(false, true)) {
      listener.unreachable(peer);
    }
  }

  /// Makes the event loop send what is queued.
  void wake() {
    if (isDrainScheduled.compareAndSet(false, true)) {
      loop.execute(this::drain);
    }
  }

  private void drain() {
    isDrainScheduled.set(false);
    OutgoingConnection open = connection;
    if (open == null || !isConnected) {
      return;
    }
    try {
      long written = open.write(queue);
      if (written > 0) {
        listener.sent(peer, written);
      }
      if (queue.messages() == 0) {
        isReportedUnreachable.set(false);
      }
    } catch (IOException | RuntimeException e) {
      open.end("a message could not be encoded");
      listener.failed(e);
    }
  }

  /// Where the peer is to be found from now on. Unresolved addresses are looked up at each attempt.
  void locate(List<InetSocketAddress> where) {
    if (where.equals(addresses) || isClosed) {
      return;
    }
    addresses = List.copyOf(where);
    complaints.keySet().retainAll(addresses);
    if (retry != null && retry.cancel(false)) {
      retry = null;
      dial();
    } else if (dialled == null) {
      dial();
    } else if (connection != null && !addresses.contains(dialled)) {
      connection.end("its addresses have changed");
    }
  }

  /// The peer has just connected to this member, so it is there: the next attempt need not wait.
  void appeared() {
    if (retry != null && retry.cancel(false)) {
      dial();
    }
  }

  void close() {
    isClosed = true;
    if (retry != null) {
      retry.cancel(false);
    }
    if (connection != null) {
      connection.end("the peer is no longer a member, or this one stops");
    }
  }

  /// Messages that wait.
  int queuedMessages() {
    return queue.messages();
  }

  /// Their encoded bytes.
  long queuedBytes() {
    return queue.bytes();
  }

  private void dial() {
    retry = null;
    if (isClosed || addresses.isEmpty()) {
      dialled = null;
      return;
    }
    int attempt = attempts;
    attempts = (attempts + 1) & Integer.MAX_VALUE;
    InetSocketAddress address = addresses.get(attempt % addresses.size());
    dialled = address;
    if (address.isUnresolved()) {
      int round = attempt / addresses.size();
      Thread.ofVirtual().name("peer-lookup").start(() -> lookUp(address, round));
    } else {
      connect(address);
    }
  }

  /// A lookup can take as long as a name server likes, so it has a thread of its own.
  private void lookUp(InetSocketAddress address, int round) {
    try {
      InetAddress[] found = InetAddress.getAllByName(address.getHostString());
      InetAddress chosen = found[round % found.length];
      loop.execute(() -> connect(new InetSocketAddress(chosen, address.getPort())));
    } catch (IOException e) {
      loop.execute(() -> failed("the name is unknown"));
    }
  }

  private void connect(InetSocketAddress resolved) {
    if (isClosed) {
      return;
    }
    Bootstrap dialler = PeerSockets.dialler(loop, limits, this::begin);
    dialler
        .connect(resolved)
        .addListener(
            (ChannelFuture done) -> {
              refusals = isRefusal(done.cause()) ? refusals + 1 : 0;
              if (!done.isSuccess()) {
                reportIfGone();
                OutgoingConnection begun = done.channel().pipeline().get(OutgoingConnection.class);
                String reason = String.valueOf(done.cause().getMessage());
                if (begun != null) {
                  begun.end(reason);
                } else {
                  failed(reason);
                }
              }
            });
  }

  /// No answer at all is not a refusal, though Netty derives the one from the other.
  private static boolean isRefusal(@Nullable Throwable cause) {
    return cause instanceof ConnectException && !(cause instanceof ConnectTimeoutException);
  }

  /// If every address refuses, no process of the peer lives: one that does still listens, whatever
  /// becomes of its connections.
  private void reportIfGone() {
    if (!isGoneReported && refusals >= addresses.size()) {
      isGoneReported = true;
      listener.gone(peer);
    }
  }

  private void begin(Channel channel) {
    connection = new OutgoingConnection(this, self, peer, limits, channel);
  }

  void accepted(OutgoingConnection by) {
    if (by != connection || isClosed) {
      by.end("superseded");
      return;
    }
    queue.clear(); // a sender may have been overtaken by the end of the connection before
    backoff.reset();
    complaints.clear();
    isRemovalReported = false;
    isReportedUnreachable.set(false);
    isConnected = true;
    LOG.atInfo().addKeyValue("peer", peer).addKeyValue("address", dialled).log("connected to peer");
    listener.connected(peer, Direction.OUTGOING);
    pings.begin();
  }

  /// Told once, and not with every attempt that ends in the same way.
  void removed(MemberId by) {
    if (!isRemovalReported) {
      isRemovalReported = true;
      listener.removed(by);
    }
  }

  void ended(OutgoingConnection ending, String reason) {
    if (ending != connection) {
      return;
    }
    connection = null;
    pings.end();
    if (isConnected) {
      isConnected = false;
      queue.clear();
      LOG.atInfo()
          .addKeyValue("peer", peer)
          .addKeyValue("reason", reason)
          .log("connection to peer ended");
      listener.disconnected(peer, Direction.OUTGOING);
      if (!isClosed) {
        isGoneReported = false;
        reportUnreachable();
        retryLater();
      }
    } else {
      failed(reason);
    }
  }

  /// An attempt came to nothing. The log hears of it when the reason is another than last time.
  private void failed(String reason) {
    InetSocketAddress address = dialled;
    if (isClosed) {
      return;
    }
    listener.failedToConnect(peer);
    if (address != null && !reason.equals(complaints.put(address, reason))) {
      LOG.atWarn()
          .addKeyValue("peer", peer)
          .addKeyValue("address", address)
          .addKeyValue("reason", reason)
          .log("cannot connect to peer");
    }
    retryLater();
  }

  private void retryLater() {
    if (!isClosed) {
      retry = loop.schedule(this::dial, backoff.nextMillis(), TimeUnit.MILLISECONDS);
    }
  }
}
