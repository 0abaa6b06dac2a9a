package io.kvorum.mvcc;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// Style 2.1, 2.5 and 2.7 as far as class files show them.
class ArchitectureTest {
  private static final String ROCKS = "io.kvorum.mvcc.rocks..";

  private final JavaClasses classes =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("io.kvorum.mvcc");

  @Test
  void rocksDb_used_onlyInItsPackage() {
    noClasses()
        .that()
        .resideOutsideOfPackage(ROCKS)
        .should()
        .dependOnClassesThat()
        .resideInAPackage("org.rocksdb..")
        .check(classes);
  }

  @Test
  void everything_compiled_readsNoClockAndNoRandomness() {
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
        .dependOnClassesThat()
        .areAssignableTo(Random.class)
        .check(classes);
  }

  @Test
  void store_compiled_holdsNothingInUnspecifiedOrder() {
    noClasses()
        .that()
        .resideInAnyPackage("io.kvorum.mvcc", ROCKS)
        .should()
        .dependOnClassesThat()
        .areAssignableTo(HashSet.class)
        .orShould()
        .dependOnClassesThat()
        .belongToAnyOf(HashMap.class)
        .check(classes);
  }

  @Test
  void store_compiled_knowsNothingAboveIt() {
    noClasses()
        .that()
        .resideInAnyPackage("io.kvorum.mvcc", ROCKS)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "io.kvorum.mvcc.watch..",
            "io.kvorum.raft..",
            "io.kvorum.lease..",
            "io.kvorum.server..",
            "io.grpc..",
            "io.netty..")
        .check(classes);
  }

  @Test
  void watchMatching_compiled_knowsNoThreads() {
    String shells = ".*\\.(WatchHub|WatchLoop|WatchRing|WatchCounts|HistoryReads|CatchUp)(\\$.*)?";
    noClasses()
        .that()
        .resideInAPackage("io.kvorum.mvcc.watch")
        .and()
        .haveNameNotMatching(shells)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("java.util.concurrent..")
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
        .resideInAnyPackage(
            "..impl..", "..util..", "..common..", "..helper..", "..manager..", "..misc..")
        .check(classes);
  }

  @Test
  void packages_dependDownOnly() {
    slices().matching("io.kvorum.(**)").should().beFreeOfCycles().check(classes);
  }
}
