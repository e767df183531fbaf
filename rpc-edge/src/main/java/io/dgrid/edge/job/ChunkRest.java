package io.dgrid.edge.job;

import com.google.protobuf.ByteString;
import io.dgrid.proto.job.v1.Chunk;
import java.util.Optional;

/**
 * The part of a chunk that its reader does not have yet. Chunks of one attempt are always the same;
 * another attempt that makes the same tokens again may cut them elsewhere. Pure.
 */
final class ChunkRest {
  private ChunkRest() {}

  /**
   * Everything from a position inside the chunk on; empty when the chunk does not say which of its
   * text belongs to which token.
   */
  static Optional<Chunk> of(Chunk chunk, int position) {
    int known = position - chunk.getFirstPosition();
    int tokens = chunk.getTokenIdsCount();
    if (known <= 0 || known >= tokens || chunk.getReleasedCount() != tokens) {
      return Optional.empty();
    }
    ByteString text = chunk.getTextBytes();
    long told =
        chunk.getReleasedList().subList(0, known).stream().mapToLong(Integer::toUnsignedLong).sum();
    if (told > text.size() || !text.substring((int) told).isValidUtf8()) {
      return Optional.empty();
    }
    Chunk.Builder rest =
        Chunk.newBuilder()
            .setAttempt(chunk.getAttempt())
            .setFirstPosition(position)
            .addAllTokenIds(chunk.getTokenIdsList().subList(known, tokens))
            .setTextBytes(text.substring((int) told))
            .addAllReleased(chunk.getReleasedList().subList(known, tokens));
    if (chunk.getLogprobsCount() == tokens) {
      rest.addAllLogprobs(chunk.getLogprobsList().subList(known, tokens));
    }
    if (chunk.getTokenBytesCount() == tokens) {
      rest.addAllTokenBytes(chunk.getTokenBytesList().subList(known, tokens));
    }
    return Optional.of(rest.build());
  }
}
