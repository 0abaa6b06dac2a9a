package io.kvorum.server.config;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeSet;

/// Comma separated URLs, with etcd's rules and texts: sorted, without duplicates, no paths.
public final class UrlList {
  private static final int MAX_PORT = 65_535;

  private UrlList() {}

  static final class BadUrl extends Exception {
    BadUrl(String message) {
      super(message);
    }
  }

  /// Whether `text` is one URL of the kind.
  public static boolean isUrl(String text) {
    try {
      var _ = parseOne(text);
      return true;
    } catch (BadUrl bad) {
      return false;
    }
  }

  static Optional<String> problemWith(String text) {
    try {
      parse(text);
      return Optional.empty();
    } catch (BadUrl bad) {
      return Optional.of(String.valueOf(bad.getMessage()));
    }
  }

  /// The URLs of `text`; an empty text is an empty list.
  static List<ListenUrl> parse(String text) throws BadUrl {
    TreeSet<ListenUrl> urls = new TreeSet<>();
    if (!text.isEmpty()) {
      for (String part : text.split(",", -1)) {
        urls.add(parseOne(part.strip()));
      }
    }
    return List.copyOf(urls);
  }

  static ListenUrl parseOne(String text) throws BadUrl {
    int colon = text.indexOf("://");
    if (colon < 0) {
      throw new BadUrl("URL scheme must be http, https, unix, or unixs: " + text);
    }
    return switch (text.substring(0, colon).toLowerCase(Locale.ROOT)) {
      case "http" -> network(ListenUrl.Scheme.HTTP, text);
      case "https" -> network(ListenUrl.Scheme.HTTPS, text);
      case "unix" -> socketFile(ListenUrl.Scheme.UNIX, text, colon);
      case "unixs" -> socketFile(ListenUrl.Scheme.UNIXS, text, colon);
      default -> throw new BadUrl("URL scheme must be http, https, unix, or unixs: " + text);
    };
  }

  private static ListenUrl socketFile(ListenUrl.Scheme scheme, String text, int colon)
      throws BadUrl {
    String path = text.substring(colon + 3);
    if (path.isEmpty()) {
      throw new BadUrl("URL address does not have the form \"host:port\": " + text);
    }
    return new ListenUrl(scheme, path, 0, text);
  }

  private static ListenUrl network(ListenUrl.Scheme scheme, String text) throws BadUrl {
    URI uri;
    try {
      uri = new URI(text);
    } catch (URISyntaxException e) {
      throw new BadUrl("parse \"" + text + "\": " + e.getReason());
    }
    String authority = uri.getRawAuthority();
    int colon = authority == null ? -1 : authority.lastIndexOf(':');
    if (authority == null || colon <= 0 || authority.endsWith("]")) {
      throw new BadUrl("URL address does not have the form \"host:port\": " + text);
    }
    if (uri.getRawPath() != null && !uri.getRawPath().isEmpty()) {
      throw new BadUrl("URL must not contain a path: " + text);
    }
    String host = authority.substring(0, colon);
    String bareHost = host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    return new ListenUrl(scheme, bareHost, port(authority.substring(colon + 1), text), text);
  }

  private static int port(String digits, String text) throws BadUrl {
    if (!digits.matches("[0-9]{1,5}") || Integer.parseInt(digits) > MAX_PORT) {
      throw new BadUrl("URL address does not have the form \"host:port\": " + text);
    }
    return Integer.parseInt(digits);
  }
}
