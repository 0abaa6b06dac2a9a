package io.kvorum.mvcc.watch;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.kvorum.mvcc.Change;
import io.kvorum.mvcc.KeyValue;
import java.util.HexFormat;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// The bytes of `mvccpb.Event` (api.md §2.7).
class WatchEventTest {
  private static final ByteString KEY = ByteString.copyFromUtf8("k");

  private static String hex(ByteString bytes) {
    return HexFormat.of().formatHex(bytes.toByteArray());
  }

  @Test
  void put_encoded_hasAllFieldsOfThePair() {
    KeyValue pair = new KeyValue(KEY, ByteString.copyFromUtf8("vv"), 3, 300, 2, 7);
    KeyValue before = new KeyValue(KEY, ByteString.EMPTY, 3, 3, 1, -1);

    WatchEvent event = WatchEvent.of(new Change(Change.Kind.PUT, pair, Optional.of(before)));

    assertThat(hex(event.body()))
        .isEqualTo("1210" + "0a016b" + "1003" + "18ac02" + "2002" + "2a027676" + "3007");
    assertThat(hex(event.previous()))
        .isEqualTo("1a14" + "0a016b" + "1003" + "1803" + "2001" + "30ffffffffffffffffff01");
    assertThat(event.size(true)).isEqualTo(event.body().size() + event.previous().size());
    assertThat(event.size(false)).isEqualTo(event.body().size());
  }

  // Case 25: a DELETE carries its key and revision and nothing else.
  @Test
  void delete_encoded_hasKeyAndRevisionOnly() {
    KeyValue tombstone = new KeyValue(KEY, ByteString.EMPTY, 0, 5, 0, 0);

    WatchEvent event = WatchEvent.of(new Change(Change.Kind.DELETE, tombstone, Optional.empty()));

    assertThat(hex(event.body())).isEqualTo("0801" + "1205" + "0a016b" + "1805");
    assertThat(event.previous()).isEqualTo(ByteString.EMPTY);
  }
}
