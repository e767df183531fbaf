package io.dgrid.acceptance.dsl;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A class that runs on the one network of the test run, with two edges, three schedulers and four
 * workers; ask for it as a {@link Network}.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(OneNetwork.class)
public @interface Acceptance {}
