package io.kvorum.server.config;

import java.util.Locale;

/// One URL of a URL list: where to listen, or what to tell others. `text` is as the operator wrote
/// it, which is what the member list shows and what ids are derived from.
///
/// For `unix` and `unixs` the `host` is the whole path of the socket and `port` is 0.
public record ListenUrl(Scheme scheme, String host, int port, String text)
    implements Comparable<ListenUrl> {

  /// The transports a URL may name.
  public enum Scheme {
    HTTP,
    HTTPS,
    UNIX,
    UNIXS;

    public boolean isEncrypted() {
      return this == HTTPS || this == UNIXS;
    }

    public boolean isSocketFile() {
      return this == UNIX || this == UNIXS;
    }

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /// `host:port`, or the path of the socket file.
  public String address() {
    if (scheme.isSocketFile()) {
      return host;
    }
    return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
  }

  @Override
  public int compareTo(ListenUrl other) {
    return text.compareTo(other.text);
  }

  @Override
  public String toString() {
    return text;
  }
}
