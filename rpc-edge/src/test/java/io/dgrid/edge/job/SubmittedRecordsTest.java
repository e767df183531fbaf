package io.dgrid.edge.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.ModelId;
import io.dgrid.proto.job.v1.SubmittedJob;
import io.dgrid.transport.codec.SubmissionKey;
import org.junit.jupiter.api.Test;

class SubmittedRecordsTest {
  private static final ModelId MODEL = ModelId.of(new byte[Hash.BYTES]);

  @Test
  void recordGoesWhereItWentBeforeWhateverTheSpreadIsNow() {
    JobRow row = row(SubmittedJob.newBuilder().setShard(5).build().toByteArray());

    assertThat(SubmittedRecords.key(row)).isEqualTo(SubmissionKey.of(MODEL, 5));
  }

  @Test
  void recordWithoutAShardIsInTheModelsFirstPartition() {
    assertThat(SubmittedRecords.key(row(new byte[0]))).isEqualTo(MODEL.toBytes());
    assertThat(SubmittedRecords.key(row(new byte[] {(byte) 0xff}))).isEqualTo(MODEL.toBytes());
  }

  private static JobRow row(byte[] record) {
    JobRow row = new JobRow();
    row.modelId = MODEL.toString();
    row.record = record;
    return row;
  }
}
