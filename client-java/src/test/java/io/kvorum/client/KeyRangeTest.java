package io.kvorum.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.util.HexFormat;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KeyRangeTest {
  private static ByteString hex(String digits) {
    return ByteString.copyFrom(HexFormat.of().parseHex(digits));
  }

  @ParameterizedTest
  @CsvSource({"61,62", "6162,6163", "61ff,62", "61ffff,62", "ff,00", "ffff,00", "7f,80"})
  void prefix_ofBytes_endsAtTheSmallestKeyAbove(String prefix, String end) {
    assertThat(KeyRange.prefix(hex(prefix))).isEqualTo(KeyRange.between(hex(prefix), hex(end)));
  }

  @ParameterizedTest
  @CsvSource("''")
  void prefix_ofNothing_isEveryKey(String prefix) {
    assertThat(KeyRange.prefix(prefix)).isEqualTo(KeyRange.all());
  }
}
