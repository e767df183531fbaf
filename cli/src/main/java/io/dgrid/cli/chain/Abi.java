package io.dgrid.cli.chain;

import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.Hex;
import io.dgrid.core.identity.Keccak;
import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Words of the contract ABI: every argument here is one word or a final list of words. */
final class Abi {
  private Abi() {}

  /** Call data of a function with one-word arguments. */
  static String call(String signature, Hash... words) {
    return call(signature, List.of(words));
  }

  /** As {@link #call}, with a list of words as the last argument. */
  static String callWithList(String signature, List<Hash> words, List<Hash> list) {
    List<Hash> all = new ArrayList<>(words);
    all.add(word((words.size() + 1) * (long) Hash.BYTES));
    all.add(word(list.size()));
    all.addAll(list);
    return call(signature, all);
  }

  private static String call(String signature, List<Hash> words) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(topic(signature).toBytes(), 0, 4);
    words.forEach(word -> out.writeBytes(word.toBytes()));
    return Hex.encode(out.toByteArray());
  }

  /** First topic of an event. */
  static Hash topic(String signature) {
    return Keccak.hash(signature.getBytes(StandardCharsets.US_ASCII));
  }

  static Hash word(long value) {
    return new Hash(0, 0, 0, value);
  }

  static Hash word(Address address) {
    byte[] out = new byte[Hash.BYTES];
    System.arraycopy(address.toBytes(), 0, out, Hash.BYTES - Address.BYTES, Address.BYTES);
    return Hash.of(out);
  }

  static Address address(Hash word) {
    return Address.of(Arrays.copyOfRange(word.toBytes(), Hash.BYTES - Address.BYTES, Hash.BYTES));
  }

  static BigInteger number(Hash word) {
    return new BigInteger(1, word.toBytes());
  }

  /** Whole words of a hexadecimal text; what is left over is dropped. */
  static List<Hash> words(String hex) {
    byte[] bytes = Hex.decode(hex);
    List<Hash> words = new ArrayList<>();
    for (int at = 0; at + Hash.BYTES <= bytes.length; at += Hash.BYTES) {
      words.add(Hash.of(Arrays.copyOfRange(bytes, at, at + Hash.BYTES)));
    }
    return words;
  }
}
