package io.dgrid.cli;

import io.dgrid.core.identity.JobId;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads a job id: 64 hex digits, {@code 0x} optional. */
final class JobIds implements ITypeConverter<JobId> {
  @Override
  public JobId convert(String text) {
    try {
      return JobId.fromHex(text);
    } catch (IllegalArgumentException malformed) {
      throw new TypeConversionException("'" + text + "' is no job id: 64 hex digits");
    }
  }
}
