/**
 * Which models the network knows: their manifests, ids and the catalogue folders they come from. No
 * weights are read here.
 */
@NullMarked
package io.dgrid.core.model;

import org.jspecify.annotations.NullMarked;
