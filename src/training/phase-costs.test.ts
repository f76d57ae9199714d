import { expect, it } from 'vitest';
import { UNTUNED } from '../engine/tuning';
import { parseConfig } from '../model/config';
import { tensorList } from '../model/tensor-list';
import { PRESETS } from '../recipe/presets';
import type { DeviceSpeed } from '../records/device';
import { PhaseCosts } from './phase-costs';
import { planRecipe } from './recipe-plan';
import { planWorkspace } from './workspace-plan';

const config = parseConfig({
  architectures: ['LlamaForCausalLM'],
  num_hidden_layers: 8,
  hidden_size: 512,
  num_attention_heads: 8,
  num_key_value_heads: 2,
  intermediate_size: 1536,
  vocab_size: 8192,
  max_position_embeddings: 2048,
  rms_norm_eps: 1e-5,
  tie_word_embeddings: true,
});
const model = { config, weights: { tensors: tensorList(config, { matrices: 'F32', vectors: 'F32' }) } };
const plan = planRecipe(
  model,
  { ...PRESETS.quick, lanes: 64, pairsPerStep: 4, maxNewTokens: 256 },
  { prompt: 256, verdict: null },
  { maxStorageBufferBindingSize: 2 ** 30, expandWeights: false, tuning: UNTUNED },
);
/** Products of matrices: embedding, and q, k, v, o, gate, up and down of eight blocks. */
const PARAMETERS = 8192 * 512 + 8 * (512 * 512 * 2 + 512 * 128 * 2 + 3 * 512 * 1536);
const speed: DeviceSpeed = { bandwidth: 1e11, flops: 1e12, groupFlops: 1e12, halfFlops: null, dispatch: 0, submit: 0 };
const costs = new PhaseCosts(plan, speed);
const lanes = (count: number) => ({ lanes: count, k: count, prompt: 100, generated: 20 });

it('the limit of decoding is the time to read the weights, for few lanes', () => {
  const { limit } = costs;
  expect(limit.decode(lanes(1))).toBeGreaterThan((4 * PARAMETERS) / speed.bandwidth);
  expect(limit.decode(lanes(1))).toBeLessThan((1.1 * 4 * PARAMETERS) / speed.bandwidth);
  expect(limit.decode(lanes(8))).toBeLessThan(1.05 * limit.decode(lanes(1)));
});

it('the limit of prefill and training is the time to compute', () => {
  const prefill = costs.limit.prefill(4, 200);
  // Of the last block, prefill needs the keys and values only.
  expect(prefill).toBeGreaterThan(((7 / 8) * 2 * (PARAMETERS - 8192 * 512) * 4 * 199) / speed.flops);
  const pairs = { pairs: 4, prompt: 100, chosen: 150, rejected: 150 };
  // Forward and backward by the input, of all rows.
  const step = costs.limit.step(pairs);
  expect(step).toBeGreaterThan((4 * (PARAMETERS - 8192 * 512) * 4 * 399) / speed.flops);
  expect(step).toBeLessThan((8 * PARAMETERS * 4 * 399) / speed.flops);
});

it('predicts more than the limit, and more for more work', () => {
  const { limit } = costs;
  for (const count of [1, 8, 64]) expect(costs.decode(lanes(count))).toBeGreaterThan(limit.decode(lanes(count)));
  expect(costs.prefill(8, 200)).toBeGreaterThan(1.8 * costs.prefill(4, 200));
  const pairs = { pairs: 4, prompt: 100, chosen: 150, rejected: 150 };
  const step = costs.step(pairs);
  expect(step).toBeGreaterThan(costs.scoring(pairs));
  expect(costs.step({ ...pairs, pairs: 8 }) / step).toBeCloseTo(2, 1);
  expect(costs.step({ ...pairs, rejected: 0 })).toBeLessThan(step);
});

it('reads half the bytes from a cache in f16', () => {
  const { spec } = plan;
  const half = new PhaseCosts(planWorkspace({ ...spec, generation: { ...spec.generation, cacheType: 'f16' } }), speed);
  for (const lengths of [lanes(1), { lanes: 4, k: 4, prompt: 1500, generated: 20 }]) {
    const rows = lengths.prompt + lengths.lanes * lengths.generated;
    /** Of keys and values of eight blocks. */
    const bytes = 8 * rows * 2 * 128 * 2;
    const saved = costs.limit.decode(lengths) - half.limit.decode(lengths);
    expect(saved).toBeCloseTo(bytes / speed.bandwidth, 12);
  }
});

it('counts the keys of longer prompts', () => {
  const long = costs.decode({ ...lanes(64), prompt: 1500 });
  expect(long).toBeGreaterThan(costs.decode(lanes(64)));
});

it('divides the cost of a submit among the decode steps that fit in it', () => {
  const step = costs.decode(lanes(8));
  const most = plan.spec.generation.steps;
  const steps = Math.max(1, Math.min(most, Math.floor(0.006 / step)));
  const withSubmit = new PhaseCosts(plan, { ...speed, submit: 0.003 }).decode(lanes(8));
  expect(withSubmit - step).toBeCloseTo(0.003 / steps, 9);
  // A device of a thousandth of the speed decodes one step in each submit.
  const slow = { ...speed, bandwidth: speed.bandwidth / 1000, flops: speed.flops / 1000, groupFlops: 1e9 };
  const difference =
    new PhaseCosts(plan, { ...slow, submit: 0.003 }).decode(lanes(8)) - new PhaseCosts(plan, slow).decode(lanes(8));
  expect(difference).toBeCloseTo(0.003, 9);
});
