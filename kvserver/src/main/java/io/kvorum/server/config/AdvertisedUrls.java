package io.kvorum.server.config;

import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/// The URLs the member tells others, and the initial cluster that follows from them.
final class AdvertisedUrls {
  private static final String LOCALHOST = "localhost";
  private static final String ANY_HOST = "0.0.0.0";

  private final Settings settings;
  private final List<Notice> notices;
  private final Optional<String> defaultHost;

  /// @param defaultHost address of this machine's default route: stands in for `localhost` when the
  ///   member listens on every interface and was not told what to advertise
  AdvertisedUrls(Settings settings, List<Notice> notices, Optional<String> defaultHost) {
    this.settings = settings;
    this.notices = notices;
    this.defaultHost = defaultHost;
  }

  MemberConfig.Advertised read() throws Refusal {
    if (settings.isGiven("listen-client-urls") && !settings.isGiven("advertise-client-urls")) {
      throw Refusal.invalid(
          "--advertise-client-urls is required when --listen-client-urls is set explicitly");
    }
    if (settings.urls("advertise-client-urls").isEmpty()) {
      throw Refusal.invalid("--advertise-client-urls must not be empty");
    }
    return new MemberConfig.Advertised(peerUrls(), settings.urls("advertise-client-urls"));
  }

  private List<ListenUrl> peerUrls() throws Refusal {
    List<ListenUrl> urls = settings.urls("initial-advertise-peer-urls");
    if (urls.isEmpty()) {
      throw Refusal.invalid("--initial-advertise-peer-urls must not be empty");
    }
    boolean everywhere =
        settings.urls("listen-peer-urls").stream().anyMatch(url -> url.host().equals(ANY_HOST));
    if (settings.isGiven("initial-advertise-peer-urls") || !everywhere || defaultHost.isEmpty()) {
      return urls;
    }
    String host = defaultHost.get();
    notices.add(Notice.info("detected default host for advertise", Notice.field("host", host)));
    return urls.stream().map(url -> withHost(url, host)).toList();
  }

  private static ListenUrl withHost(ListenUrl url, String host) {
    String text = url.text().replace(LOCALHOST, host);
    return new ListenUrl(url.scheme(), host, url.port(), text);
  }

  /// As far as the settings tell it, before anybody is asked.
  InitialCluster initialCluster(String name, MemberConfig.Discovery discovery) throws Refusal {
    NavigableMap<String, List<ListenUrl>> members = new TreeMap<>();
    String token = settings.text("initial-cluster-token");
    switch (discovery) {
      case MemberConfig.Discovery.None _ -> {
        if (settings.text("initial-cluster").isEmpty()) {
          members.put(name, peerUrls());
        } else {
          members.putAll(InitialCluster.parse(settings.text("initial-cluster")));
        }
      }
      case MemberConfig.Discovery.Dns _ -> {}
      case MemberConfig.Discovery.Registry registry -> {
        members.put(name, peerUrls());
        token = registry.token();
      }
    }
    InitialCluster.State state =
        settings.text("initial-cluster-state").equals("existing")
            ? InitialCluster.State.EXISTING
            : InitialCluster.State.NEW;
    return new InitialCluster(members, state, token);
  }
}
