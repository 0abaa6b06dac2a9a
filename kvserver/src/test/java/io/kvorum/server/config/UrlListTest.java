package io.kvorum.server.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// operations.md §1.1, "URL lists"; §5.14 for socket files.
class UrlListTest {

  @Test
  void severalUrls_parsed_areSortedWithoutDuplicates() throws Exception {
    List<ListenUrl> urls =
        UrlList.parse("http://127.0.0.1:2379,http://10.0.0.7:2379, http://127.0.0.1:2379");

    assertThat(urls)
        .containsExactly(
            new ListenUrl(ListenUrl.Scheme.HTTP, "10.0.0.7", 2379, "http://10.0.0.7:2379"),
            new ListenUrl(ListenUrl.Scheme.HTTP, "127.0.0.1", 2379, "http://127.0.0.1:2379"));
  }

  @Test
  void ipv6Url_parsed_hasItsHostWithoutBrackets() throws Exception {
    assertThat(UrlList.parseOne("http://[::1]:2379").host()).isEqualTo("::1");
  }

  @Test
  void socketFileUrl_parsed_keepsHostAndPathAsFile() throws Exception {
    assertThat(UrlList.parseOne("unix://localhost:20000").host()).isEqualTo("localhost:20000");
  }

  @ParameterizedTest
  @CsvSource({
    "http://127.0.0.1:2379, 127.0.0.1:2379",
    "http://[::1]:2379, [::1]:2379",
    "unix://localhost:20000, localhost:20000",
  })
  void url_parsed_hasTheAddressThatClientsDial(String text, String address) throws Exception {
    assertThat(UrlList.parseOne(text).address()).isEqualTo(address);
  }

  @ParameterizedTest
  @CsvSource({
    "ftp://h:1, 'URL scheme must be http, https, unix, or unixs: ftp://h:1'",
    "h:1, 'URL scheme must be http, https, unix, or unixs: h:1'",
    "http://h, 'URL address does not have the form \"host:port\": http://h'",
    "http://[::1], 'URL address does not have the form \"host:port\": http://[::1]'",
    "http://h:70000, 'URL address does not have the form \"host:port\": http://h:70000'",
    "http://h:1/p, 'URL must not contain a path: http://h:1/p'",
  })
  void badUrl_checked_isRefusedInEtcdsWords(String text, String problem) {
    assertThat(UrlList.problemWith(text)).contains(problem);
  }
}
