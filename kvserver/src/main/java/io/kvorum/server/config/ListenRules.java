package io.kvorum.server.config;

import java.util.List;
import java.util.regex.Pattern;

/// Which URLs can be listened on: an IP address or `localhost`, plaintext for now.
final class ListenRules {
  private static final Pattern IP =
      Pattern.compile("localhost|[0-9]{1,3}(\\.[0-9]{1,3}){3}|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*(%.+)?");

  private ListenRules() {}

  static List<ListenUrl> bindable(Settings settings, String flag) throws Refusal {
    List<ListenUrl> urls = settings.urls(flag);
    for (ListenUrl url : urls) {
      if (url.scheme().isEncrypted()) {
        throw Refusal.invalid("TLS is not supported yet: --" + flag + " has " + url);
      }
      if (!url.scheme().isSocketFile() && !IP.matcher(url.host()).matches()) {
        throw Refusal.invalid(
            "expected IP in URL for binding (" + url + "), please set --" + flag + " to an IP");
      }
    }
    if (urls.isEmpty() && (flag.equals("listen-client-urls") || flag.equals("listen-peer-urls"))) {
      throw Refusal.invalid("--" + flag + " must not be empty");
    }
    return urls;
  }

  /// The URLs for HTTP alone, none of which may be a client URL as well.
  static List<ListenUrl> httpUrls(Settings settings) throws Refusal {
    List<ListenUrl> urls = bindable(settings, "listen-client-http-urls");
    List<ListenUrl> clientUrls = settings.urls("listen-client-urls");
    for (ListenUrl url : urls) {
      if (clientUrls.contains(url)) {
        throw Refusal.invalid(
            "same URL in --listen-client-urls and --listen-client-http-urls: " + url);
      }
    }
    return urls;
  }
}
