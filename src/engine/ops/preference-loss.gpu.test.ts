import { describe, expect, it } from 'vitest';
import { Rng } from '../../lib/testing/rng';
import { LOSSES, type LossKind } from '../../recipe/recipe';
import { preferenceLoss as preferenceLossTwin } from '../../reference/preference-loss';
import { Dim } from '../tensor';
import { expectClose, normals, testLab } from '../testing/test-lab';
import { TOLERANCES } from '../testing/tolerances';
import { preferenceLoss } from './preference-loss';

const lab = testLab();

/** Pairs with lengths from `lengths`, chosen and rejected in turn, and log-probabilities of every token. */
function batch(rng: Rng, lengths: readonly number[], scale: number) {
  const logps = normals(rng, lengths.reduce((sum, n) => sum + n, 0) + 1, scale).map((x) => -Math.abs(x));
  let start = 0;
  const branches = Uint32Array.from(
    lengths.flatMap((length) => {
      start += length;
      return [start - length, length];
    }),
  );
  const sums = Float64Array.from(lengths, (length, b) => {
    const first = branches[2 * b] ?? 0;
    return logps.subarray(first, first + length).reduce((sum, x) => sum + x, 0);
  });
  const reference = Float64Array.from(sums, (sum) => Math.fround(sum + scale * rng.normal()));
  return { logps, branches, sums, reference };
}

/** Those of the chosen (0) or of the rejected (1). */
const half = (values: Float64Array, which: 0 | 1) => values.filter((_, b) => b % 2 === which);
const halfLengths = (lengths: readonly number[], which: 0 | 1) =>
  Uint32Array.from(lengths.filter((_, b) => b % 2 === which));

async function run(
  kind: LossKind,
  lengths: readonly number[],
  settings: { beta: number; labelSmoothing: number; alpha: number; scale: number },
  weight = 2 / lengths.length,
) {
  const { beta, labelSmoothing, alpha, scale } = settings;
  const pairs = lengths.length / 2;
  const { logps, branches, sums, reference } = batch(new Rng(lengths.length, 7), lengths, scale);
  const M = logps.length;
  const [chosenLengths, rejectedLengths] = [halfLengths(lengths, 0), halfLengths(lengths, 1)];
  const tokens = Math.max(
    1,
    chosenLengths.reduce((sum, n) => sum + n, 0),
  );
  const outputs = await lab().run(
    (p) => {
      const results = p.slot('results', [pairs, 4]);
      const dbranch = p.slot('dbranch', [2 * pairs]);
      const inputs = { logps: p.slot('logps', [M]), branches: p.slot('branches', [pairs * 4], 'u32') };
      const factors = { weight: p.scalar('weight'), sftWeight: p.scalar('sftWeight') };
      const slots = { ...inputs, reference: p.slot('reference', [pairs, 2]), results, dbranch };
      preferenceLoss(p, { ...slots, pairs: new Dim('pairs', pairs), kind, beta, labelSmoothing, ...factors });
      expect(p.grad(inputs.logps)).toBe(dbranch);
      return { results, dbranch };
    },
    { slots: { logps, branches, reference }, replays: [{ pairs, weight, sftWeight: alpha / tokens }] },
  );
  const twin = preferenceLossTwin({
    kind,
    beta,
    labelSmoothing,
    sftWeight: alpha,
    policyChosen: half(sums, 0),
    policyRejected: half(sums, 1),
    refChosen: half(reference, 0),
    refRejected: half(reference, 1),
    chosenLengths,
    rejectedLengths,
  });
  return { outputs, twin, sums };
}

const SETTINGS = { beta: 0.1, labelSmoothing: 0.1, alpha: 0.2, scale: 2 };
const someLengths = (pairs: number) => Array.from({ length: 2 * pairs }, (_, i) => 1 + ((i * 7) % 11));

describe.each(LOSSES)('preference loss %s', (kind) => {
  it.each([
    { pairs: 1, change: {} },
    { pairs: 64, change: { alpha: 0 } },
    { pairs: 70, change: { beta: 0.5, labelSmoothing: 0 } },
    // Far from 0 on both sides of σ: exp must not overflow.
    { pairs: 5, change: { scale: 300, beta: 1 } },
  ])('$pairs pairs, $change', async ({ pairs, change }) => {
    const settings = { ...SETTINGS, ...change };
    const { outputs, twin, sums } = await run(kind, someLengths(pairs), settings);
    const results = outputs.floats('results');
    const total = Array.from({ length: pairs }, (_, i) => results[4 * i] ?? Number.NaN).reduce((sum, x) => sum + x, 0);
    expectClose(Float64Array.of(total), Float64Array.of(twin.loss), TOLERANCES.loss);
    const policy = results.filter((_, i) => i % 4 === 1 || i % 4 === 2);
    expectClose(policy, sums, TOLERANCES.loss);
    const derivatives = Float64Array.from({ length: 2 * pairs }, (_, b) => {
      const of = b % 2 === 0 ? twin.dPolicyChosen : twin.dPolicyRejected;
      return of[Math.floor(b / 2)] ?? Number.NaN;
    });
    expectClose(outputs.floats('dbranch'), derivatives, TOLERANCES.loss);
  });
});

// IPO divides by β, and log-ratios of thousands overflow exp; neither may affect the SFT term.
it.each(LOSSES)('at weight 0, %s is exactly SFT alone and needs no rejected', async (kind) => {
  const sft = { beta: 0, labelSmoothing: 0, alpha: 1, scale: 2000 };
  const { outputs, twin } = await run(kind, [5, 0, 3, 0], sft, 0);
  expect([...outputs.floats('dbranch')]).toEqual([-1 / 8, 0, -1 / 8, 0]);
  const results = outputs.floats('results');
  expectClose(Float64Array.of((results[0] ?? 0) + (results[4] ?? 0)), Float64Array.of(twin.sft), TOLERANCES.loss);
  expect(results[2]).toBe(0);
});
