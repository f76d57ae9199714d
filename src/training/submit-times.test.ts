/** Submits of real models' plans on simulated GPUs: each is short, from the first one on. */
import { describe, expect, it } from 'vitest';
import { Pace, type PacedPlan } from '../engine/pace';
import type { Dispatch } from '../engine/planner';
import { capacity } from '../engine/tensor';
import { UNTUNED } from '../engine/tuning';
import { at } from '../lib/assert';
import { parseConfig } from '../model/config';
import { tensorList } from '../model/tensor-list';
import { PRESETS } from '../recipe/presets';
import { planRecipe } from './recipe-plan';

const CONFIGS = {
  'SmolLM2-135M': {
    architectures: ['LlamaForCausalLM'],
    num_hidden_layers: 30,
    hidden_size: 576,
    num_attention_heads: 9,
    num_key_value_heads: 3,
    intermediate_size: 1536,
    vocab_size: 49152,
    max_position_embeddings: 8192,
    rms_norm_eps: 1e-5,
    tie_word_embeddings: true,
  },
  'Llama-3.2-1B': {
    architectures: ['LlamaForCausalLM'],
    num_hidden_layers: 16,
    hidden_size: 2048,
    num_attention_heads: 32,
    num_key_value_heads: 8,
    head_dim: 64,
    intermediate_size: 8192,
    vocab_size: 128256,
    max_position_embeddings: 8192,
    rms_norm_eps: 1e-5,
    tie_word_embeddings: true,
  },
};

/** `peak` in floating-point operations per millisecond, `bandwidth` in bytes per millisecond. */
const GPUS = {
  'of 0.3 TFLOP/s': { peak: 0.3e9, bandwidth: 20e6 },
  'of 10 TFLOP/s': { peak: 10e9, bandwidth: 350e6 },
};
type Gpu = (typeof GPUS)[keyof typeof GPUS];

/** The share of the peak that a kernel reaches: kernels of one plan differ by more than the pace can know. */
const SHARE: Readonly<Record<string, number>> = { linear: 0.35, attention: 0.15, lora: 0.1 };
const BYTES_OF_WEIGHT = 0.6;
const DISPATCH_MS = 0.008;

function milliseconds({ variant, work }: Dispatch, { peak, bandwidth }: Gpu): number {
  const { name } = variant.source;
  const compute = (work.flops * capacity(work.extent)) / (peak * (SHARE[name] ?? 0.1));
  // Few rows are bound by the bytes of the weight, which has one multiply-add for each row.
  const bytes = name === 'linear' ? (work.flops / 2) * BYTES_OF_WEIGHT : 0;
  return DISPATCH_MS + Math.max(compute, bytes / bandwidth);
}

interface Submit {
  readonly milliseconds: number;
  readonly dispatches: number;
}

/** Replays plans at their full capacity. Each step waits for the GPU, as a step that reads its result does. */
class SimulatedGpu {
  readonly submits: Submit[] = [];
  private now = 0;
  private encoded: number[] = [];
  private readonly pace: Pace;

  constructor(private readonly gpu: Gpu) {
    const pass = { end: () => {} };
    const queue = {
      submit: () => {
        const milliseconds = this.encoded.reduce((sum, time) => sum + time, 0);
        this.submits.push({ milliseconds, dispatches: this.encoded.length });
        this.now += milliseconds;
        this.encoded = [];
      },
      onSubmittedWorkDone: async () => {
        this.now += 0.3;
      },
    };
    const encoder = { beginComputePass: () => pass, finish: () => ({}) };
    const device = { isSoftware: false, gpu: { queue, createCommandEncoder: () => encoder } };
    // A fake of the few calls that the pace makes.
    this.pace = new Pace(device as unknown as ConstructorParameters<typeof Pace>[0], () => this.now);
  }

  plan(dispatches: readonly Dispatch[]): PacedPlan {
    return {
      length: dispatches.length,
      flops(i) {
        const { work } = at(dispatches, i);
        return work.flops * capacity(work.extent);
      },
      encode: (_pass, _buffers, _values, first, end) => {
        for (const dispatch of dispatches.slice(first, end)) this.encoded.push(milliseconds(dispatch, this.gpu));
      },
    };
  }

  /** Returns the submits of the step. */
  async step(...plans: readonly PacedPlan[]): Promise<readonly Submit[]> {
    const before = this.submits.length;
    this.pace.submit(
      'step',
      plans.map((plan) => ({ plan, buffers: new Map(), values: {} })),
    );
    await new Promise((resolve) => setTimeout(resolve));
    return this.submits.slice(before);
  }
}

const traits = { maxStorageBufferBindingSize: 2 ** 30, expandWeights: false, tuning: UNTUNED };

describe.each(Object.entries(CONFIGS))('%s', (_name, json) => {
  const config = parseConfig(json);
  const model = { config, weights: { tensors: tensorList(config, { matrices: 'Q4_0', vectors: 'F32' }) } };
  const recipe = { ...PRESETS.quick, lanes: 16, maxNewTokens: 256, maxNewTokensDirect: 256, pairsPerStep: 4 };
  const { dispatches } = planRecipe(model, recipe, { prompt: 256, verdict: null }, traits);

  it.each(Object.entries(GPUS))('on a GPU %s: no submit is long, and few are short', async (_gpu, speeds) => {
    const gpu = new SimulatedGpu(speeds);
    const decode = gpu.plan(dispatches.decode);
    const prefill = gpu.plan(dispatches.prefill);
    const gradient = gpu.plan(dispatches.gradient);
    const update = gpu.plan(dispatches.update);
    const steps = [[prefill], [decode], [prefill], [decode, decode], [gradient], [gradient, update]];
    for (const step of [...steps, ...steps, ...steps, ...steps]) await gpu.step(...step);
    const last = [await gpu.step(gradient, update), await gpu.step(decode, decode), await gpu.step(prefill)];

    // The pace cannot split a dispatch.
    const long = gpu.submits.filter(({ milliseconds, dispatches }) => milliseconds > 100 && dispatches > 1);
    expect(long).toEqual([]);
    for (const submits of last) {
      const total = submits.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
      expect(submits.length).toBeLessThan(1.5 + total / 15);
    }
  });
});
