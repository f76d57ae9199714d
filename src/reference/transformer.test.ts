import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { gradNorm } from './adamw';
import { readAdapter, readArchitecture, readJson, readTensors } from './golden';
import { relativeError } from './gradcheck';
import { at } from './indexing';
import { preferenceLoss } from './preference-loss';
import { type Adapter, type Branch, layOut, Transformer } from './transformer';

const DpoSchema = v.object({
  beta: v.number(),
  loss: v.number(),
  grad_norm: v.number(),
  sft: v.object({ loss: v.number(), grad_norm: v.number() }),
});

type Tensors = ReadonlyMap<string, Float64Array>;

function tensor(tensors: Tensors, name: string): Float64Array {
  const values = tensors.get(name);
  if (!values) throw new Error(`no golden tensor ${name}`);
  return values;
}

/** Rows of a right-padded batch: tokens without the padding. */
function unpad(tensors: Tensors, rows: number): number[][] {
  const ids = tensor(tensors, 'input_ids');
  const mask = tensor(tensors, 'attention_mask');
  const T = ids.length / rows;
  return Array.from({ length: rows }, (_, b) =>
    [...ids.subarray(b * T, (b + 1) * T)].filter((_, t) => at(mask, b * T + t) === 1),
  );
}

function maxDifference(actual: Float64Array, expected: Float64Array): number {
  expect(actual.length).toBe(expected.length);
  return actual.reduce((max, value, i) => Math.max(max, Math.abs(value - at(expected, i))), 0);
}

describe.each(['llama', 'llama3', 'smollm2', 'qwen2', 'qwen3', 'gemma3'])('%s', (model) => {
  const architecture = readArchitecture(model);
  const weights = readTensors(`${model}/model.safetensors`);
  const { C } = architecture;

  it('forward: hidden states, logits and log-probabilities are transformers’', () => {
    const golden = readTensors(`${model}/forward.safetensors`);
    const sequences = unpad(golden, 2);
    const layout = layOut(sequences.map((tokens) => ({ tokens })));
    const transformer = new Transformer(architecture, weights, layout);
    const { hidden, norm, logits } = transformer.forward();
    const T = tensor(golden, 'input_ids').length / 2;
    /** The rows that are no padding. */
    const rows = (values: Float64Array, width: number): Float64Array =>
      Float64Array.from(sequences.flatMap(({ length }, b) => [...values.subarray(b * T * width, (b * T + length) * width)]));
    expect(maxDifference(item(hidden, 0), rows(tensor(golden, 'hidden.0'), C))).toBeLessThan(1e-6);
    for (let layer = 1; layer <= architecture.layers; layer++) {
      expect(maxDifference(item(hidden, layer), rows(tensor(golden, `hidden.${layer}`), C))).toBeLessThan(5e-5);
    }
    expect(maxDifference(norm.value, rows(tensor(golden, 'hidden.norm'), C))).toBeLessThan(5e-5);
    expect(maxDifference(logits, rows(tensor(golden, 'logits'), logits.length / layout.tokens.length))).toBeLessThan(5e-5);
    for (const [b, tokens] of sequences.entries()) {
      const scored = tokens.slice(1).map((_, t) => item(layout.starts, b) + t);
      const { value } = transformer.logps(norm, scored, Uint32Array.from(tokens.slice(1)));
      const expected = tensor(golden, 'logps').subarray(b * T, b * T + tokens.length - 1);
      expect(maxDifference(value, expected)).toBeLessThan(5e-5);
    }
  });

  describe('preference pairs', () => {
    const golden = readTensors(`${model}/dpo.safetensors`);
    const expected = readJson(`${model}/dpo.json`, DpoSchema);
    const pairs = preferencePairs(golden);

    // The same numbers whether each completion has its own copy of the prompt or both share one.
    it.each([
      { name: 'with a prompt of their own', shared: false },
      { name: 'sharing their prompt', shared: true },
    ])('$name: log-probabilities, DPO and SFT losses and LoRA gradients are TRL’s', ({ shared }) => {
      const reference = score(`${model}/reference_adapter`, shared);
      expect(maxDifference(reference.sums, tensor(golden, 'reference_logps'))).toBeLessThan(2e-4);
      for (const run of [
        { name: 'dpo', beta: expected.beta, sftWeight: 0, loss: expected.loss, norm: expected.grad_norm },
        { name: 'sft', beta: 0, sftWeight: 1, loss: expected.sft.loss + Math.LN2, norm: expected.sft.grad_norm },
      ]) {
        const policy = score(`${model}/adapter`, shared);
        expect(maxDifference(policy.sums, tensor(golden, 'policy_logps'))).toBeLessThan(2e-4);
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
        expect(Math.abs(loss - run.loss)).toBeLessThan(5e-6);
        const gradients = policy.backward([...dPolicyChosen, ...dPolicyRejected]);
        const all: number[] = [];
        for (const [module, { da, db }] of gradients) {
          const of = (matrix: string) => tensor(golden, `${run.name}_grad.base_model.model.${module}.lora_${matrix}.weight`);
          expect(relativeError(da, of('A'))).toBeLessThan(5e-5);
          expect(relativeError(db, of('B'))).toBeLessThan(5e-5);
          all.push(...da, ...db);
        }
        expect(gradients.size).toBe(7 * architecture.layers);
        expect(Math.abs(gradNorm(Float64Array.from(all)) / run.norm - 1)).toBeLessThan(1e-5);
      }
    });

    /** Sums of log-probabilities of the completions, chosen then rejected, and their gradient. */
    function score(adapterPath: string, shared: boolean) {
      const adapter: Adapter = readAdapter(adapterPath);
      const completions = [...pairs.chosen, ...pairs.rejected];
      // The last token of a completion is only ever predicted, and the prompt's last row predicts the first.
      const branches: Branch[] = shared
        ? [...pairs.prompts.map((tokens) => ({ tokens })), ...completions.map((tokens, i) => ({ tokens, prefix: i % 3 }))]
        : completions.map((tokens, i) => ({ tokens: [...item(pairs.prompts, i % 3), ...tokens] }));
      const layout = layOut(branches);
      const rows = completions.flatMap((tokens, i) => {
        const prompt = item(pairs.prompts, i % 3).length;
        if (!shared) return tokens.map((_, t) => item(layout.starts, i) + prompt - 1 + t);
        return tokens.map((_, t) => (t === 0 ? item(layout.starts, i % 3) + prompt - 1 : item(layout.starts, 3 + i) + t - 1));
      });
      const owner = completions.flatMap((tokens, i) => tokens.map(() => i));
      const transformer = new Transformer(architecture, weights, layout, adapter);
      const logps = transformer.logps(transformer.forward().norm, rows, Uint32Array.from(completions.flat()));
      const sums = new Float64Array(6);
      for (const [j, i] of owner.entries()) sums[i] = at(sums, i) + at(logps.value, j);
      return {
        sums,
        backward: (dsums: readonly number[]) =>
          transformer.backward(
            logps,
            Float64Array.from(owner, (i) => item(dsums, i)),
          ),
      };
    }
  });
});

function item<T>(items: readonly T[], index: number): T {
  const found = items[index];
  if (found === undefined) throw new RangeError(`item ${index} of ${items.length}`);
  return found;
}

function preferencePairs(golden: Tensors): { prompts: number[][]; chosen: number[][]; rejected: number[][] } {
  const sequences = unpad(golden, 6);
  const mask = tensor(golden, 'completion_mask');
  const T = mask.length / 6;
  const part = (b: number, completion: 0 | 1): number[] =>
    item(sequences, b).filter((_, t) => at(mask, b * T + t) === completion);
  return {
    prompts: [0, 1, 2].map((p) => part(p, 0)),
    chosen: [0, 1, 2].map((p) => part(p, 1)),
    rejected: [3, 4, 5].map((p) => part(p, 1)),
  };
}
