package io.dgrid.acceptance.violation;

/** A name that says nothing. */
record OrderManager(String order) {}
