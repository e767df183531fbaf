package io.dgrid.settlement.availability;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.Keccak;
import io.dgrid.settlement.batch.Segment;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SegmentStoreTest {
  @TempDir Path folder;

  @Test
  void storedSegmentIsReadBackAndStoringItAgainChangesNothing() throws IOException {
    SegmentStore store = new SegmentStore(folder);
    Segment segment = segment(1, 2, 3);

    store.store(segment);
    store.store(segment);

    assertThat(store.read(segment.commitment())).hasValue(segment.bytes());
    assertThat(files())
        .singleElement()
        .satisfies(f -> assertThat(f.toString()).doesNotEndWith(".tmp"));
  }

  @Test
  void unknownSegmentIsAbsent() {
    assertThat(new SegmentStore(folder).read(Hash.ZERO)).isEmpty();
  }

  @Test
  void damagedSegmentIsNeverServed() throws IOException {
    SegmentStore store = new SegmentStore(folder);
    Segment segment = segment(1, 2, 3);
    store.store(segment);
    Files.write(files().getFirst(), new byte[] {1, 2});

    assertThatIllegalStateException()
        .isThrownBy(() -> store.read(segment.commitment()))
        .withMessageContaining("damaged");
  }

  @Test
  void partsAddUpToTheWhole() {
    SegmentStore store = new SegmentStore(folder);
    Segment segment = segment(1, 2, 3, 4, 5);
    store.store(segment);

    assertThat(part(store, segment, 0, 2)).containsExactly(1, 2);
    assertThat(part(store, segment, 2, 2)).containsExactly(3, 4);
    assertThat(part(store, segment, 4, 2)).containsExactly(5);
    assertThat(part(store, segment, 5, 2)).isEmpty();
    assertThat(part(store, segment, Long.MAX_VALUE, 2)).isEmpty();
    assertThat(part(store, segment, 0, Integer.MAX_VALUE)).isEqualTo(segment.bytes());
    assertThat(store.read(Hash.ZERO, 0, 2)).isEmpty();
  }

  private static byte[] part(SegmentStore store, Segment segment, long offset, int limit) {
    SegmentStore.Part part = store.read(segment.commitment(), offset, limit).orElseThrow();
    assertThat(part.size()).isEqualTo(segment.bytes().length);
    return part.bytes();
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> files = Files.list(folder.resolve("segments"))) {
      return files.toList();
    }
  }

  private static Segment segment(int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return new Segment(bytes, Keccak.hash(bytes));
  }
}
