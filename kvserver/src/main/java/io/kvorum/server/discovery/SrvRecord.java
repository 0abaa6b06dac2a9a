package io.kvorum.server.discovery;

import java.util.Optional;

/// Where a service is, of what an SRV record says (RFC 2782). Priority and weight choose among
/// servers of which one is enough; members are all needed.
record SrvRecord(String host, int port) implements Comparable<SrvRecord> {
  private static final int FIELDS = 4;
  private static final int MAX_PORT = 65_535;

  /// Reads `priority weight port target.`; empty if the service is said not to be there (`.`), or
  /// the text is no such record.
  static Optional<SrvRecord> parse(String text) {
    String[] fields = text.strip().split("\\s+", -1);
    if (fields.length != FIELDS || !fields[2].matches("[0-9]{1,5}")) {
      return Optional.empty();
    }
    String target = fields[3];
    String host = target.endsWith(".") ? target.substring(0, target.length() - 1) : target;
    int port = Integer.parseInt(fields[2]);
    return host.isEmpty() || port == 0 || port > MAX_PORT
        ? Optional.empty()
        : Optional.of(new SrvRecord(host, port));
  }

  @Override
  public int compareTo(SrvRecord other) {
    int hosts = host.compareTo(other.host);
    return hosts != 0 ? hosts : Integer.compare(port, other.port);
  }
}
