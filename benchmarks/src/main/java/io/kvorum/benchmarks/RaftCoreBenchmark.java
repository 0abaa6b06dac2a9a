package io.kvorum.benchmarks;

import com.google.protobuf.ByteString;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/// The Raft core alone, all members in one thread: commits of batches, and reads. With `-prof gc`
/// the bytes allocated per operation, by all members together.
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
@State(Scope.Thread)
public class RaftCoreBenchmark {
  private static final ByteString PAYLOAD = ByteString.copyFrom(new byte[256]);

  @Param({"1", "3", "5"})
  public int members;

  @Param({"1", "64"})
  public int batch;

  private CoreGroup group = new CoreGroup(1);

  /// What one operation consists of.
  @AuxCounters
  @State(Scope.Thread)
  public static class Rates {
    public long proposals;
    public long steps;

    @Setup(Level.Iteration)
    public void clear() {
      proposals = 0;
      steps = 0;
    }
  }

  @Setup
  public void found() {
    group = new CoreGroup(members);
  }

  @Benchmark
  public long commit(Rates rates) {
    long before = group.steps();
    group.commit(batch, PAYLOAD);
    rates.proposals += batch;
    rates.steps += group.steps() - before;
    return group.commitIndex();
  }

  @Benchmark
  public long read() {
    group.read();
    return group.commitIndex();
  }
}
