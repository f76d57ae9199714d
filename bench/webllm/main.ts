/**
 * The page that compares the engine with WebLLM: one model, one GPU, the same prompt, greedy.
 * `npm run bench -- webllm` opens it and calls `webllmBench`; what it logs is its progress.
 */
import { adapterName } from '../../src/engine/testing/adapter-name';
import { openOurs, openWebllm, type Write } from './engines';
import type { WebllmReport } from './report';

const OURS = 'thinking-lab';
const LANES = 8;
/** Its reply has more than `NEW_TOKENS` tokens. */
const QUESTION = 'Write one sentence about the sea.';
const NEW_TOKENS = 16;
/** A prompt of about 128 tokens, with those of the chat template. */
const LONG_QUESTION = `${'The sea is wide and deep, and the wind moves over it. '.repeat(7)}${QUESTION}`;

/** Tokens per second after the first token, which includes reading the prompt. */
async function decode(write: Write, lanes: number): Promise<number> {
  const first = await write(QUESTION, 1);
  const whole = await write(QUESTION, NEW_TOKENS);
  return (lanes * (NEW_TOKENS - 1)) / (whole.seconds - first.seconds);
}

async function prefill(write: Write): Promise<number> {
  const { promptTokens, seconds } = await write(LONG_QUESTION, 1);
  return promptTokens / seconds;
}

globalThis.webllmBench = async ({ model, webllm, rounds }) => {
  const lanes = await openOurs(model, [QUESTION, LONG_QUESTION], LANES, NEW_TOKENS);
  const writers: Readonly<Record<string, Write>> = { [OURS]: lanes(1), webllm: await openWebllm(webllm) };
  console.log('loaded');

  const texts: Record<string, string> = {};
  const promptTokens = new Set<number>();
  // These calls are also the warm-up.
  for (const [name, write] of Object.entries(writers)) {
    const reply = await write(QUESTION, NEW_TOKENS);
    texts[name] = reply.text;
    promptTokens.add(reply.promptTokens).add(-(await write(LONG_QUESTION, 1)).promptTokens);
    console.log(`${name}: ${reply.text}`);
  }
  await lanes(LANES)(QUESTION, 2);
  if (promptTokens.size > 2) throw new Error('The engines encode the prompts in different numbers of tokens.');

  const samples = { prefill: new Map<string, number[]>(), decode: new Map<string, number[]>() };
  const add = (kind: keyof typeof samples, name: string, value: number) =>
    samples[kind].set(name, [...(samples[kind].get(name) ?? []), value]);
  const many: number[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const [name, write] of Object.entries(writers)) {
      add('prefill', name, await prefill(write));
      add('decode', name, await decode(write, 1));
    }
    many.push(await decode(lanes(LANES), LANES));
    console.log(`round ${round + 1}/${rounds}`);
  }
  const common = { unit: 'tokens/s', better: 'higher' } as const;
  const theirs = samples.decode.get('webllm') ?? [];
  const report: WebllmReport = {
    version: 1,
    device: await adapterName(navigator.gpu),
    rounds,
    measurements: [
      { name: 'prefill, one prompt', ...common, samples: Object.fromEntries(samples.prefill) },
      { name: 'decode, 1 lane', ...common, samples: Object.fromEntries(samples.decode) },
      { name: `decode, ${LANES} lanes against 1`, ...common, samples: { [OURS]: many, webllm: theirs } },
    ],
    texts,
  };
  return report;
};
