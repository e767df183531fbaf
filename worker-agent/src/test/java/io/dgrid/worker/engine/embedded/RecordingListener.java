package io.dgrid.worker.engine.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.worker.engine.TokenListener;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Keeps what it hears and checks that positions follow each other. */
class RecordingListener implements TokenListener {
  private final List<Integer> ids = new ArrayList<>();
  private final List<Integer> logprobs = new ArrayList<>();
  private final ByteArrayOutputStream text = new ByteArrayOutputStream();
  private final int first;

  RecordingListener() {
    this(0);
  }

  RecordingListener(int firstPosition) {
    this.first = firstPosition;
  }

  @Override
  public synchronized void onTokens(
      int firstPosition, int[] newIds, byte[] newText, int[] newLogprobs) {
    assertThat(firstPosition).isEqualTo(first + ids.size());
    assertThat(newLogprobs).hasSameSizeAs(newIds);
    for (int i = 0; i < newIds.length; i++) {
      ids.add(newIds[i]);
      logprobs.add(newLogprobs[i]);
    }
    text.writeBytes(newText);
  }

  synchronized int[] ids() {
    return ids.stream().mapToInt(Integer::intValue).toArray();
  }

  synchronized int[] logprobs() {
    return logprobs.stream().mapToInt(Integer::intValue).toArray();
  }

  synchronized String text() {
    return text.toString(StandardCharsets.UTF_8);
  }

  synchronized byte[] bytes() {
    return text.toByteArray();
  }
}
