package io.dgrid.worker.engine.openai;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dgrid.core.sampling.SamplingParameters;
import java.util.List;

/** Requests with every sampling field stated, because servers differ in what they assume. */
final class RequestBody {
  private static final double MICROS = SamplingParameters.MICROS;
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private final OpenAiEngineConfig config;

  RequestBody(OpenAiEngineConfig config) {
    this.config = config;
  }

  /**
   * @param stops only what the server must find itself; empty when stop strings are matched here
   */
  ObjectNode generate(
      int[] prompt, int maxTokens, SamplingParameters sampling, List<String> stops) {
    return switch (config.dialect()) {
      case VLLM -> {
        ObjectNode body = completion(prompt, maxTokens, sampling, stops);
        body.put("repetition_penalty", 1.0);
        body.put("min_tokens", 0);
        body.put("ignore_eos", false);
        body.put("skip_special_tokens", false);
        body.put("return_token_ids", true);
        body.put("seed", sampling.seed() & Long.MAX_VALUE);
        yield body;
      }
      case LLAMACPP -> {
        ObjectNode body = completion(prompt, maxTokens, sampling, stops);
        body.put("repeat_penalty", 1.0);
        body.put("typical_p", 1.0);
        body.put("dynatemp_range", 0.0);
        body.put("mirostat", 0);
        body.put("dry_multiplier", 0.0);
        body.put("xtc_probability", 0.0);
        body.put("n_probs", 1);
        body.put("post_sampling_probs", false);
        body.put("seed", sampling.seed() & 0xFFFF_FFFFL);
        yield body;
      }
      case SGLANG -> nativeBody(prompt, maxTokens, sampling, stops);
    };
  }

  /** One token is generated because servers refuse none; only the prompt's logprobs are read. */
  ObjectNode score(int[] tokens, int firstJudged) {
    SamplingParameters greedy = SamplingParameters.greedy();
    ObjectNode body = generate(tokens, 1, greedy, List.of());
    body.put("stream", false);
    body.remove("stream_options");
    switch (config.dialect()) {
      case VLLM -> body.put("prompt_logprobs", 0);
      case SGLANG -> body.put("logprob_start_len", firstJudged - 1);
      case LLAMACPP -> throw new IllegalStateException("llama.cpp cannot score");
    }
    return body;
  }

  private ObjectNode completion(
      int[] prompt, int maxTokens, SamplingParameters sampling, List<String> stops) {
    ObjectNode body = JSON.objectNode();
    body.put("model", config.model());
    body.set("prompt", array(prompt));
    body.put("max_tokens", maxTokens);
    body.put("temperature", sampling.temperatureMicros() / MICROS);
    body.put("top_p", sampling.topPMicros() / MICROS);
    body.put("top_k", topK(sampling));
    body.put("min_p", 0.0);
    body.put("presence_penalty", 0.0);
    body.put("frequency_penalty", 0.0);
    body.put("n", 1);
    body.put("echo", false);
    body.put("logprobs", 1);
    body.set("stop", strings(stops));
    body.put("stream", true);
    body.set("stream_options", JSON.objectNode().put("include_usage", true));
    return body;
  }

  private ObjectNode nativeBody(
      int[] prompt, int maxTokens, SamplingParameters sampling, List<String> stops) {
    ObjectNode body = JSON.objectNode();
    body.set("input_ids", array(prompt));
    ObjectNode parameters = body.putObject("sampling_params");
    parameters.put("max_new_tokens", maxTokens);
    parameters.put("temperature", sampling.temperatureMicros() / MICROS);
    parameters.put("top_p", sampling.topPMicros() / MICROS);
    parameters.put("top_k", sampling.topK() == 0 ? -1 : sampling.topK());
    parameters.put("min_p", 0.0);
    parameters.put("presence_penalty", 0.0);
    parameters.put("frequency_penalty", 0.0);
    parameters.put("repetition_penalty", 1.0);
    parameters.put("min_new_tokens", 0);
    parameters.put("ignore_eos", false);
    parameters.put("skip_special_tokens", false);
    parameters.put("sampling_seed", sampling.seed() & 0x7FFF_FFFFL);
    parameters.set("stop", strings(stops));
    body.put("return_logprob", true);
    body.put("logprob_start_len", -1);
    body.put("top_logprobs_num", 0);
    body.put("stream", true);
    return body;
  }

  private int topK(SamplingParameters sampling) {
    boolean off = sampling.topK() == 0;
    return off ? (config.dialect() == Dialect.LLAMACPP ? 0 : -1) : sampling.topK();
  }

  private static ArrayNode array(int[] values) {
    ArrayNode array = JSON.arrayNode(values.length);
    for (int value : values) {
      array.add(value);
    }
    return array;
  }

  private static ArrayNode strings(List<String> values) {
    ArrayNode array = JSON.arrayNode();
    values.forEach(array::add);
    return array;
  }
}
