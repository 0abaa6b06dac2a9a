package io.kvorum.raft.peer;

import io.kvorum.raft.Envelope;
import io.kvorum.raft.RaftMessage.SnapshotOffer;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.raft.peer.HandshakeRule.Verdict;
import io.kvorum.raft.peer.Handshakes.Purpose;
import io.kvorum.raft.peer.WireCodec.Decoded;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.io.IOException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// One connection that a peer opened: hears its handshake, has it judged, then hands on what comes.
///
/// Owned by the connection's event loop. After [#replace] or a refusal nothing more is handed on,
/// though bytes may still arrive.
final class IncomingConnection extends ChannelInboundHandlerAdapter {
  private final PeerServer server;
  private final HalfOpen halfOpen;
  private final FrameDecoder frames;
  private final Channel channel;
  private State state = State.GREETING;
  private Purpose purpose = Purpose.MESSAGES;
  private @Nullable MemberId peer;
  private long receivedBytes;

  IncomingConnection(PeerServer server, HalfOpen halfOpen, FrameDecoder frames, Channel channel) {
    this.server = server;
    this.halfOpen = halfOpen;
    this.frames = frames;
    this.channel = channel;
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (message instanceof FrameDecoder.BadFrame bad) {
      refuse(bad.reason());
    } else if (message instanceof byte[] frame) {
      switch (state) {
        case GREETING ->
            Handshakes.readGreeting(frame)
                .ifPresentOrElse(this::present, () -> refuse("no handshake"));
        case JUDGED -> refuse("it did not wait for the answer to its handshake");
        case ACCEPTED -> receive(frame);
        case ENDED -> {}
      }
    }
  }

  private void present(Handshakes.Greeting greeting) {
    state = State.JUDGED;
    purpose = greeting.purpose();
    server.judge(greeting, this);
  }

  /// The verdict on the handshake; whatever it rests on is durable.
  void answer(PeerIdentity sender, Verdict verdict) {
    if (state != State.JUDGED || !channel.isActive()) {
      return;
    }
    var _ = channel.writeAndFlush(Handshakes.reply(server.self(), verdict, channel.alloc()));
    if (verdict != Verdict.ACCEPTED) {
      refuse("member %s: %s".formatted(sender.member(), verdict));
      return;
    }
    halfOpen.leave();
    frames.allow(server.limits().frameBytes());
    switch (purpose) {
      case MESSAGES -> {
        state = State.ACCEPTED;
        peer = sender.member();
        server.accepted(sender.member(), this);
      }
      case SNAPSHOT -> {
        state = State.ENDED;
        FrameConnection bulk = new FrameConnection(channel, server.limits());
        channel.pipeline().replace(this, "snapshot", bulk);
        server.serveSnapshot(sender.member(), bulk, halfOpen);
      }
    }
  }

  private void receive(byte[] frame) {
    receivedBytes += FrameDecoder.LENGTH_BYTES + frame.length;
    switch (WireCodec.decode(frame)) {
      case Decoded.Messages(var envelopes) -> envelopes.forEach(this::handOn);
      case Decoded.Note(var from, var to, var content) -> {
        if (isAddressed(from, to)) {
          server.deliver(from, content);
        }
      }
      case Decoded.Pinged(var from, var to, var number) -> {
        if (isAddressed(from, to)) {
          server.pinged(from, number);
        }
      }
      case Decoded.Ponged(var from, var to, var number) -> {
        if (isAddressed(from, to)) {
          server.ponged(from, number);
        }
      }
      case Decoded.Unknown() -> server.listener().droppedIncoming(known());
      case Decoded.Malformed(var reason) ->
          refuse("member %s sent a malformed message: %s".formatted(known(), reason));
    }
  }

  private void handOn(Envelope envelope) {
    if (envelope.message() instanceof SnapshotOffer) {
      server.listener().droppedIncoming(known()); // it must not come before its files
    } else if (isAddressed(envelope.from(), envelope.to())) {
      server.deliver(envelope);
    }
  }

  /// From the peer of this connection to this member; anything else is dropped.
  private boolean isAddressed(MemberId from, MemberId to) {
    boolean isAddressed = from.equals(peer) && to.equals(server.self().member());
    if (!isAddressed) {
      server.listener().droppedIncoming(known());
    }
    return isAddressed;
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext context) {
    if (receivedBytes > 0) {
      server.listener().received(known(), receivedBytes);
      receivedBytes = 0;
    }
    context.fireChannelReadComplete();
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    end();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    if (cause instanceof IOException) {
      var _ = channel.close(); // the network's, not the program's
      end();
    } else {
      refuse("an unexpected failure: " + cause);
      server.listener().failed(cause);
    }
  }

  /// The peer has a newer connection, or is not to have one.
  void replace() {
    var _ = channel.close();
    end();
  }

  void refuse(String reason) {
    halfOpen.refuse(reason);
    end();
  }

  private void end() {
    boolean wasAccepted = state == State.ACCEPTED;
    state = State.ENDED;
    if (wasAccepted) {
      server.ended(known(), this);
    }
  }

  private MemberId known() {
    return Objects.requireNonNull(peer);
  }

  private enum State {
    /// The handshake has not come.
    GREETING,
    /// It came, and is being judged.
    JUDGED,
    /// Messages come.
    ACCEPTED,
    /// Whatever comes is ignored.
    ENDED
  }
}
