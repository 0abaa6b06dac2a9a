package io.kvorum.raft;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/// Style 2.1, 2.3 and 2.7 as far as class files show them (raft.md §0).
class ArchitectureTest {
  private static final String[] PURE = {
    "io.kvorum.raft", "io.kvorum.raft.quorum", "io.kvorum.raft.membership"
  };

  private final JavaClasses classes =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("io.kvorum.raft");

  @Test
  void core_compiled_knowsNoThreadIoLoggerOrRandomSource() {
    noClasses()
        .that()
        .resideInAnyPackage(PURE)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "java.util.concurrent..",
            "java.io..",
            "java.nio.file..",
            "java.nio.channels..",
            "java.net..",
            "java.time..",
            "org.slf4j..")
        .orShould()
        .dependOnClassesThat(
            DescribedPredicate.describe(
                "are threads or sources of randomness",
                (JavaClass type) ->
                    type.isEquivalentTo(Thread.class)
                        || type.isAssignableTo(java.util.Random.class)
                        || type.isEquivalentTo(java.util.SplittableRandom.class)))
        .check(classes);
  }

  @Test
  void everything_compiled_readsNoAmbientClock() {
    noClasses()
        .should()
        .callMethod(System.class, "nanoTime")
        .orShould()
        .callMethod(System.class, "currentTimeMillis")
        .orShould()
        .callMethod(java.time.Instant.class, "now")
        .orShould()
        .callMethod(Thread.class, "sleep", long.class)
        .orShould()
        .callConstructor(java.util.Random.class)
        .check(classes);
  }

  @Test
  void everything_named_saysWhatItIs() {
    noClasses()
        .should()
        .haveNameMatching(".*\\.(Abstract|Default|Base)\\w*")
        .orShould()
        .haveNameMatching(".*(Impl|Util|Utils|Helper|Manager|Common|Misc)")
        .orShould()
        .resideInAnyPackage("..impl..", "..util..", "..common..", "..helper..", "..misc..")
        .check(classes);
  }

  @Test
  void packages_dependDownOnly() {
    slices().matching("io.kvorum.(**)").should().beFreeOfCycles().check(classes);
    noClasses()
        .that()
        .resideInAnyPackage(PURE)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "io.kvorum.raft.log..", "io.kvorum.raft.node..", "io.kvorum.raft.peer..")
        .check(classes);
  }

  @Test
  void nettyAndPeerMessages_knownToThePeerTransportOnly() {
    noClasses()
        .that()
        .resideOutsideOfPackage("io.kvorum.raft.peer")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.netty..", "io.kvorum.proto..")
        .check(classes);
    noClasses()
        .that()
        .resideInAPackage("io.kvorum.raft.peer")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.kvorum.proto.etcd..", "io.grpc..", "io.kvorum.raft.node..")
        .check(classes);
  }
}
