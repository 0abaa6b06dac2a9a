package io.kvorum.server.cluster;

import io.kvorum.raft.membership.MemberId;
import io.kvorum.server.config.ListenUrl;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collection;
import java.util.List;

/// Member and cluster ids as etcd derives them, so that scripts which predict them keep working.
public final class MemberIds {
  private MemberIds() {}

  /// The id of a founding member: the first 8 bytes, big-endian, of SHA-1 over its sorted peer URLs
  /// and the cluster token.
  public static MemberId ofFounder(Collection<String> peerUrls, String clusterToken) {
    String text = String.join("", peerUrls.stream().sorted().toList()) + clusterToken;
    return new MemberId(first8(text.getBytes(StandardCharsets.UTF_8)));
  }

  /// The id of a member that is added later: from the time in seconds in place of the token.
  static MemberId ofAdded(Collection<String> peerUrls, long unixSeconds) {
    return ofFounder(peerUrls, Long.toString(unixSeconds));
  }

  /// The id of a cluster: the first 8 bytes of SHA-1 over its founders' ids, ascending, 8 bytes
  /// big-endian each.
  public static long ofCluster(Collection<MemberId> founders) {
    List<Long> ids = founders.stream().map(MemberId::value).sorted(Long::compareUnsigned).toList();
    ByteBuffer bytes = ByteBuffer.allocate(Long.BYTES * ids.size());
    ids.forEach(bytes::putLong);
    return first8(bytes.array());
  }

  /// URLs as ids are derived from them: as they were written, sorted, each once.
  public static List<String> texts(Collection<ListenUrl> urls) {
    return urls.stream().map(ListenUrl::text).sorted().distinct().toList();
  }

  private static long first8(byte[] bytes) {
    try {
      return ByteBuffer.wrap(MessageDigest.getInstance("SHA-1").digest(bytes)).getLong();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-1", e);
    }
  }
}
