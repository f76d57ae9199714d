import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import {
  readAdapter,
  readArchitecture,
  readJson,
  readPairs,
  readSequences,
  readTensors,
  tensor,
} from '../../e2e/golden-models';
import { gradNorm } from './adamw';
import { scorePairs } from './pairs';
import { preferenceLoss } from './preference-loss';
import { relativeError } from './testing/gradcheck';
import { layOut, Transformer } from './transformer';

const DpoSchema = v.object({
  beta: v.number(),
  sft: v.object({ grad_norm: v.number() }),
  /** The same numbers, computed in float64 by an independent implementation. */
  float64: v.object({
    loss: v.number(),
    logps: v.array(v.number()),
    reference_logps: v.array(v.number()),
    grad_norm: v.number(),
    sft_loss: v.number(),
  }),
});

// The rounding errors of PyTorch in float32. The float64 tolerances allow only another order of summation.
const FLOAT32 = 5e-5;
const FLOAT64 = 1e-9;

function maxDifference(actual: Float64Array, expected: ArrayLike<number>): number {
  expect(actual.length).toBe(expected.length);
  return actual.reduce((max, value, i) => Math.max(max, Math.abs(value - (expected[i] ?? Number.NaN))), 0);
}

describe.each(['llama', 'llama3', 'smollm2', 'qwen2', 'qwen3', 'gemma3'])('%s', (model) => {
  const architecture = readArchitecture(model);
  const weights = readTensors(`${model}/model.safetensors`);

  it('forward: hidden states, logits and log-probabilities are transformers’', () => {
    const golden = readTensors(`${model}/forward.safetensors`);
    const sequences = readSequences(golden, 2);
    const layout = layOut(sequences.map((tokens) => ({ tokens })));
    const transformer = new Transformer(architecture, weights, layout);
    const { hidden, norm, logits } = transformer.forward();
    /** A golden tensor [2, T, width] without the rows of the padding. */
    const expected = (name: string): number[] => {
      const values = tensor(golden, name);
      const perRow = values.length / 2;
      const width = perRow / (tensor(golden, 'input_ids').length / 2);
      return sequences.flatMap(({ length }, b) => [...values.subarray(b * perRow, b * perRow + length * width)]);
    };
    expect(hidden.length).toBe(architecture.layers + 1);
    for (const [i, values] of hidden.entries())
      expect(maxDifference(values, expected(`hidden.${i}`))).toBeLessThan(FLOAT32);
    expect(maxDifference(norm.value, expected('hidden.norm'))).toBeLessThan(FLOAT32);
    expect(maxDifference(logits, expected('logits'))).toBeLessThan(FLOAT32);
    // The last row of a sequence predicts nothing.
    const rows = sequences.flatMap((tokens, b) => tokens.slice(1).map((_, t) => (layout.starts[b] ?? 0) + t));
    const { value } = transformer.logps(norm, rows, Uint32Array.from(sequences.flatMap((tokens) => tokens.slice(1))));
    const goldenLogps = expected('logps');
    expect(
      maxDifference(
        value,
        rows.map((row) => goldenLogps[row] ?? Number.NaN),
      ),
    ).toBeLessThan(FLOAT32);
  });

  describe('preference pairs', () => {
    const golden = readTensors(`${model}/dpo.safetensors`);
    const { beta, sft, float64 } = readJson(`${model}/dpo.json`, DpoSchema);
    const pairs = readPairs(golden);

    it.each([
      { name: 'each completion with a prompt of its own', shared: false },
      { name: 'both completions on one prompt', shared: true },
    ])('$name: log-probabilities, losses and LoRA gradients are TRL’s', ({ shared }) => {
      const base = { architecture, weights, pairs, shared };
      const reference = scorePairs({ ...base, adapter: readAdapter(`${model}/reference_adapter`) });
      expect(maxDifference(reference.sums, float64.reference_logps)).toBeLessThan(FLOAT64);
      for (const run of [
        { name: 'dpo', beta, sftWeight: 0, loss: float64.loss, norm: float64.grad_norm, tolerance: FLOAT64 },
        // With beta 0 the preference loss is ln 2, and the gradient is that of SFT alone. Its norm is known only in
        // float32.
        {
          name: 'sft',
          beta: 0,
          sftWeight: 1,
          loss: float64.sft_loss + Math.LN2,
          norm: sft.grad_norm,
          tolerance: 1e-5,
        },
      ]) {
        const policy = scorePairs({ ...base, adapter: readAdapter(`${model}/adapter`) });
        expect(maxDifference(policy.sums, float64.logps)).toBeLessThan(FLOAT64);
        const { loss, dPolicyChosen, dPolicyRejected } = preferenceLoss({
          kind: 'sigmoid',
          beta: run.beta,
          sftWeight: run.sftWeight,
          labelSmoothing: 0,
          policyChosen: policy.sums.subarray(0, 3),
          policyRejected: policy.sums.subarray(3),
          refChosen: reference.sums.subarray(0, 3),
          refRejected: reference.sums.subarray(3),
          chosenLengths: Uint32Array.from(pairs.chosen, (completion) => completion.length),
          rejectedLengths: Uint32Array.from(pairs.rejected, (completion) => completion.length),
        });
        expect(Math.abs(loss - run.loss)).toBeLessThan(FLOAT64);
        const gradients = policy.backward(Float64Array.of(...dPolicyChosen, ...dPolicyRejected));
        expect(gradients.size).toBe(7 * architecture.layers);
        const squares: number[] = [];
        for (const [module, { da, db }] of gradients) {
          const of = (matrix: 'A' | 'B') =>
            tensor(golden, `${run.name}_grad.base_model.model.${module}.lora_${matrix}.weight`);
          expect(relativeError(da, of('A'))).toBeLessThan(FLOAT32);
          expect(relativeError(db, of('B'))).toBeLessThan(FLOAT32);
          squares.push(gradNorm(da) ** 2, gradNorm(db) ** 2);
        }
        const norm = Math.sqrt(squares.reduce((sum, square) => sum + square));
        expect(Math.abs(norm / run.norm - 1)).toBeLessThan(run.tolerance);
      }
    });
  });
});
