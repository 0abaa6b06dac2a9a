package io.kvorum.server.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// operations.md §1.1–§1.6, §5.15.
class ServerFlagsTest {

  private static CommandLine parse(Map<String, String> environment, String... arguments) {
    return ServerFlags.parse(List.of(arguments), environment, () -> Optional.of("10.9.8.7"));
  }

  private static CommandLine.Run run(String... arguments) {
    CommandLine parsed = parse(Map.of(), arguments);
    assertThat(parsed).isInstanceOf(CommandLine.Run.class);
    return (CommandLine.Run) parsed;
  }

  private static String refusal(Map<String, String> environment, String... arguments) {
    CommandLine parsed = parse(environment, arguments);
    assertThat(parsed).isInstanceOf(CommandLine.Refuse.class);
    Notice reason = ((CommandLine.Refuse) parsed).reason();
    return reason.fields().stream()
        .filter(field -> field.key().equals("error"))
        .map(Notice.Field::value)
        .findFirst()
        .orElse(reason.message());
  }

  private static List<String> warnings(CommandLine.Run run) {
    return run.notices().stream()
        .filter(notice -> notice.severity() == Notice.Severity.WARN)
        .map(notice -> notice.message() + " " + notice.fields())
        .toList();
  }

  @Test
  void httpOnUrlsOfItsOwn_parsed_leavesGrpcAloneOnTheOthers() {
    MemberConfig.Listeners together = run().config().listeners();
    MemberConfig.Listeners apart =
        run("--listen-client-http-urls=http://localhost:2383").config().listeners();

    assertThat(together.served())
        .extracting(MemberConfig.Listeners.Served::traffic)
        .containsExactly("grpc+http");
    assertThat(apart.served())
        .extracting(served -> served.url().port() + " " + served.traffic())
        .containsExactly("2379 grpc", "2383 http");
  }

  @Test
  void noArguments_parsed_givesEtcdsDefaults() {
    MemberConfig config = run().config();

    assertThat(config.identity().name()).isEqualTo("default");
    assertThat(config.identity().dataDirectory()).isEqualTo(Path.of("default.etcd"));
    assertThat(config.identity().logDirectory()).isEqualTo(Path.of("default.etcd/member/wal"));
    assertThat(config.identity().cluster()).hasToString("default=http://localhost:2380");
    assertThat(config.listeners().clientUrls()).hasToString("[http://localhost:2379]");
    assertThat(config.listeners().keepAlive())
        .isEqualTo(
            new MemberConfig.KeepAlive(
                Duration.ofSeconds(5), Duration.ofHours(2), Duration.ofSeconds(20)));
    assertThat(config.consensus().requestTimeout()).isEqualTo(Duration.ofSeconds(7));
    assertThat(config.storage().quotaBytes()).isEqualTo(OptionalLong.of(2_147_483_648L));
    assertThat(config.storage().compaction()).isEqualTo(new MemberConfig.AutoCompaction.Off());
    assertThat(config.requests().maxRequestBytes()).isEqualTo(1_572_864);
    assertThat(config.requests().maxTxnOperations()).isEqualTo(128);
    assertThat(config.requests().maxConcurrentStreams()).isEqualTo(4_294_967_295L);
    assertThat(config.requests().watchProgressInterval()).isEqualTo(Duration.ofMinutes(10));
    assertThat(config.observation().logging()).isEqualTo(MemberConfig.Logging.initial());
    assertThat(config.gates().isOn("FastLeaseKeepAlive")).isTrue();
    assertThat(config.reportedVersion()).isEqualTo("3.7.0");
  }

  @Test
  void memoryOfAnswersAndNetwork_parsed_addUpToTheDirectMemory() {
    MemberConfig.Requests requests =
        run("--kvorum-read-memory-bytes=50000000", "--kvorum-network-memory-bytes=30000000")
            .config()
            .requests();

    assertThat(requests.directMemoryBytes()).isEqualTo(80_000_000);
  }

  @ParameterizedTest
  @ValueSource(strings = {"-name=n1", "--name=n1", "-name n1", "--name n1", "--name=x --name=n1"})
  void flagInEachSpelling_parsed_isTaken(String line) {
    assertThat(run(line.split(" ")).config().identity().name()).isEqualTo("n1");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "=true", "=1", "=t", "=T", "=TRUE", "=True"})
  void booleanInEachSpelling_parsed_isOn(String suffix) {
    assertThat(run("--unsafe-no-fsync" + suffix).config().storage().durability())
        .isEqualTo(MemberConfig.Durability.NO_FSYNC);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--nonsense|flag provided but not defined: -nonsense",
        "--name|flag needs an argument: -name",
        "--pre-vote=maybe|invalid boolean value \"maybe\" for -pre-vote: parse error",
        "--max-txn-ops=many|invalid value \"many\" for flag -max-txn-ops: parse error",
        "--max-txn-ops=-1|invalid value \"-1\" for flag -max-txn-ops: value out of range",
        "--grpc-keepalive-timeout=7"
            + "|invalid value \"7\" for flag -grpc-keepalive-timeout: parse error",
        "--=x|bad flag syntax: --=x",
        "---name=x|bad flag syntax: ---name=x",
        "--initial-cluster-state=old"
            + "|invalid value \"old\" for flag -initial-cluster-state: invalid value \"old\"",
        "--listen-peer-urls=ftp://h:1|invalid value \"ftp://h:1\" for flag -listen-peer-urls:"
            + " URL scheme must be http, https, unix, or unixs: ftp://h:1",
      })
  void unusableFlag_parsed_printsUsageAndExits2(String flag, String message) {
    CommandLine parsed = parse(Map.of(), flag);

    assertThat(parsed).isInstanceOf(CommandLine.Print.class);
    CommandLine.Print print = (CommandLine.Print) parsed;
    assertThat(print.exitCode()).isEqualTo(2);
    assertThat(print.standardError()).startsWith(message + "\n").contains("Usage:");
  }

  @ParameterizedTest
  @ValueSource(strings = {"--pre-vote false", "-- false", "false", "--name=n1 false --pre-vote"})
  void leftoverWord_parsed_exits1WithItsText(String line) {
    assertThat(parse(Map.of(), line.split(" ")))
        .isEqualTo(new CommandLine.Print("", "\"false\" is not a valid flag\n", 1));
  }

  @ParameterizedTest
  @ValueSource(strings = {"-h", "--help", "-help"})
  void help_parsed_printsAllFlagsAndExits0(String flag) {
    CommandLine.Print print = (CommandLine.Print) parse(Map.of(), flag);

    assertThat(print.exitCode()).isZero();
    assertThat(print.standardOutput()).contains("--quota-backend-bytes '0'", "--cors '*'");
    assertThat(print.standardError()).startsWith("Usage:");
  }

  @Test
  void version_parsed_printsFourLinesOfWhichToolsReadTheFirst() {
    CommandLine.Print print = (CommandLine.Print) parse(Map.of(), "--version");

    assertThat(print.exitCode()).isZero();
    assertThat(print.standardOutput().lines()).hasSize(4).startsWith("etcd Version: 3.7.0");
    assertThat(print.standardOutput().lines()).last().asString().startsWith("Go OS/Arch: ");
  }

  @Test
  void variable_flagNotGiven_isTaken() {
    CommandLine parsed = parse(Map.of("ETCD_NAME", "n7", "ETCD_WAL_DIR", ""));

    MemberConfig config = ((CommandLine.Run) parsed).config();
    assertThat(config.identity().name()).isEqualTo("n7");
    assertThat(config.identity().logDirectory()).isEqualTo(Path.of("n7.etcd/member/wal"));
  }

  @Test
  void variable_flagGivenToo_stopsTheStart() {
    assertThat(refusal(Map.of("ETCD_NAME", "n7"), "--name=n8"))
        .isEqualTo(
            "conflicting environment variable is shadowed by corresponding command-line flag"
                + " (either unset environment variable or disable flag))");
  }

  @Test
  void unknownVariables_parsed_areOnlyWarnedAbout() {
    CommandLine parsed =
        parse(Map.of("ETCD_UNSUPPORTED_ARCH", "arm64", "ETCD_VERSION", "v3", "PATH", "/bin"));

    assertThat(warnings((CommandLine.Run) parsed))
        .contains(
            "unrecognized environment variable [Field[key=environment-variable,"
                + " value=ETCD_UNSUPPORTED_ARCH]]",
            "unrecognized environment variable [Field[key=environment-variable,"
                + " value=ETCD_VERSION]]");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--listen-client-urls=http://127.0.0.1:1"
            + "|--advertise-client-urls is required when --listen-client-urls is set explicitly",
        "--listen-peer-urls=http://example.com:1|expected IP in URL for binding"
            + " (http://example.com:1), please set --listen-peer-urls to an IP",
        "--listen-peer-urls=https://127.0.0.1:1"
            + "|TLS is not supported yet: --listen-peer-urls has https://127.0.0.1:1",
        "--heartbeat-interval=0|--heartbeat-interval must be >0 (set to 0ms)",
        "--election-timeout=50001"
            + "|--election-timeout[50001ms] is too long, and should be set less than 50000ms",
        "--heartbeat-interval=201|--election-timeout[1000ms] should be at least as 5 times as"
            + " --heartbeat-interval[201ms]",
        "--heartbeat-interval=3689348814741910324|--election-timeout[1000ms] should be at least as"
            + " 5 times as --heartbeat-interval[3689348814741910324ms]",
        "--auto-compaction-mode=x|unknown auto-compaction-mode \"x\"",
        "--auto-compaction-retention=x"
            + "|error parsing CompactionRetention: time: invalid duration \"x\"",
        "--auto-compaction-retention=2562048"
            + "|error parsing CompactionRetention: time: invalid duration \"2562048\"",
        "--max-request-bytes=0|--max-request-bytes must be >0 (set to 0)",
        "--compact-hash-check-time=0s|--compact-hash-check-time must be >0 (set to 0s)",
        "--feature-gates=NoSuch=true|unrecognized feature gate: NoSuch",
        "--feature-gates=LeaseCheckpointPersist=true"
            + "|setting LeaseCheckpointPersist requires LeaseCheckpoint to be on",
        "--logger=capnslog|unknown logger option \"capnslog\"",
        "--log-level=loud|unrecognized level: \"loud\"",
        "--log-outputs=default,stdout|multi logoutput for \"default\" is not supported yet",
        "--enable-log-rotation|--log-outputs requires a single file path when"
            + " --enable-log-rotation is set",
        "--auth-token=jwt,sign-method=RS256|auth token type jwt is not supported yet: --auth-token",
        "--auth-token=other|auth: invalid auth options",
        "--discovery=http://example.com/t|v2 discovery is not supported yet: --discovery",
        "--discovery-srv=a/b|--discovery-srv is no domain name: a/b",
        "--discovery-token=t|both --discovery-token and --discovery-endpoints must be set",
        "--discovery-endpoints=a:1|both --discovery-token and --discovery-endpoints must be set",
        "--discovery-insecure-transport=false"
            + "|TLS for discovery is not supported yet: --discovery-insecure-transport",
        "--discovery-cacert=f|TLS for discovery is not supported yet: --discovery-cacert",
        "--discovery-user=u"
            + "|authentication for discovery is not supported yet: --discovery-user",
        "--client-crl-file=f|TLS is not supported yet: --client-crl-file",
        "--enable-distributed-tracing"
            + "|distributed tracing is not supported yet: --enable-distributed-tracing",
        "--experimental-enable-distributed-tracing"
            + "|distributed tracing is not supported yet: --enable-distributed-tracing",
        "--discovery-fallback=proxy|v2 proxy is not supported: --discovery-fallback=proxy",
        "--initial-cluster=n1|error setting up initial cluster: empty URL given for \"n1\"",
        "--kvorum-etcd-version=4.0.0"
            + "|--kvorum-etcd-version must look like 3.6.5 (set to 4.0.0)",
      })
  void valuesThatDoNotFit_parsed_refuseTheStart(String flag, String error) {
    assertThat(refusal(Map.of(), flag)).isEqualTo(error);
  }

  @Test
  void severalWaysToTheFirstMembers_parsed_refuseTheStart() {
    String error =
        "multiple discovery or bootstrap flags are set. Choose one of \"initial-cluster\","
            + " \"discovery-endpoints\" or \"discovery-srv\"";
    String settings = "--initial-cluster=a=http://127.0.0.1:1";

    assertThat(refusal(Map.of(), settings, "--discovery-srv=example.com")).isEqualTo(error);
    assertThat(refusal(Map.of(), "--discovery-srv=example.com", "--discovery-endpoints=a:1"))
        .isEqualTo(error);
    assertThat(refusal(Map.of(), settings, "--discovery-token=t", "--discovery-endpoints=a:1"))
        .isEqualTo(error);
  }

  @Test
  void discoveryService_parsed_leavesThisMemberAloneUnderTheToken() {
    MemberConfig.Identity identity =
        run(
                "--name=a",
                "--initial-advertise-peer-urls=http://127.0.0.1:1",
                "--initial-cluster-token=ignored",
                "--discovery-token=t",
                "--discovery-endpoints=http://a:1,b:2",
                "--discovery-request-timeout=9s")
            .config()
            .identity();

    assertThat(identity.discovery())
        .isEqualTo(
            new MemberConfig.Discovery.Registry(
                "t", List.of("http://a:1", "b:2"), Duration.ofSeconds(9)));
    assertThat(identity.cluster()).hasToString("a=http://127.0.0.1:1");
    assertThat(identity.cluster().token()).isEqualTo("t");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--discovery-endpoints=https://a:1"
            + "|TLS is not supported yet: --discovery-endpoints=https://a:1",
        "--discovery-endpoints=a|--discovery-endpoints: not host:port: a",
        "--discovery-request-timeout=0s|--discovery-request-timeout must be >0 (set to 0s)",
      })
  void discoveryService_thatCannotBeAsked_refusesTheStart(String flag, String error) {
    assertThat(refusal(Map.of(), "--discovery-token=t", "--discovery-endpoints=a:1", flag))
        .isEqualTo(error);
  }

  @ParameterizedTest
  @CsvSource({
    "periodic, 0, Off[]",
    "periodic, 3, Periodic[retention=PT3H]",
    "periodic, 30m, Periodic[retention=PT30M]",
    "periodic, 2562047, Periodic[retention=PT2562047H]",
    "periodic, 500ms, Periodic[retention=PT1S]",
    "revision, 1000, Revisions[revisions=1000]",
  })
  void autoCompaction_parsed_isTheirMeaning(String mode, String retention, String expected) {
    MemberConfig config =
        run("--auto-compaction-mode=" + mode, "--auto-compaction-retention=" + retention).config();

    assertThat(config.storage().compaction()).hasToString(expected);
  }

  @Test
  void retentionBeyondAnyNumber_ofRevisions_refusesTheStart() {
    String error =
        refusal(
            Map.of(),
            "--auto-compaction-mode=revision",
            "--auto-compaction-retention=99999999999999999999");

    assertThat(error)
        .isEqualTo(
            "error parsing CompactionRetention: not a number of revisions: 99999999999999999999");
  }

  @Test
  void oldSpellings_parsed_meanTheNewNamesAndWarn() {
    CommandLine.Run run =
        run(
            "--experimental-watch-progress-notify-interval=5s",
            "--experimental-initial-corrupt-check=true",
            "--experimental-warning-apply-duration=250ms",
            "--name=n1");

    assertThat(run.config().requests().watchProgressInterval()).isEqualTo(Duration.ofSeconds(5));
    assertThat(run.config().gates().isOn("InitialCorruptCheck")).isTrue();
    assertThat(run.config().observation().slowApply()).isEqualTo(Duration.ofMillis(250));
    assertThat(warnings(run)).hasSize(3).allMatch(text -> text.startsWith("deprecated flag"));
  }

  @Test
  void flagsWithoutEffect_parsed_warnOnceEach() {
    CommandLine.Run run =
        run("--name=n1", "--compaction-batch-limit=7", "--max-snapshots=5", "--vv", "--debug");

    assertThat(warnings(run))
        .hasSize(3)
        .anyMatch(text -> text.contains("compaction-batch-limit"))
        .anyMatch(text -> text.contains("value=vv"))
        .anyMatch(text -> text.contains("value=debug"));
  }

  @Test
  void everyWildcardListener_noAdvertisedUrl_advertisesTheDefaultHost() {
    MemberConfig config = run("--name=n1", "--listen-peer-urls=http://0.0.0.0:2380").config();

    assertThat(config.identity().advertised().peerUrls()).hasToString("[http://10.9.8.7:2380]");
    assertThat(config.identity().cluster()).hasToString("n1=http://10.9.8.7:2380");
  }

  @ParameterizedTest
  @CsvSource({"0, 2147483648", "1048576, 1048576", "9000000000, 9000000000"})
  void quota_parsed_isTheEffectiveOne(String flag, long expected) {
    assertThat(run("--quota-backend-bytes=" + flag).config().storage().quotaBytes())
        .hasValue(expected);
  }

  @Test
  void negativeQuota_parsed_isNone() {
    assertThat(run("--quota-backend-bytes=-1").config().storage().quotaBytes()).isEmpty();
  }

  @Test
  void tooShortProgressInterval_parsed_isRaised() {
    assertThat(
            run("--watch-progress-notify-interval=1ms").config().requests().watchProgressInterval())
        .isEqualTo(Duration.ofMillis(100));
  }

  @Test
  void unixAndSeveralUrls_parsed_areAccepted() {
    MemberConfig config =
        run(
                "--listen-client-urls=http://[::1]:2379,unix://a/b.sock",
                "--advertise-client-urls=http://x:1")
            .config();

    assertThat(config.listeners().clientUrls()).hasSize(2);
  }

  static List<String> allFlagNames() {
    List<String> names = new ArrayList<>();
    FlagTable.SERVER.all().forEach(flag -> names.add(flag.name()));
    return names;
  }

  @ParameterizedTest
  @MethodSource("allFlagNames")
  void everyFlag_givenItsDefault_isAccepted(String name) {
    String initial = FlagTable.SERVER.find(name).orElseThrow().initial();
    String required = "--advertise-client-urls=http://localhost:2379";

    CommandLine parsed = parse(Map.of(), required, "--" + name + "=" + initial);

    assertThat(parsed).isInstanceOf(CommandLine.Run.class);
  }
}
