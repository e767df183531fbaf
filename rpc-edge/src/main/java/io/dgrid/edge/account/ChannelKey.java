package io.dgrid.edge.account;

import jakarta.persistence.Embeddable;

/** Payments from one client to one node. */
@Embeddable
record ChannelKey(String client, String node) {}
