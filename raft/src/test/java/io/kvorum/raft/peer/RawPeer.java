package io.kvorum.raft.peer;

import com.google.protobuf.ByteString;
import io.kvorum.proto.peer.Handshake;
import io.kvorum.proto.peer.HandshakeReply;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.UUID;

/// A plain socket to a peer port, for saying what no member would say.
final class RawPeer implements Closeable {
  private static final int PATIENCE_MILLIS = 15_000;

  private final Socket socket;

  RawPeer(InetSocketAddress address) throws IOException {
    socket = new Socket();
    socket.setSoTimeout(PATIENCE_MILLIS);
    socket.connect(address, PATIENCE_MILLIS);
  }

  String localAddress() {
    return socket.getLocalSocketAddress().toString();
  }

  void waitAtMost(int millis) throws IOException {
    socket.setSoTimeout(millis);
  }

  RawPeer write(byte[] bytes) throws IOException {
    OutputStream out = socket.getOutputStream();
    out.write(bytes);
    out.flush();
    return this;
  }

  RawPeer write(String text) throws IOException {
    return write(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  RawPeer writeInt(int value) throws IOException {
    return write(ByteBuffer.allocate(4).putInt(value).array());
  }

  RawPeer frame(byte[] bytes) throws IOException {
    return write(ByteBuffer.allocate(4 + bytes.length).putInt(bytes.length).put(bytes).array());
  }

  RawPeer greet(PeerIdentity as) throws IOException {
    return frame(greeting(1, as));
  }

  static byte[] greeting(int version, PeerIdentity as) {
    return Handshake.newBuilder()
        .setProtocolVersion(version)
        .setClusterId(as.clusterId())
        .setMemberId(as.member().value())
        .setStoreUuid(uuid(as.storeUuid()))
        .setBootEpoch(as.bootEpoch())
        .build()
        .toByteArray();
  }

  private static ByteString uuid(UUID uuid) {
    ByteBuffer bytes = ByteBuffer.allocate(16);
    bytes.putLong(uuid.getMostSignificantBits()).putLong(uuid.getLeastSignificantBits()).flip();
    return ByteString.copyFrom(bytes);
  }

  HandshakeReply reply() throws IOException {
    DataInputStream in = new DataInputStream(socket.getInputStream());
    byte[] bytes = new byte[in.readInt()];
    in.readFully(bytes);
    return HandshakeReply.parseFrom(bytes);
  }

  /// Reads up to the end of the connection.
  String rest() throws IOException {
    StringBuilder text = new StringBuilder();
    byte[] bytes = new byte[4096];
    try {
      int read = socket.getInputStream().read(bytes);
      while (read >= 0) {
        text.append(new String(bytes, 0, read, StandardCharsets.ISO_8859_1));
        read = socket.getInputStream().read(bytes);
      }
    } catch (SocketException e) {
      // closed with unread bytes: the end as well
    }
    return text.toString();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
