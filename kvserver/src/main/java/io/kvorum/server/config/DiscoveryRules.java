package io.kvorum.server.config;

import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/// How the first members are found: the flags `--discovery-...`.
final class DiscoveryRules {
  private DiscoveryRules() {}

  static MemberConfig.Discovery read(Settings settings) throws Refusal {
    String domain = settings.text("discovery-srv");
    String token = settings.text("discovery-token");
    List<String> endpoints = settings.words("discovery-endpoints");
    refuseSeveralWays(settings.text("initial-cluster"), domain, String.join(",", endpoints));
    if (token.isEmpty() != endpoints.isEmpty()) {
      throw Refusal.invalid("both --discovery-token and --discovery-endpoints must be set");
    }
    if (!domain.isEmpty()) {
      return new MemberConfig.Discovery.Dns(
          label(settings, "discovery-srv"), label(settings, "discovery-srv-name"));
    }
    return endpoints.isEmpty()
        ? new MemberConfig.Discovery.None()
        : registry(settings, token, endpoints);
  }

  private static void refuseSeveralWays(String... ways) throws Refusal {
    if (Stream.of(ways).filter(way -> !way.isEmpty()).count() > 1) {
      throw Refusal.invalid(
          "multiple discovery or bootstrap flags are set. Choose one of \"initial-cluster\","
              + " \"discovery-endpoints\" or \"discovery-srv\"");
    }
  }

  /// A part of a domain name, so that nothing else can get into a query.
  private static String label(Settings settings, String flag) throws Refusal {
    String text = settings.text(flag);
    if (!text.matches("[0-9A-Za-z._-]{0,200}")) {
      throw Refusal.invalid("--" + flag + " is no domain name: " + text);
    }
    return text;
  }

  private static MemberConfig.Discovery registry(
      Settings settings, String token, List<String> endpoints) throws Refusal {
    for (String endpoint : endpoints) {
      if (endpoint.startsWith("https://")) {
        throw Refusal.notYet("TLS", "discovery-endpoints=" + endpoint);
      }
      if (!UrlList.isUrl(endpoint.startsWith("http://") ? endpoint : "http://" + endpoint)) {
        throw Refusal.invalid("--discovery-endpoints: not host:port: " + endpoint);
      }
    }
    Duration timeout = settings.duration("discovery-request-timeout");
    if (!timeout.isPositive()) {
      throw Refusal.invalid(
          "--discovery-request-timeout must be >0 (set to %s)"
              .formatted(GoDuration.format(timeout)));
    }
    return new MemberConfig.Discovery.Registry(token, endpoints, timeout);
  }
}
