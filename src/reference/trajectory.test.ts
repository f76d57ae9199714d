import * as v from 'valibot';
import { expect, it } from 'vitest';
import { readAdapter, readArchitecture, readJson, readPairs, readTensors, tensor } from '../../e2e/golden-models';
import { type AdamW, adamwStep, clipFactor, gradNorm } from './adamw';
import { at } from './indexing';
import { type Pairs, scorePairs } from './pairs';
import { preferenceLoss } from './preference-loss';
import type { Adapter } from './transformer';

const RunSchema = v.object({
  optimizer: v.object({ betas: v.tuple([v.number(), v.number()]), eps: v.number(), weight_decay: v.number() }),
  clip_grad_norm: v.nullable(v.number()),
  /** Computed in float64 by an independent implementation. */
  steps: v.array(v.object({ loss_f64: v.number(), grad_norm_f64: v.number(), lr: v.number() })),
});
const TrajectorySchema = v.object({ constant: RunSchema, cosine: RunSchema });

const MODEL = 'llama';
const BETA = 0.1;

const architecture = readArchitecture(MODEL);
const weights = readTensors(`${MODEL}/model.safetensors`);
const golden = readTensors(`${MODEL}/dpo.safetensors`);
const start = readAdapter(`${MODEL}/adapter`);
const trajectory = readJson(`${MODEL}/trajectory.json`, TrajectorySchema);

/** All parameters in one array: A and B of each module in turn. */
const sizes = [...start.a].map(([module, a]) => ({ module, a: a.length, b: start.b.get(module)?.length ?? 0 }));

function unflatten(params: Float64Array): Adapter {
  const a = new Map<string, Float64Array>();
  const b = new Map<string, Float64Array>();
  let offset = 0;
  for (const size of sizes) {
    a.set(size.module, params.slice(offset, offset + size.a));
    b.set(size.module, params.slice(offset + size.a, offset + size.a + size.b));
    offset += size.a + size.b;
  }
  return { ...start, a, b };
}

function flatten(
  values: (module: string) => { a: Float64Array | undefined; b: Float64Array | undefined },
): Float64Array {
  return Float64Array.from(sizes.flatMap(({ module }) => [...(values(module).a ?? []), ...(values(module).b ?? [])]));
}

function lossAndGradient(
  params: Float64Array,
  pairs: Pairs,
  reference: Float64Array,
): { loss: number; gradient: Float64Array } {
  const { sums, backward } = scorePairs({ architecture, weights, adapter: unflatten(params), pairs, shared: true });
  const { loss, dPolicyChosen, dPolicyRejected } = preferenceLoss({
    kind: 'sigmoid',
    beta: BETA,
    labelSmoothing: 0,
    sftWeight: 0,
    policyChosen: sums.subarray(0, 3),
    policyRejected: sums.subarray(3),
    refChosen: reference.subarray(0, 3),
    refRejected: reference.subarray(3),
    chosenLengths: Uint32Array.from(pairs.chosen, (completion) => completion.length),
    rejectedLengths: Uint32Array.from(pairs.rejected, (completion) => completion.length),
  });
  const gradients = backward(Float64Array.of(...dPolicyChosen, ...dPolicyRejected));
  return { loss, gradient: flatten((module) => ({ a: gradients.get(module)?.da, b: gradients.get(module)?.db })) };
}

it.each(['constant', 'cosine'] as const)('ten AdamW steps are torch’s: %s', { timeout: 60_000 }, (name) => {
  const { optimizer, clip_grad_norm, steps } = trajectory[name];
  const adapter = readAdapter(`${MODEL}/reference_adapter`);
  const batches = (name === 'constant' ? ['' as const] : (['', 'micro2.'] as const)).map((batch) => {
    const pairs = readPairs(golden, batch);
    return { pairs, reference: scorePairs({ architecture, weights, adapter, pairs, shared: true }).sums };
  });
  const initial = flatten((module) => ({ a: start.a.get(module), b: start.b.get(module) }));
  let state: Pick<AdamW, 'params' | 'm' | 'v'> = {
    params: initial,
    m: new Float64Array(initial.length),
    v: new Float64Array(initial.length),
  };
  expect(steps.length).toBe(10);
  for (const [i, expected] of steps.entries()) {
    const results = batches.map(({ pairs, reference }) => lossAndGradient(state.params, pairs, reference));
    const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
    const grads = initial.map((_, j) => mean(results.map(({ gradient }) => at(gradient, j))));
    const norm = gradNorm(grads);
    expect(Math.abs(mean(results.map(({ loss }) => loss)) - expected.loss_f64)).toBeLessThan(1e-8);
    expect(Math.abs(norm - expected.grad_norm_f64)).toBeLessThan(1e-8);
    state = adamwStep({
      ...state,
      grads,
      step: i + 1,
      learningRate: expected.lr,
      beta1: optimizer.betas[0],
      beta2: optimizer.betas[1],
      epsilon: optimizer.eps,
      weightDecay: optimizer.weight_decay,
      gradScale: clipFactor(norm, clip_grad_norm ?? 0),
    });
  }
  const final = readTensors(`${MODEL}/adapter_final.${name}.safetensors`);
  const expected = flatten((module) => ({
    a: tensor(final, `base_model.model.${module}.lora_A.weight`),
    b: tensor(final, `base_model.model.${module}.lora_B.weight`),
  }));
  const difference = state.params.map((value, j) => value - at(expected, j));
  expect(gradNorm(difference) / Math.sqrt(initial.length)).toBeLessThan(5e-6);
});
