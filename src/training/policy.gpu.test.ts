import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserGpu, Device } from '../engine/device';
import { PipelineCache } from '../engine/kernel';
import { UNTUNED } from '../engine/tuning';
import { peftFiles } from '../exports/adapter';
import { MemorySource } from '../formats/byte-source';
import { type PeftAdapter, readPeft } from '../formats/peft';
import { at } from '../lib/assert';
import { adapterLayout, adapterMatrices, initialAdapter } from '../model/adapter-layout';
import type { Completion } from '../model/generation/request';
import { openGgufModel } from '../model/gguf/gguf-model';
import { inspect } from '../model/inspect';
import { encodeUserMessage, type LanguageModel, openModel } from '../model/language-model';
import { loadWeights } from '../model/load-weights';
import { directTemplates } from '../model/tokenizer/testing/direct-templates';
import { layOutWeights } from '../model/weights';
import { PRESETS } from '../recipe/presets';
import { promptMessage, thoughtPrompt } from '../recipe/thought-prompts';
import { createPolicy } from './policy';
import { type ChosenRecipe, planRecipe } from './recipe-plan';
import { planWorkspace } from './workspace-plan';

/** The bundled model: through the test server in a browser, from the disk in Node. */
async function bytes(file: string): Promise<Uint8Array<ArrayBuffer>> {
  const path = `public/models/tiny-thinker/${file}`;
  if ('window' in globalThis)
    return new Uint8Array(await (await fetch(`/${path.slice('public/'.length)}`)).arrayBuffer());
  const { readFile } = await import('node:fs/promises');
  return new Uint8Array(await readFile(new URL(`../../${path}`, import.meta.url)));
}
const text = async (file: string) => new TextDecoder().decode(await bytes(file));

interface Example {
  readonly format: string;
  readonly instruction: string;
  readonly prompt_ids: readonly number[];
  readonly greedy_ids: readonly number[];
  readonly sum_logprob: number;
}

const recipe: ChosenRecipe = { ...PRESETS.quick, lanes: 6, k: 3, evaluationSamples: 3, pairsPerStep: 4 };
const none = async (): Promise<PeftAdapter> => {
  throw new Error('the recipe names no adapter');
};
let device: Device;
let cache: PipelineCache;
let model: LanguageModel;
let examples: readonly Example[];

beforeAll(async () => {
  device = await Device.open(browserGpu());
  cache = new PipelineCache(device);
  const source = {
    name: 'tiny-thinker',
    gguf: null,
    text,
    optionalText: async (file: string) => (file === 'generation_config.json' ? text(file) : null),
    bytes: async (file: string) => new MemorySource(file, await bytes(file)),
  };
  model = await openModel(source, directTemplates, openGgufModel);
  examples = JSON.parse(await text('examples.json')).filter(({ format }: Example) => format === 'generic');
});
afterAll(() => device.destroy());

async function open(
  change: Partial<ChosenRecipe> = {},
  imported = none,
  binding = device.limits.maxStorageBufferBindingSize,
  verdict: number | null = null,
) {
  const changed = { ...recipe, ...change };
  const longest = Math.max(...examples.map(({ prompt_ids }) => prompt_ids.length));
  const traits = {
    maxStorageBufferBindingSize: binding,
    expandWeights: true,
    tuning: { ...UNTUNED, software: true },
  };
  const plan = planRecipe(model, changed, { prompt: longest, verdict }, traits);
  const policy = await createPolicy(device, cache, model, changed, plan, () => {}, imported);
  await policy.setState('thinking', await policy.initialState('thinking', 1));
  return { policy, plan };
}

const sampled = { temperature: 0.8, topP: 0.95, topK: 0, maxNewTokens: 40, seed: 5 };

/** Completions by position. */
async function generate(
  policy: Awaited<ReturnType<typeof open>>['policy'],
  positions: readonly number[],
  k: number,
  sampling: typeof sampled,
): Promise<Map<number, readonly Completion[]>> {
  const done = new Map<number, readonly Completion[]>();
  const requests = positions.map((position) => {
    const { prompt_ids } = examples[position % examples.length] as Example;
    return { position, promptTokens: prompt_ids, k, stream: position };
  });
  const on = {
    tokens: () => {},
    prompt: (position: number, completions: readonly Completion[]) => void done.set(position, completions),
  };
  await policy.generate('thinking', requests, sampling, on, new AbortController().signal);
  return done;
}

it('equals transformers: prompts, greedy tokens, log-probabilities', async () => {
  const { policy, plan } = await open();
  for (const { instruction, prompt_ids } of examples) {
    const encoded = await encodeUserMessage(
      model,
      promptMessage(thoughtPrompt('thinking', recipe), instruction),
      false,
    );
    expect(encoded).toEqual(prompt_ids);
  }
  const done = await generate(
    policy,
    examples.map((_, i) => i),
    1,
    { ...sampled, temperature: 0, maxNewTokens: 80 },
  );
  for (const [i, { greedy_ids }] of examples.entries()) expect(done.get(i)?.[0]?.tokens).toEqual(greedy_ids);
  const pairs = examples.map(({ prompt_ids, greedy_ids }, position) => {
    return { position, promptTokens: prompt_ids, chosenTokens: greedy_ids, rejectedTokens: greedy_ids.slice(0, 3) };
  });
  const logps = await policy.logps('thinking', pairs);
  for (const [i, { sum_logprob }] of examples.entries()) expect(logps[i]?.chosen).toBeCloseTo(sum_logprob, 3);
  expect(policy.memory.peak()).toBe(plan.bytes);
  policy.dispose();
  expect(device.ledger.current).toBe(0);
});

describe('a batch that was not planned for', () => {
  const request = (promptTokens: readonly number[]) => [{ position: 0, promptTokens, k: 1, stream: 0 }];
  const nothing = { tokens: () => {}, prompt: () => {} };
  const refusal = { code: 'batch-limit', message: expect.stringMatching(/\d+.*\d+/), advice: expect.any(String) };

  it('is refused in training: a sequence beyond the position table, a token beyond the vocabulary', async () => {
    const { policy, plan } = await open({ maxNewTokens: 40, maxNewTokensDirect: 40 });
    const { prompt_ids: promptTokens } = at(examples, 0);
    const pair = (chosenTokens: readonly number[]) => [
      { position: 0, promptTokens, chosenTokens, rejectedTokens: [5, 2] },
    ];
    const fits = new Array(plan.positions - promptTokens.length + 1).fill(5);
    expect((await policy.logps('thinking', pair(fits)))[0]?.chosen).toBeLessThan(0);
    await expect(policy.logps('thinking', pair([...fits, 5]))).rejects.toMatchObject({
      ...refusal,
      message: expect.stringContaining(
        `has position ${plan.positions}; the position table ends at ${plan.positions - 1}.`,
      ),
    });
    const unknown = model.config.vocabulary;
    await expect(policy.logps('thinking', pair([5, unknown]))).rejects.toMatchObject({
      ...refusal,
      message: expect.stringContaining(`token ${unknown}; the vocabulary has ${unknown} tokens`),
    });
    policy.dispose();
  });

  it('is refused in generation: a prompt or a completion that is too long, an unknown token, no token', async () => {
    const { policy, plan } = await open({ maxNewTokens: 40, maxNewTokensDirect: 40 });
    const { maxPrompt } = plan.spec.generation;
    const { signal } = new AbortController();
    const generated = (promptTokens: readonly number[], maxNewTokens = 2) =>
      policy.generate('thinking', request(promptTokens), { ...sampled, maxNewTokens }, nothing, signal);
    await expect(generated(new Array(maxPrompt).fill(5))).resolves.toMatchObject({ prefill: maxPrompt - 1 });
    await expect(generated(new Array(maxPrompt + 1).fill(5))).rejects.toMatchObject({
      ...refusal,
      message: `The prompt 0 has ${maxPrompt + 1} tokens; the plan has room for ${maxPrompt}.`,
    });
    await expect(generated([5], 41)).rejects.toMatchObject({
      ...refusal,
      message: 'The completion of prompt 0 has 41 tokens; the plan has room for 40.',
    });
    await expect(generated([5, model.config.vocabulary])).rejects.toMatchObject(refusal);
    await expect(generated([])).rejects.toMatchObject({ code: 'batch-limit' });
    policy.dispose();
  });
});

it('weights larger than a binding are split into parts, with equal results', async () => {
  const pairs = examples.slice(0, 2).map(({ prompt_ids, greedy_ids }, position) => {
    return {
      position,
      promptTokens: prompt_ids,
      chosenTokens: greedy_ids,
      rejectedTokens: [...greedy_ids.slice(0, 5), 2],
    };
  });
  const outcomes = [];
  for (const binding of [device.limits.maxStorageBufferBindingSize, 2 ** 18]) {
    const { policy, plan } = await open({}, none, binding);
    const greedy = await generate(policy, [0, 1], 1, { ...sampled, temperature: 0 });
    const reference = await policy.logps('thinking', pairs);
    await policy.beginIteration('thinking');
    const { gradNorm } = await policy.trainStep('thinking', pairs, reference, 1e-3);
    const { blocks, embedding } = plan.spec.weights.model;
    const parts = blocks[0] ? blocks[0].stacks.gateUp.parts.length + embedding.parts.length : 0;
    outcomes.push({ parts, greedy: [...greedy.values()], gradNorm });
    policy.dispose();
  }
  const [whole, cut] = outcomes as [(typeof outcomes)[0], (typeof outcomes)[0]];
  expect([whole.parts, cut.parts]).toEqual([2, 4]);
  expect(cut.greedy).toEqual(whole.greedy);
  expect(cut.gradNorm / whole.gradNorm).toBeCloseTo(1, 5);
});

it('a candidate does not depend on other lanes, other prompts or K', async () => {
  const { policy } = await open();
  const alone = await generate(policy, [2], 1, sampled);
  const crowd = await generate(policy, [0, 1, 2, 3, 4, 5, 6], 3, sampled);
  expect(crowd.size).toBe(7);
  expect(crowd.get(2)?.[0]).toEqual(alone.get(2)?.[0]);
  expect(crowd.get(2)?.[1]).not.toEqual(crowd.get(2)?.[0]);
  policy.dispose();
});

it('candidates do not depend on the steps of a submit, nor on how often lanes are written anew', async () => {
  const positions = [0, 1, 2, 3, 4, 5, 6];
  const { policy, plan } = await open();
  const expected = await generate(policy, positions, 3, sampled);
  policy.dispose();
  // There is room for the tokens of 32 steps then, and prompts are cut into many batches.
  const small = planWorkspace({
    ...plan.spec,
    generation: { ...plan.spec.generation, steps: 1, prefillRows: 7, prompts: 2 },
  });
  const stepwise = await createPolicy(device, cache, model, recipe, small, () => {}, none);
  await stepwise.setState('thinking', await stepwise.initialState('thinking', 1));
  expect(await generate(stepwise, positions, 3, sampled)).toEqual(expected);
  stepwise.dispose();
});

it('generation that is cancelled ends soon, and leaves the policy usable', async () => {
  const { policy } = await open();
  const expected = await generate(policy, [0, 1], 3, sampled);
  const abort = new AbortController();
  const { prompt_ids: promptTokens } = at(examples, 0);
  const requests = Array.from({ length: 20 }, (_, position) => ({ position, promptTokens, k: 3, stream: position }));
  const on = { tokens: () => abort.abort(), prompt: () => {} };
  const { decoded } = await policy.generate('thinking', requests, sampled, on, abort.signal);
  // Two submits of at most 16 steps were in flight.
  expect(decoded).toBeLessThanOrEqual(2 * 16 * recipe.lanes);
  expect(await generate(policy, [0, 1], 3, sampled)).toEqual(expected);
  policy.dispose();
});

it('micro-batches add up to the step of all pairs at once', async () => {
  const pairs = examples.slice(0, 4).map(({ prompt_ids, greedy_ids }, position) => {
    return {
      position,
      promptTokens: prompt_ids,
      chosenTokens: greedy_ids,
      rejectedTokens: greedy_ids.map((t) => (t === 2 ? 2 : 3 + (t % 200))),
    };
  });
  const states = [];
  for (const pairsPerStep of [4, 1]) {
    const { policy } = await open({ pairsPerStep });
    const reference = await policy.logps('thinking', pairs);
    await policy.beginIteration('thinking');
    const losses = [];
    for (let i = 0; i < 2; i++) losses.push((await policy.trainStep('thinking', pairs, reference, 1e-3)).loss);
    expect(losses[0]).toBeCloseTo(Math.LN2, 5);
    expect(losses[1]).toBeLessThan(losses[0] as number);
    states.push({ ...(await policy.state('thinking')), losses });
    policy.dispose();
  }
  const [whole, parts] = states as [(typeof states)[0], (typeof states)[0]];
  expect(parts.step).toBe(2);
  expect(parts.losses[1]).toBeCloseTo(whole.losses[1] as number, 5);
  const largest = whole.weights.reduce((most, w, i) => Math.max(most, Math.abs(w - (parts.weights[i] as number))), 0);
  expect(largest).toBeLessThan(2.1e-3);
});

it('an SFT step follows the mean log-likelihood of a token, for any pair loss and in micro-batches', async () => {
  const samples = examples
    .slice(0, 4)
    .map(({ prompt_ids, greedy_ids }) => ({ promptTokens: prompt_ids, tokens: greedy_ids }));
  const tokens = samples.reduce((sum, sample) => sum + sample.tokens.length, 0);
  const expected = -examples.slice(0, 4).reduce((sum, { sum_logprob }) => sum + sum_logprob, 0) / tokens;
  const outcomes = [];
  for (const change of [{}, { loss: 'ipo', beta: 0 }, { pairsPerStep: 1 }] as const) {
    const { policy } = await open(change);
    await policy.beginIteration('thinking');
    const steps = [];
    for (let i = 0; i < 3; i++) steps.push(await policy.sftStep('thinking', samples, 1e-3));
    expect(steps[0]?.loss).toBeCloseTo(expected, 4);
    for (const [i, logp] of (steps[0]?.logps ?? []).entries())
      expect(logp).toBeCloseTo(examples[i]?.sum_logprob ?? 0, 3);
    expect(steps[2]?.loss).toBeLessThan(expected);
    outcomes.push({ steps, state: await policy.state('thinking') });
    policy.dispose();
  }
  const [whole, other, parts] = outcomes as [(typeof outcomes)[0], (typeof outcomes)[0], (typeof outcomes)[0]];
  expect(other).toEqual(whole);
  expect(parts.state.step).toBe(3);
  expect(parts.steps[2]?.loss).toBeCloseTo(whole.steps[2]?.loss as number, 5);
});

it('continues from a stored state bit-equally', async () => {
  const pairs = examples.slice(0, 2).map(({ prompt_ids, greedy_ids }, position) => {
    return {
      position,
      promptTokens: prompt_ids,
      chosenTokens: greedy_ids,
      rejectedTokens: [...greedy_ids.slice(0, 5), 2],
    };
  });
  const { policy } = await open();
  const reference = await policy.logps('thinking', pairs);
  await policy.beginIteration('thinking');
  await policy.trainStep('thinking', pairs, reference, 1e-3);
  const stored = await policy.state('thinking');
  await policy.trainStep('thinking', pairs, reference, 5e-4);
  const uninterrupted = await policy.state('thinking');
  policy.dispose();

  const { policy: again } = await open();
  await again.setState('thinking', stored);
  await again.trainStep('thinking', pairs, reference, 5e-4);
  expect(await again.state('thinking')).toEqual(uninterrupted);
  again.dispose();
});

it('a loss that is not finite ends the step with an error', async () => {
  const { policy } = await open();
  const [{ prompt_ids, greedy_ids }] = examples as [Example];
  const pair = { position: 0, promptTokens: prompt_ids, chosenTokens: greedy_ids, rejectedTokens: [2] };
  const step = policy.trainStep('thinking', [pair], [{ position: 0, chosen: Number.NaN, rejected: 0 }], 1e-3);
  await expect(step).rejects.toMatchObject({ code: 'not-finite' });
  policy.dispose();
});

it('starts the thinking arm with the imported adapter, and the other arm with a new one', async () => {
  const layout = adapterLayout(model.config, recipe);
  const { rank, alpha, rsLora } = recipe;
  const adapter: PeftAdapter = {
    config: { rank, alpha, rsLora, baseModel: model.name },
    tensors: adapterMatrices(layout).map(({ layer, module, factor, shape }, t) => ({
      layer,
      module,
      matrix: factor,
      shape,
      values: Float32Array.from({ length: shape[0] * shape[1] }, (_, i) => Math.sin(i + t)),
    })),
  };
  const { policy } = await open({ adapter: 'mine' }, async () => adapter);
  const { config, weights } = peftFiles(model.config, recipe, (await policy.state('thinking')).weights);
  const back = await readPeft(config, new MemorySource('adapter_model.safetensors', weights));
  const nameOf = ({ layer, module, matrix }: PeftAdapter['tensors'][number]) => `${layer} ${module} ${matrix}`;
  const byName = (tensors: PeftAdapter['tensors']) => Object.fromEntries(tensors.map((t) => [nameOf(t), t.values]));
  expect(byName(back.tensors)).toEqual(byName(adapter.tensors));
  expect((await policy.initialState('direct', 1)).weights).toEqual(initialAdapter(layout, 1));
  policy.dispose();
});

describe('as a judge', () => {
  const ask = (first: string, second: string) =>
    `Which is better, A or B? Say [[A]] or [[B]].\n\nA: ${first}\n\nB: ${second}\n\n`;
  const messages = [ask('3', '4'), ask('The answer is 12.', '12'), 'Is it A or B?', ask('4', '3')];
  const judge = (verdict: number, change: Partial<ChosenRecipe> = {}) => open(change, none, undefined, verdict);

  it('returns the log-probabilities of the answer tokens, as the logits give them', async () => {
    const { policy, plan } = await judge(200);
    const verdicts = await policy.verdictLogps(messages);
    expect(policy.memory.peak()).toBe(plan.bytes);
    policy.dispose();
    const layout = layOutWeights(model.config, model.weights.tensors, {
      maxStorageBufferBindingSize: device.limits.maxStorageBufferBindingSize,
      expand: true,
    });
    const buffers = await loadWeights(device, model.weights, layout);
    for (const [i, message] of messages.entries()) {
      const begin = message.includes('[[A]]') ? model.tokenizer.encode('[[') : [];
      const prompt = [...(await encodeUserMessage(model, message, false)), ...begin];
      const options = {
        weights: layout.model,
        buffers,
        adapter: null,
        chunk: 512,
        tuning: { ...UNTUNED, software: true },
      } as const;
      const { logits } = await inspect(device, cache, options, [prompt]);
      const last = logits.subarray((prompt.length - 1) * model.config.vocabulary);
      const most = Math.max(...last);
      const sum = last.reduce((total, x) => total + Math.exp(x - most), 0);
      const logp = (letter: string) =>
        (last[model.tokenizer.encode(letter)[0] ?? -1] ?? Number.NaN) - most - Math.log(sum);
      const verdict = verdicts[i];
      if (verdict === undefined || 'tokens' in verdict) throw new Error('it was not asked');
      expect(verdict.A).toBeCloseTo(logp('A'), 4);
      expect(verdict.B).toBeCloseTo(logp('B'), 4);
    }
    for (const buffer of buffers.values()) device.free(buffer);
  });

  it('uses no adapter: training does not change a verdict', async () => {
    const { policy } = await judge(200);
    const before = await policy.verdictLogps(messages);
    const pairs = examples.slice(0, 2).map(({ prompt_ids, greedy_ids }, position) => {
      return {
        position,
        promptTokens: prompt_ids,
        chosenTokens: greedy_ids,
        rejectedTokens: [...greedy_ids.slice(0, 5), 2],
      };
    });
    const reference = await policy.logps('thinking', pairs);
    await policy.beginIteration('thinking');
    await policy.trainStep('thinking', pairs, reference, 1e-2);
    await policy.trainStep('thinking', pairs, reference, 1e-2);
    const moved = await policy.logps('thinking', pairs);
    expect(moved[0]?.chosen).not.toBe(reference[0]?.chosen);
    expect(await policy.verdictLogps(messages)).toEqual(before);
    policy.dispose();
  });

  it('does not depend on other questions or the number of submits', async () => {
    const { policy, plan } = await judge(200, { pairsPerStep: 1 });
    const many = Array.from({ length: 40 }, (_, i) => messages[i % messages.length] as string);
    const together = await policy.verdictLogps(many);
    const rows = plan.spec.verdicts?.rows ?? 0;
    expect(rows).toBeLessThan(40 * 40);
    for (const [i, message] of messages.entries())
      expect((await policy.verdictLogps([message]))[0]).toEqual(together[i]);
    policy.dispose();
  });

  it('does not answer questions that are longer than planned', async () => {
    const { policy } = await judge(40);
    const [short, long] = await policy.verdictLogps(['Is it A or B?', ask('7, '.repeat(30), '3')]);
    expect(short).toMatchObject({ A: expect.any(Number) });
    expect(long).toMatchObject({ tokens: expect.any(Number), limit: 40 });
    policy.dispose();
  });
});
