package io.dgrid.acceptance;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import io.dgrid.local.Checkout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * The rules of the house that a compiler does not know. Each one is first shown to catch the
 * violations in {@code io.dgrid.acceptance.violation}.
 */
class ArchitectureTest {
  private static final String HOUSE = "io.dgrid";
  private static final String VIOLATIONS = "io.dgrid.acceptance.violation";
  private static final List<String> SERVICES =
      List.of("edge", "scheduler", "worker", "oracle", "settlement");

  private static final JavaClasses MODULES =
      new ClassFileImporter()
          .importPaths(
              List.of(
                      "proto",
                      "core",
                      "transport",
                      "contracts",
                      "rpc-edge",
                      "scheduler",
                      "worker-agent",
                      "quality-oracle",
                      "settlement",
                      "cli",
                      "deploy/local")
                  .stream()
                  .map(ArchitectureTest::classesOf)
                  .toList());
  private static final JavaClasses VIOLATORS = new ClassFileImporter().importPackages(VIOLATIONS);

  @Test
  void coreKnowsNoFramework() {
    holds(
        root ->
            noClasses()
                .that()
                .resideInAPackage(root + ".core..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                    "io.quarkus..",
                    "io.grpc..",
                    "org.apache.kafka..",
                    "org.hibernate..",
                    "io.vertx..",
                    "io.smallrye..",
                    "jakarta..",
                    "org.web3j..",
                    "io.dgrid.proto.."),
        "FramedCore");
  }

  @Test
  void onlyContractsAndChainAdaptersKnowWeb3j() {
    holds(
        root ->
            noClasses()
                .that()
                .resideInAPackage(root + "..")
                .and()
                .resideOutsideOfPackages(
                    "io.dgrid.contracts..", "io.dgrid.settlement.chain..", "io.dgrid.local.chain..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.web3j.."),
        "ChainInTheEdge");
  }

  @Test
  void servicesMeetInProtoAndTopics() {
    holds(
        root ->
            classes()
                .that()
                .resideInAnyPackage(packages(root, SERVICES))
                .should(notKnowAnotherService(root)),
        "KnowsTheScheduler");
  }

  @Test
  void namesSayWhatAClassIs() {
    String vague = "(Manager|Helper|Utils?|Impl|Base|Processor|DTO|Dto)";
    holds(
        root ->
            noClasses()
                .that()
                .resideInAPackage(root + "..")
                .and(ourOwn())
                .should()
                .haveNameMatching(".*[.$A-Za-z0-9]" + vague),
        "OrderManager");
  }

  @Test
  void everyGrpcServiceIsAnEndpoint() {
    holds(
        root ->
            classes()
                .that()
                .resideInAPackage(root + "..")
                .and(ourOwn())
                .and(servesGrpc())
                .should()
                .haveSimpleNameEndingWith("Endpoint"),
        "Door");
  }

  @Test
  void everyEndpointIsAGrpcService() {
    holds(
        root ->
            classes()
                .that(topLevelNamed(root, "Endpoint"))
                .should(ArchCondition.from(servesGrpc())),
        "NoEndpoint");
  }

  @Test
  void everyTypedSettingIsAConfig() {
    holds(
        root ->
            classes()
                .that()
                .resideInAPackage(root + "..")
                .and()
                .areAnnotatedWith("io.smallrye.config.ConfigMapping")
                .should()
                .beInterfaces()
                .andShould()
                .haveSimpleNameEndingWith("Config"),
        "Settings");
  }

  @Test
  void consumersAndPublishersSpeakToTheBroker() {
    for (String suffix : List.of("Consumer", "Publisher")) {
      holds(
          root ->
              classes()
                  .that(topLevelNamed(root, suffix))
                  .should(
                      know(
                          "org.apache.kafka..",
                          "org.eclipse.microprofile.reactive.messaging..",
                          "io.smallrye.reactive.messaging..")),
          "Silent" + suffix);
    }
  }

  @Test
  void repositoriesSpeakToTheDatabase() {
    holds(
        root ->
            classes()
                .that(topLevelNamed(root, "Repository"))
                .should(know("org.hibernate..", "jakarta.persistence..", "io.vertx..sqlclient..")),
        "ForgetfulRepository");
  }

  @Test
  void clientsCallSomebody() {
    holds(
        root ->
            classes()
                .that(topLevelNamed(root, "Client"))
                .should(
                    know(
                        "io.grpc..",
                        "java.net..",
                        "org.web3j..",
                        "org.apache.kafka.clients.admin..",
                        "io.dgrid.proto..")),
        "LonelyClient");
  }

  private interface Rule {
    ArchRule in(String root);
  }

  /** The rule catches exactly that violator, and then nothing in the modules. */
  private static void holds(Rule rule, String violator) {
    assertThat(rule.in(VIOLATIONS).evaluate(VIOLATORS).getFailureReport().getDetails())
        .as("what the rule catches")
        .isNotEmpty()
        .allMatch(detail -> detail.contains(VIOLATIONS) && detail.contains(violator));
    rule.in(HOUSE).check(MODULES);
  }

  private static DescribedPredicate<JavaClass> topLevelNamed(String root, String suffix) {
    return ourOwn()
        .and(JavaClass.Predicates.resideInAPackage(root + ".."))
        .and(JavaClass.Predicates.simpleNameEndingWith(suffix))
        .and(DescribedPredicate.describe("top level", JavaClass::isTopLevelClass));
  }

  private static DescribedPredicate<JavaClass> servesGrpc() {
    return JavaClass.Predicates.assignableTo("io.grpc.BindableService")
        .or(JavaClass.Predicates.assignableTo("io.quarkus.grpc.MutinyService"));
  }

  private static DescribedPredicate<JavaClass> ourOwn() {
    return DescribedPredicate.not(
        resideInAnyPackage("io.dgrid.proto..", "io.dgrid.contracts.generated.."));
  }

  private static ArchCondition<JavaClass> know(String... packages) {
    return new ArchCondition<>("know one of " + List.of(packages)) {
      @Override
      public void check(JavaClass item, ConditionEvents events) {
        boolean knows =
            item.getDirectDependenciesFromSelf().stream()
                .anyMatch(d -> resideInAnyPackage(packages).test(d.getTargetClass()));
        events.add(
            new SimpleConditionEvent(
                item, knows, "Class <" + item.getName() + "> knows none of the packages"));
      }
    };
  }

  private static ArchCondition<JavaClass> notKnowAnotherService(String root) {
    return new ArchCondition<>("not know another service") {
      @Override
      public void check(JavaClass item, ConditionEvents events) {
        String own = serviceOf(root, item.getPackageName());
        item.getDirectDependenciesFromSelf().stream()
            .map(d -> serviceOf(root, d.getTargetClass().getPackageName()))
            .filter(other -> !other.isEmpty() && !other.equals(own))
            .forEach(
                other ->
                    events.add(
                        SimpleConditionEvent.violated(
                            item, "Class <" + item.getName() + "> knows " + other)));
      }
    };
  }

  private static String serviceOf(String root, String packageName) {
    return SERVICES.stream()
        .filter(s -> (packageName + ".").startsWith(root + "." + s + "."))
        .findFirst()
        .orElse("");
  }

  private static String[] packages(String root, List<String> services) {
    return services.stream().map(s -> root + "." + s + "..").toArray(String[]::new);
  }

  private static Path classesOf(String module) {
    Path classes = Checkout.root().resolve(module).resolve("target/classes");
    assertThat(Files.isDirectory(classes)).as("%s is not compiled", module).isTrue();
    return classes;
  }
}
