package io.dgrid.core.identity;

/** Signs digests for one address; the key itself may live elsewhere. */
public interface Signer {
  Address address();

  Signature sign(Hash digest);
}
