package io.dgrid.core.receipt;

import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.Keccak;
import io.dgrid.core.tokenizer.ChatMessage;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Salted hash of a prompt's canonical bytes: nothing public reveals what was asked. */
public final class PromptHash {
  private PromptHash() {}

  public static Hash ofChat(Hash salt, List<ChatMessage> messages) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(1);
    for (ChatMessage message : messages) {
      append(out, message.role());
      append(out, message.content());
    }
    return Keccak.hash(salt.toBytes(), out.toByteArray());
  }

  public static Hash ofText(Hash salt, String text) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(2);
    append(out, text);
    return Keccak.hash(salt.toBytes(), out.toByteArray());
  }

  static void append(ByteArrayOutputStream out, String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    out.writeBytes(ByteBuffer.allocate(4).putInt(utf8.length).array());
    out.writeBytes(utf8);
  }
}
