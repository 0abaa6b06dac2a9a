package io.kvorum.server;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// Style 2.1, 2.3, 2.5 and 2.7 as far as class files show them.
class ArchitectureTest {
  private static final String[] REPLICATED = {
    "io.kvorum.server.apply..", "io.kvorum.server.command.."
  };

  private final JavaClasses classes =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("io.kvorum.server");

  @Test
  void packages_compiled_formNoCycle() {
    slices().matching("io.kvorum.server.(*)..").should().beFreeOfCycles().check(classes);
  }

  @Test
  void netty_used_onlyByTheTransport() {
    noClasses()
        .that()
        .resideOutsideOfPackage("io.kvorum.server.transport..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.netty..")
        .check(classes);
  }

  @Test
  void rocksDb_used_byTheStoreAlone() {
    noClasses().should().dependOnClassesThat().resideInAPackage("org.rocksdb..").check(classes);
  }

  /// Members must come to the same state, so nothing there may ask the world.
  @Test
  void replicatedParts_compiled_readNoClockAndNoRandomness() {
    noClasses()
        .that()
        .resideInAnyPackage(REPLICATED)
        .should()
        .callMethod(System.class, "nanoTime")
        .orShould()
        .callMethod(System.class, "currentTimeMillis")
        .orShould()
        .callMethod(java.time.Instant.class, "now")
        .orShould()
        .dependOnClassesThat()
        .areAssignableTo(Random.class)
        .check(classes);
  }

  @Test
  void replicatedParts_compiled_holdNothingInUnspecifiedOrder() {
    noClasses()
        .that()
        .resideInAnyPackage(REPLICATED)
        .should()
        .dependOnClassesThat()
        .areAssignableTo(HashSet.class)
        .orShould()
        .dependOnClassesThat()
        .belongToAnyOf(HashMap.class)
        .check(classes);
  }

  /// What is applied is the same whoever asked, by whatever transport.
  @Test
  void replicatedParts_compiled_knowNoTransport() {
    noClasses()
        .that()
        .resideInAnyPackage(REPLICATED)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.grpc..", "io.kvorum.server.grpc..", "io.kvorum.server.transport..")
        .check(classes);
  }

  @Test
  void process_ended_onlyByItsMainParts() {
    noClasses()
        .that()
        .doNotHaveFullyQualifiedName(Main.class.getName())
        .and()
        .doNotHaveFullyQualifiedName(FatalErrors.class.getName())
        .and()
        .doNotHaveFullyQualifiedName(StartUpTraining.class.getName())
        .should()
        .callMethod(System.class, "exit", int.class)
        .orShould()
        .callMethod(Runtime.class, "halt", int.class)
        .check(classes);
  }
}
