package io.dgrid.edge.job;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.dgrid.proto.job.v1.Chunk;
import java.util.List;
import org.junit.jupiter.api.Test;

class ChunkRestTest {
  private final Chunk chunk =
      Chunk.newBuilder()
          .setAttempt(3)
          .setFirstPosition(10)
          .addAllTokenIds(List.of(100, 101, 102))
          .addAllLogprobs(List.of(1, 2, 3))
          .addAllTokenBytes(List.of(bytes("é"), bytes(""), bytes("xy")))
          .setText("éxy")
          .addAllReleased(List.of(2, 0, 2))
          .build();

  @Test
  void restHasItsTokensAndTheirTextOnly() {
    Chunk rest = ChunkRest.of(chunk, 11).orElseThrow();

    assertThat(rest.getAttempt()).isEqualTo(3);
    assertThat(rest.getFirstPosition()).isEqualTo(11);
    assertThat(rest.getTokenIdsList()).containsExactly(101, 102);
    assertThat(rest.getLogprobsList()).containsExactly(2, 3);
    assertThat(rest.getTokenBytesList()).containsExactly(bytes(""), bytes("xy"));
    assertThat(rest.getText()).isEqualTo("xy");
    assertThat(ChunkRest.of(rest, 12).orElseThrow().getTokenIdsList()).containsExactly(102);
  }

  @Test
  void nothingIsCutWhereTheChunkDoesNotSayHow() {
    assertThat(ChunkRest.of(chunk.toBuilder().clearReleased().build(), 11)).isEmpty();
    assertThat(ChunkRest.of(chunk.toBuilder().setReleased(0, 1).build(), 11))
        .as("inside a character")
        .isEmpty();
    assertThat(ChunkRest.of(chunk.toBuilder().setReleased(0, -1).build(), 11))
        .as("behind the text")
        .isEmpty();
  }

  @Test
  void positionAtAnEndIsNotInside() {
    assertThat(ChunkRest.of(chunk, 10)).isEmpty();
    assertThat(ChunkRest.of(chunk, 13)).isEmpty();
  }

  private static ByteString bytes(String text) {
    return ByteString.copyFromUtf8(text);
  }
}
