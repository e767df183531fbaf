package io.dgrid.edge.openai;

import io.dgrid.core.model.CatalogueEntry;
import io.dgrid.core.money.Price;
import io.dgrid.core.sampling.SamplingParameters;
import io.dgrid.proto.job.v1.Prompt;
import java.time.Duration;

/**
 * A parsed request of either kind.
 *
 * @param chat whether it came to the chat endpoint
 * @param maxTokens longest answer; 0: this edge's default within the model's limits
 * @param includeUsage a last chunk with the token counts
 * @param logprobs logprobs of the drawn tokens are wanted
 * @param topLogprobs whether the list of candidates, which is the drawn token alone, is wanted
 * @param hedgeAfter zero: never; see {@code SubmitRequest.hedge_after_ms}
 */
record OpenAiRequest(
    boolean chat,
    CatalogueEntry model,
    Prompt prompt,
    SamplingParameters sampling,
    int maxTokens,
    boolean stream,
    boolean includeUsage,
    boolean logprobs,
    boolean topLogprobs,
    Price maxPrice,
    Duration hedgeAfter) {}
