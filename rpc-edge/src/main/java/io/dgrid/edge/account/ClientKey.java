package io.dgrid.edge.account;

import jakarta.persistence.Embeddable;

/** A key that a client granted. */
@Embeddable
record ClientKey(String client, String key) {}
