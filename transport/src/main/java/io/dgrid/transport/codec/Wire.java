package io.dgrid.transport.codec;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.JobId;
import io.dgrid.core.identity.ModelId;
import io.dgrid.core.identity.ReceiptHash;
import io.dgrid.core.identity.Signature;
import io.dgrid.core.money.Price;
import io.dgrid.core.money.TokenAmount;
import io.dgrid.core.receipt.FinishReason;
import java.util.List;
import java.util.function.Function;

/**
 * Atoms of messages. Readers throw {@link DGridException} INVALID_REQUEST that names the field, so
 * that bad input costs its sender a clear error and nobody else anything.
 */
public final class Wire {
  private Wire() {}

  public static Hash hash(ByteString bytes, String field) {
    return read(bytes, field, "32 bytes", b -> Hash.of(b.toByteArray()));
  }

  public static Address address(ByteString bytes, String field) {
    return read(bytes, field, "20 bytes", b -> Address.of(b.toByteArray()));
  }

  public static JobId jobId(ByteString bytes) {
    return new JobId(hash(bytes, "job_id"));
  }

  public static ModelId modelId(ByteString bytes) {
    return new ModelId(hash(bytes, "model_id"));
  }

  public static ReceiptHash receiptHash(ByteString bytes) {
    return new ReceiptHash(hash(bytes, "receipt_hash"));
  }

  public static Signature signature(ByteString bytes, String field) {
    return read(bytes, field, "a canonical 65-byte signature", b -> Signature.of(b.toByteArray()));
  }

  public static TokenAmount amount(String text, String field) {
    return read(text, field, "an unsigned decimal below 2^128", TokenAmount::parse);
  }

  public static Price price(String text, String field) {
    return read(text, field, "an unsigned decimal below 2^128", Price::parse);
  }

  public static FinishReason finishReason(int code) {
    return read(code, "finish_reason", "1 to 4", FinishReason::of);
  }

  /** A {@code uint32} that Java's signed int can hold. */
  public static int count(int value, String field) {
    if (value < 0) {
      throw invalid(field, "at most 2147483647");
    }
    return value;
  }

  public static int[] ints(List<Integer> values) {
    return values.stream().mapToInt(Integer::intValue).toArray();
  }

  public static ByteString bytes(Hash hash) {
    return UnsafeByteOperations.unsafeWrap(hash.toBytes());
  }

  public static ByteString bytes(Address address) {
    return UnsafeByteOperations.unsafeWrap(address.toBytes());
  }

  public static ByteString bytes(JobId id) {
    return bytes(id.hash());
  }

  public static ByteString bytes(ModelId id) {
    return bytes(id.hash());
  }

  public static ByteString bytes(ReceiptHash hash) {
    return bytes(hash.hash());
  }

  public static ByteString bytes(Signature signature) {
    return UnsafeByteOperations.unsafeWrap(signature.toBytes());
  }

  /** The failure every reader throws: {@code field} must be {@code expected}. */
  public static DGridException invalid(String field, String expected) {
    return new DGridException(ErrorCode.INVALID_REQUEST, field + " must be " + expected);
  }

  /** Runs a domain constructor and turns its refusal into a failure that names the message. */
  static <T> T build(String what, java.util.function.Supplier<T> constructor) {
    try {
      return constructor.get();
    } catch (IllegalArgumentException refused) {
      throw new DGridException(ErrorCode.INVALID_REQUEST, what + ": " + refused.getMessage());
    }
  }

  private static <S, T> T read(S source, String field, String expected, Function<S, T> reader) {
    try {
      return reader.apply(source);
    } catch (IllegalArgumentException malformed) {
      throw invalid(field, expected);
    }
  }
}
