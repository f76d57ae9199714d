import { describe, expect, it } from 'vitest';
import { type Made, makeOdd, moduleOf, ODD } from '../../e2e/odd-models';
import { PipelineCache } from '../engine/kernel';
import { KERNEL_KIND } from '../engine/testing/kernel-kind';
import { expectClose, testLab } from '../engine/testing/test-lab';
import { UNTUNED } from '../engine/tuning';
import { Rng } from '../lib/testing/rng';
import { adapterMatrices, gatherMatrix } from '../model/adapter-layout';
import { Generator } from '../model/generation/generator';
import { inspect } from '../model/inspect';
import { loadWeights } from '../model/load-weights';
import { flatten, layoutOf } from '../model/peft-layout';
import { layOutWeights } from '../model/weights';
import { scorePairs } from '../reference/pairs';
import { preferenceLoss } from '../reference/preference-loss';
import { layOut, Transformer } from '../reference/transformer';
import { longestSequence, type PairTokens, pairRows } from './batch';
import { Trainer } from './trainer';
import { Workspace } from './workspace';
import { planWorkspace } from './workspace-plan';

const lab = testLab();

const FORWARD = { relative: 2e-5, reason: 'up to five layers of sums in another order' };
const GRADIENT = { relative: 1e-4, reason: 'the same, there and back, of the largest entry of the tensor' };
const BETA = 0.1;

const tokensOf = (rng: Rng, V: number, count: number) => Array.from({ length: count }, () => rng.integer(V));

/** Greedy tokens of the twin, which recomputes the whole forward pass for every token. */
function greedyTwin(
  { twin, weights, adapter }: Made,
  prompt: readonly number[],
  count: number,
): { tokens: number[]; margin: number } {
  const tokens = [...prompt];
  let margin = Infinity;
  for (let i = 0; i < count; i++) {
    const V = (weights.get('model.embed_tokens.weight')?.length ?? 0) / twin.C;
    const { logits } = new Transformer(twin, weights, layOut([{ tokens }]), adapter).forward();
    const last = [...logits.subarray(-V)];
    const [first = 0, second = 0] = [...last].sort((a, b) => b - a);
    margin = Math.min(margin, first - second);
    tokens.push(last.indexOf(first));
  }
  return { tokens: tokens.slice(prompt.length), margin };
}

describe.each(ODD)(`$architecture of odd sizes, $dtype, kernels for ${KERNEL_KIND}`, (odd) => {
  const { binding: maxStorageBufferBindingSize } = odd;
  const tuning = { ...UNTUNED, software: KERNEL_KIND === 'software' };
  const made = makeOdd(odd);
  const rng = new Rng(odd.sizes.C, 1);
  const { V } = odd.sizes;
  const limits = { maxStorageBufferBindingSize, expand: false };

  it('hidden states, logits and log-probabilities equal the twin’s', async () => {
    const { config, file, twin, weights, peft, adapter } = await made;
    const { device } = lab();
    const sequences = [tokensOf(rng, V, 11), tokensOf(rng, V, 7)];
    const layout = layOutWeights(config, file.tensors, limits);
    expect(layout.buffers.length > 4 * config.layers + 3).toBe(maxStorageBufferBindingSize < 2 ** 27);
    const shape = layoutOf(config, peft);
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST;
    const [parameters] = await device.allocate([{ label: 'adapter', bytes: shape.size * 4, usage }]);
    const buffers = await loadWeights(device, file, layout);
    if (parameters === undefined) throw new Error('one buffer was asked for');
    device.gpu.queue.writeBuffer(parameters, 0, flatten(peft, shape));
    const options = { weights: layout.model, buffers, adapter: { layout: shape, parameters }, chunk: 64, tuning };
    const got = await inspect(device, new PipelineCache(device), options, sequences);
    for (const buffer of [parameters, ...buffers.values()]) device.free(buffer);

    const rows = layOut(sequences.map((tokens) => ({ tokens })));
    const transformer = new Transformer(twin, weights, rows, adapter);
    const { hidden, norm, logits } = transformer.forward();
    expect(got.hidden.length).toBe(config.layers + 1);
    for (const [i, state] of hidden.entries()) expectClose(Float64Array.from(got.hidden[i] ?? []), state, FORWARD);
    expectClose(Float64Array.from(got.norm), norm.value, FORWARD);
    expectClose(Float64Array.from(got.logits), logits, FORWARD);
    // The last row of a sequence predicts nothing.
    const scored = sequences.flatMap((tokens, s) =>
      tokens.slice(1).map((target, t) => ({ target, row: (rows.starts[s] ?? 0) + t })),
    );
    const targets = Uint32Array.from(scored, ({ target }) => target);
    const { value } = transformer.logps(
      norm,
      scored.map(({ row }) => row),
      targets,
    );
    expectClose(
      Float64Array.from(scored, ({ row }) => got.logps[row] ?? Number.NaN),
      value,
      FORWARD,
    );
  });

  it('LoRA gradients, with and without checkpointing, and greedy tokens equal the twin’s', async () => {
    const { config, file, twin, weights, peft, adapter } = await made;
    const { device } = lab();
    const pairs: PairTokens[] = [6, 9].map((length, i) => ({
      prompt: tokensOf(rng, V, length),
      chosen: tokensOf(rng, V, 5 - i),
      rejected: tokensOf(rng, V, 3 + 2 * i),
    }));
    const reference = pairs.map((_, i) => ({ chosen: -20 - i, rejected: -15 + i }));
    const score = scorePairs({
      ...{ architecture: twin, weights, adapter, shared: true },
      pairs: {
        prompts: pairs.map(({ prompt }) => prompt),
        chosen: pairs.map(({ chosen }) => chosen),
        rejected: pairs.map(({ rejected }) => rejected),
      },
    });
    const { loss, dPolicyChosen, dPolicyRejected } = preferenceLoss({
      ...{ kind: 'sigmoid', beta: BETA, labelSmoothing: 0, sftWeight: 0 },
      policyChosen: score.sums.subarray(0, 2),
      policyRejected: score.sums.subarray(2),
      refChosen: Float64Array.from(reference, ({ chosen }) => chosen),
      refRejected: Float64Array.from(reference, ({ rejected }) => rejected),
      chosenLengths: Uint32Array.from(pairs, ({ chosen }) => chosen.length),
      rejectedLengths: Uint32Array.from(pairs, ({ rejected }) => rejected.length),
    });
    const gradients = score.backward(Float64Array.of(...dPolicyChosen, ...dPolicyRejected));
    const prompt = tokensOf(rng, V, 8);
    const greedy = greedyTwin(await made, prompt, 12);
    expect(greedy.margin).toBeGreaterThan(1e-3);

    const layout = layoutOf(config, peft);
    const cache = new PipelineCache(device);
    for (const checkpointing of [false, true]) {
      const cacheType = checkpointing ? 'f16' : 'f32';
      const plan = planWorkspace({
        ...{
          weights: layOutWeights(config, file.tensors, limits),
          adapter: layout,
          adapters: ['policy'],
          checkpointing,
          tuning,
        },
        generation: { lanes: 3, maxNewTokens: 12, maxPrompt: 8, prompts: 2, prefillRows: 5, steps: 4, cacheType },
        batch: {
          rows: pairs.reduce((sum, pair) => sum + pairRows(pair), 0),
          scored: 17,
          pairs: 2,
          longest: longestSequence(pairs),
        },
        verdicts: null,
        loss: { kind: 'sigmoid', beta: BETA, labelSmoothing: 0 },
        optimizer: { beta1: 0.9, beta2: 0.95, eps: 1e-8, decay: 0, maxNorm: 0 },
      });
      const workspace = await Workspace.make(device, cache, plan, file);
      const trainer = new Trainer(workspace);
      trainer.setState('policy', { weights: flatten(peft, layout), m: null, v: null, step: 0 });
      const step = await trainer.gradient('policy', pairs, reference);
      const sums = step.logps.flatMap(({ chosen, rejected }) => [chosen, rejected]);
      const [c0, c1, r0, r1] = [...score.sums];
      expectClose(Float64Array.from(sums), Float64Array.from([c0, r0, c1, r1].map(Number)), FORWARD);
      expect(step.loss).toBeCloseTo(loss, 5);
      const [read] = await workspace.readback.read([
        { buffer: workspace.buffer('adapter grad'), bytes: layout.size * 4 },
      ]);
      const flat = new Float32Array(read as ArrayBuffer);
      let squares = 0;
      for (const matrix of adapterMatrices(layout)) {
        const got = Float64Array.from(gatherMatrix(flat, matrix));
        const expected = gradients.get(moduleOf(matrix.layer, matrix.module));
        expectClose(got, (matrix.factor === 'A' ? expected?.da : expected?.db) ?? new Float64Array(), GRADIENT);
        for (const g of got) squares += g * g;
      }
      expect(flat.reduce((sum, g) => sum + g * g, 0) / squares).toBeCloseTo(1, 12);
      expect(await greedyTokens(workspace, prompt, config.context)).toEqual([greedy.tokens, greedy.tokens]);
      workspace.dispose();
    }
  });
});

/** Two candidates in three lanes, prefilled in pieces. */
async function greedyTokens(
  workspace: Workspace,
  promptTokens: readonly number[],
  context: number,
): Promise<(readonly number[])[]> {
  const { plan, device, readbacks, pace } = workspace;
  const capacity = plan.spec.generation;
  const parts = {
    device,
    prefill: workspace.prefill,
    decode: workspace.decode,
    capacity,
    context,
    vocabulary: plan.spec.weights.model.config.vocabulary,
    positions: plan.positions,
    ends: new Set<number>(),
    readbacks,
    pace,
  };
  const got: (readonly number[])[] = [];
  await new Generator(parts).generate(
    workspace.slots('policy'),
    [{ position: 0, promptTokens, k: 2, stream: 0 }],
    { temperature: 0, topP: 1, topK: 0, maxNewTokens: capacity.maxNewTokens, seed: 0 },
    { tokens: () => {}, prompt: (_, completions) => got.push(...completions.map(({ tokens }) => tokens)) },
    new AbortController().signal,
  );
  return got;
}
