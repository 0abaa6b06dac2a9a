package io.kvorum.testkit.cluster;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// A name server for SRV records, over UDP (RFC 1035, RFC 2782). What it does not know does not
/// exist.
final class NameServer implements AutoCloseable {
  private static final int HEADER_BYTES = 12;
  private static final int MAX_BYTES = 512;
  private static final int ANSWER = 0x8180;
  private static final int NO_SUCH_NAME = 0x8183;
  private static final int QUESTION_NAME = 0xc000 | HEADER_BYTES;
  private static final int SRV = 33;
  private static final int INTERNET = 1;

  private final DatagramSocket socket;
  private final Map<String, List<Target>> services = new ConcurrentHashMap<>();

  /// Where a service is.
  record Target(String host, int port) {}

  private NameServer(DatagramSocket socket) {
    this.socket = socket;
  }

  static NameServer start() throws IOException {
    NameServer server = new NameServer(new DatagramSocket(0, InetAddress.getLoopbackAddress()));
    Thread.ofVirtual().start(server::serve);
    return server;
  }

  /// As `java.naming.provider.url` names it.
  String url() {
    return "dns://127.0.0.1:" + socket.getLocalPort();
  }

  void put(String name, List<Target> targets) {
    services.put(name, List.copyOf(targets));
  }

  private void serve() {
    byte[] bytes = new byte[MAX_BYTES];
    try {
      while (true) {
        DatagramPacket packet = new DatagramPacket(bytes, bytes.length);
        socket.receive(packet);
        byte[] answer = answer(ByteBuffer.wrap(bytes, 0, packet.getLength()));
        socket.send(new DatagramPacket(answer, answer.length, packet.getSocketAddress()));
      }
    } catch (SocketException _) {
      return; // closed
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private byte[] answer(ByteBuffer query) throws IOException {
    short id = query.getShort(0);
    query.position(HEADER_BYTES);
    StringBuilder name = new StringBuilder();
    for (int length = query.get(); length > 0; length = query.get()) {
      byte[] label = new byte[length];
      query.get(label);
      name.append(name.isEmpty() ? "" : ".").append(new String(label, StandardCharsets.US_ASCII));
    }
    int type = query.getShort();
    byte[] question = new byte[query.position() + 2 - HEADER_BYTES];
    query.get(HEADER_BYTES, question);
    List<Target> targets =
        type == SRV
            ? services.getOrDefault(name.toString().toLowerCase(Locale.ROOT), List.of())
            : List.of();

    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeShort(id);
    out.writeShort(targets.isEmpty() ? NO_SUCH_NAME : ANSWER);
    out.writeShort(1);
    out.writeShort(targets.size());
    out.writeInt(0);
    out.write(question);
    for (Target target : targets) {
      write(target, out);
    }
    return bytes.toByteArray();
  }

  private static void write(Target target, DataOutputStream out) throws IOException {
    byte[] host = target.host().getBytes(StandardCharsets.US_ASCII); // a single label
    out.writeShort(QUESTION_NAME);
    out.writeShort(SRV);
    out.writeShort(INTERNET);
    out.writeInt(60);
    out.writeShort(3 * Short.BYTES + 1 + host.length + 1);
    out.writeShort(0);
    out.writeShort(0);
    out.writeShort(target.port());
    out.write(host.length);
    out.write(host);
    out.write(0);
  }

  @Override
  public void close() {
    socket.close();
  }
}
