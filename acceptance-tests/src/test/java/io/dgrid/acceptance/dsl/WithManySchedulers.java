package io.dgrid.acceptance.dsl;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A class that runs on a network of two edges, three schedulers and six workers; ask for it as a
 * {@link Network}.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(WideNetwork.class)
public @interface WithManySchedulers {}
