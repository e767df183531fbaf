package io.dgrid.transport.codec;

import io.dgrid.core.receipt.JobRequest;
import io.dgrid.core.receipt.Signed;
import io.dgrid.proto.receipt.v1.SignedJobRequest;

/** Signed job requests. */
public final class JobRequestCodec {
  private JobRequestCodec() {}

  public static Signed<JobRequest> fromWire(SignedJobRequest wire) {
    io.dgrid.proto.receipt.v1.JobRequest r = wire.getRequest();
    JobRequest request =
        Wire.build(
            "request",
            () ->
                new JobRequest(
                    Wire.address(r.getClient(), "request.client"),
                    Wire.modelId(r.getModelId()),
                    Wire.hash(r.getPromptHash(), "request.prompt_hash"),
                    Wire.hash(r.getSamplingHash(), "request.sampling_hash"),
                    Wire.price(r.getMaxPrice(), "request.max_price"),
                    Wire.count(r.getMaxOutputTokens(), "request.max_output_tokens"),
                    r.getNonce(),
                    r.getExpiry()));
    return new Signed<>(request, Wire.signature(wire.getSignature(), "request.signature"));
  }

  public static SignedJobRequest toWire(Signed<JobRequest> signed) {
    JobRequest r = signed.statement();
    return SignedJobRequest.newBuilder()
        .setRequest(
            io.dgrid.proto.receipt.v1.JobRequest.newBuilder()
                .setClient(Wire.bytes(r.client()))
                .setModelId(Wire.bytes(r.modelId()))
                .setPromptHash(Wire.bytes(r.promptHash()))
                .setSamplingHash(Wire.bytes(r.samplingHash()))
                .setMaxPrice(r.maxPrice().toString())
                .setMaxOutputTokens(r.maxOutputTokens())
                .setNonce(r.nonce())
                .setExpiry(r.expiry()))
        .setSignature(Wire.bytes(signed.signature()))
        .build();
  }
}
