package io.dgrid.scheduler.dispatch;

import io.dgrid.scheduler.job.Chunk;

/** A chunk as it came from the worker; goes on to the edge unchanged. */
public record WireChunk(io.dgrid.proto.job.v1.Chunk wire) implements Chunk {
  /** Whether the columns fit each other; anything else must not enter a transcript. */
  public static boolean isWellFormed(io.dgrid.proto.job.v1.Chunk wire) {
    int tokens = wire.getTokenIdsCount();
    return wire.getAttempt() > 0
        && wire.getFirstPosition() >= 0
        && (long) wire.getFirstPosition() + tokens <= Integer.MAX_VALUE
        && wire.getLogprobsCount() == tokens
        && (wire.getTokenBytesCount() == 0 || wire.getTokenBytesCount() == tokens)
        && (wire.getReleasedCount() == 0 || wire.getReleasedCount() == tokens)
        && wire.getLogprobsList().stream().allMatch(l -> l >= 0 && l <= 0xffff);
  }

  @Override
  public int attempt() {
    return wire.getAttempt();
  }

  @Override
  public int firstPosition() {
    return wire.getFirstPosition();
  }

  @Override
  public int size() {
    return wire.getTokenIdsCount();
  }

  @Override
  public int tokenId(int index) {
    return wire.getTokenIds(index);
  }

  @Override
  public int logprob(int index) {
    return wire.getLogprobs(index);
  }
}
