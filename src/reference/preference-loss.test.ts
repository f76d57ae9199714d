import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { LOSSES } from '../recipe/recipe';
import { type PreferenceLoss, preferenceLoss } from './preference-loss';
import { numericalGradient, relativeError } from './testing/gradcheck';

const KINDS = [...LOSSES, 'sigmoid+sft'] as const;

const PairSchema = v.object({
  policy_chosen: v.number(),
  ref_chosen: v.number(),
  policy_rejected: v.number(),
  ref_rejected: v.number(),
  len_chosen: v.number(),
  len_rejected: v.number(),
});
const expectedSchema = <T extends v.GenericSchema>(derivative: T) =>
  v.object(
    v.entriesFromList(
      KINDS,
      v.object({ loss: v.number(), d_policy_chosen: derivative, d_policy_rejected: derivative }),
    ),
  );
const GoldenSchema = v.object({
  label_smoothing: v.number(),
  pairs: v.array(v.object({ ...PairSchema.entries, beta: v.number(), losses: expectedSchema(v.number()) })),
  batches: v.array(
    v.object({ beta: v.number(), pairs: v.array(PairSchema), losses: expectedSchema(v.array(v.number())) }),
  ),
});
type Pair = v.InferOutput<typeof PairSchema>;

// TRL's own losses, in float64.
const golden = v.parse(GoldenSchema, JSON.parse(readFileSync('e2e/golden/losses.json', 'utf8')));

function inputs(name: (typeof KINDS)[number], beta: number, pairs: readonly Pair[]): PreferenceLoss {
  return {
    kind: name === 'sigmoid+sft' ? 'sigmoid' : name,
    sftWeight: name === 'sigmoid+sft' ? 1 : 0,
    beta,
    labelSmoothing: golden.label_smoothing,
    policyChosen: Float64Array.from(pairs, (pair) => pair.policy_chosen),
    policyRejected: Float64Array.from(pairs, (pair) => pair.policy_rejected),
    refChosen: Float64Array.from(pairs, (pair) => pair.ref_chosen),
    refRejected: Float64Array.from(pairs, (pair) => pair.ref_rejected),
    chosenLengths: Uint32Array.from(pairs, (pair) => pair.len_chosen),
    rejectedLengths: Uint32Array.from(pairs, (pair) => pair.len_rejected),
  };
}

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>): void {
  expect(actual.length).toBe(expected.length);
  for (const [i, value] of Array.from(expected).entries()) {
    expect(Math.abs((actual[i] ?? Number.NaN) - value)).toBeLessThanOrEqual(1e-9 * Math.max(Math.abs(value), 1e-3));
  }
}

describe.each(KINDS)('%s', (name) => {
  it('equals TRL on every pair', () => {
    expect(golden.pairs.length).toBe(60);
    for (const pair of golden.pairs) {
      const { loss, dPolicyChosen, dPolicyRejected } = preferenceLoss(inputs(name, pair.beta, [pair]));
      const expected = pair.losses[name];
      expectClose([loss], [expected.loss]);
      expectClose(dPolicyChosen, [expected.d_policy_chosen]);
      expectClose(dPolicyRejected, [expected.d_policy_rejected]);
    }
  });

  it('equals TRL on batches', () => {
    expect(golden.batches.length).toBe(3);
    for (const batch of golden.batches) {
      const { loss, dPolicyChosen, dPolicyRejected } = preferenceLoss(inputs(name, batch.beta, batch.pairs));
      const expected = batch.losses[name];
      expectClose([loss], [expected.loss]);
      expectClose(dPolicyChosen, expected.d_policy_chosen);
      expectClose(dPolicyRejected, expected.d_policy_rejected);
    }
  });

  it('has derivatives that agree with finite differences', () => {
    const options = inputs(name, 0.3, golden.batches[0]?.pairs ?? []);
    const { dPolicyChosen, dPolicyRejected } = preferenceLoss(options);
    const byChosen = numericalGradient(
      (x) => preferenceLoss({ ...options, policyChosen: x }).loss,
      options.policyChosen,
    );
    const byRejected = numericalGradient(
      (x) => preferenceLoss({ ...options, policyRejected: x }).loss,
      options.policyRejected,
    );
    expect(relativeError(dPolicyChosen, byChosen)).toBeLessThan(1e-7);
    expect(relativeError(dPolicyRejected, byRejected)).toBeLessThan(1e-7);
  });
});
