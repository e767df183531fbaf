package io.dgrid.cli.chain;

import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.Keccak;
import io.dgrid.core.identity.Signature;
import io.dgrid.core.identity.Signer;
import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;

/**
 * A call of a contract as an EIP-1559 transaction without value and access list. Pure.
 *
 * @param maxPriorityFee wei per gas
 * @param maxFee wei per gas
 */
record Transaction(
    BigInteger chainId,
    BigInteger nonce,
    BigInteger maxPriorityFee,
    BigInteger maxFee,
    BigInteger gasLimit,
    Address to,
    byte[] data) {
  private static final byte TYPE = 2;

  /** Ready for {@code eth_sendRawTransaction}. */
  byte[] signed(Signer signer) {
    List<byte[]> fields = fields();
    Signature signature = signer.sign(Keccak.hash(typed(fields)));
    fields.add(Rlp.number(BigInteger.valueOf(signature.v() - 27)));
    fields.add(number(signature.r()));
    fields.add(number(signature.s()));
    return typed(fields);
  }

  private List<byte[]> fields() {
    List<byte[]> fields = new ArrayList<>();
    fields.add(Rlp.number(chainId));
    fields.add(Rlp.number(nonce));
    fields.add(Rlp.number(maxPriorityFee));
    fields.add(Rlp.number(maxFee));
    fields.add(Rlp.number(gasLimit));
    fields.add(Rlp.bytes(to.toBytes()));
    fields.add(Rlp.number(BigInteger.ZERO));
    fields.add(Rlp.bytes(data));
    fields.add(Rlp.list(List.of()));
    return fields;
  }

  private static byte[] typed(List<byte[]> fields) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(TYPE);
    out.writeBytes(Rlp.list(fields));
    return out.toByteArray();
  }

  private static byte[] number(Hash word) {
    return Rlp.number(new BigInteger(1, word.toBytes()));
  }
}
