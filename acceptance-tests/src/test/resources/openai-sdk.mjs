// Speaks to an edge with the official SDK, unchanged, and prints what it got as one JSON document.
import OpenAI from 'openai';

const [baseURL, apiKey, model] = process.argv.slice(2);
const client = new OpenAI({ baseURL, apiKey, maxRetries: 0, timeout: 60_000 });
const messages = [{ role: 'user', content: 'What is DGrid?' }];
const fixed = { model, seed: 7, temperature: 0.7, max_tokens: 48 };

const plain = await client.chat.completions.create({ ...fixed, messages, logprobs: true });

const streamed = { text: '', chunks: 0, finish: null, usage: null };
const stream = await client.chat.completions.create({
  ...fixed,
  messages,
  stream: true,
  stream_options: { include_usage: true },
});
for await (const chunk of stream) {
  streamed.chunks += 1;
  streamed.text += chunk.choices[0]?.delta?.content ?? '';
  streamed.finish = chunk.choices[0]?.finish_reason ?? streamed.finish;
  streamed.usage = chunk.usage ?? streamed.usage;
}

const completion = await client.completions.create({ ...fixed, prompt: 'Once upon a time', logprobs: 1 });
const models = (await client.models.list()).data.map((each) => each.id);

async function failure(call) {
  try {
    await call();
    return null;
  } catch (error) {
    return { class: error.constructor.name, status: error.status, code: error.code, type: error.type };
  }
}
const stranger = new OpenAI({ baseURL, apiKey: 'dg-unknown', maxRetries: 0 });
const badKey = await failure(() => stranger.chat.completions.create({ ...fixed, messages }));
const badModel = await failure(() => client.chat.completions.create({ ...fixed, messages, model: 'gpt-none' }));

console.log(JSON.stringify({ plain, streamed, completion, models, badKey, badModel }));
