import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { at } from '../../lib/assert';
import { Random } from '../../lib/random';
import { mean } from '../../lib/statistics';
import {
  fitLengths,
  lengthControlled,
  lengthControlledInterval,
  type SampleOutcome,
} from './length-controlled-win-rate';

interface Golden {
  tolerance: number;
  cases: {
    label: string;
    outcomes: number[][];
    differences: number[][];
    theta: number;
    phi: number;
    u: number[];
    spread: number;
    lengthControlled: number;
  }[];
}
const golden: Golden = JSON.parse(
  readFileSync(new URL('../../../e2e/golden/length-controlled.json', import.meta.url), 'utf8'),
);

describe('golden', () => {
  it.each(golden.cases)('$label', ({ outcomes, differences, theta, phi, u, spread, lengthControlled: expected }) => {
    const prompts = outcomes.map((own, i) =>
      own.map((outcome, s) => ({ outcome, difference: at(at(differences, i), s) })),
    );
    const fit = fitLengths(prompts);
    const near = (one: number | undefined, other: number) =>
      expect(Math.abs((one ?? Number.NaN) - other)).toBeLessThan(golden.tolerance);
    near(fit?.theta, theta);
    near(fit?.phi, phi);
    near(fit?.spread, spread);
    for (const [i, one] of u.entries()) near(fit?.u[i], one);
    near(lengthControlled(prompts) ?? undefined, expected);
  });
});

/** Normally distributed (Box–Muller). */
const normal = (random: Random): number =>
  Math.sqrt(-2 * Math.log(1 - random.float())) * Math.cos(2 * Math.PI * random.float());
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** Two samples for each prompt, by a judge whose bias for length is known. */
function simulated({ theta, phi, longer }: { theta: number; phi: number; longer: number }, count = 600, seed = 7) {
  const random = new Random(seed, 'simulated');
  const draws = Array.from({ length: count }, () => {
    const u = 0.7 * normal(random);
    return { u, differences: [0, 1].map(() => Math.round(longer + 20 * normal(random))) };
  });
  const spread = 20;
  const prompts = draws.map(({ u, differences }) =>
    differences.map((difference): SampleOutcome => {
      const wins = random.float() < sigmoid(theta + phi * Math.tanh(difference / spread) + u);
      return { outcome: wins ? 1 : 0, difference };
    }),
  );
  return { prompts, expected: mean(draws.map(({ u }) => sigmoid(theta + u))) ?? 0 };
}

describe('a length-controlled win rate', () => {
  it.each([
    { theta: 0, phi: 1.5, longer: 20 },
    { theta: 0.5, phi: 2, longer: 15 },
    { theta: 0.8, phi: -1.5, longer: 20 },
    { theta: -0.4, phi: 0, longer: 20 },
  ])('recovers the win rate at equal lengths: θ = $theta, φ = $phi', (effect) => {
    const { prompts, expected } = simulated(effect);
    const raw = mean(prompts.flat().map(({ outcome }) => outcome)) ?? 0;
    const controlled = lengthControlled(prompts) ?? Number.NaN;
    expect(Math.abs(controlled - expected)).toBeLessThan(0.035);
    if (effect.phi !== 0) expect(Math.abs(raw - expected)).toBeGreaterThan(3 * Math.abs(controlled - expected));
  });

  it('has an interval that covers the true value nearly as often as it should', { timeout: 60_000 }, () => {
    const effect = { theta: 0.5, phi: 1.5, longer: 10 };
    // The true value is that of all prompts, not only of those that were drawn.
    const random = new Random(1, 'expected');
    const truth = mean(Array.from({ length: 20_000 }, () => sigmoid(effect.theta + 0.7 * normal(random)))) ?? 0;
    const trials = 60;
    const widths: number[] = [];
    let covered = 0;
    for (let trial = 0; trial < trials; trial++) {
      const { prompts } = simulated(effect, 50, trial);
      const [low, high] = lengthControlledInterval(prompts, new Random(trial, 'bootstrap')) ?? [1, 0];
      widths.push(high - low);
      if (low <= truth && truth <= high) covered++;
    }
    // Binomial: 57 ± 1.7 of 60. It covered 193 of 200 trials of 80 prompts.
    expect(covered).toBeGreaterThanOrEqual(52);
    expect(mean(widths)).toBeLessThan(0.3);
  });

  it('has no interval for fewer than five prompts', () => {
    const judged = (prompts: number) =>
      Array.from({ length: prompts }, (_, i) =>
        Array.from(
          { length: 12 },
          (_, s): SampleOutcome => ({ outcome: (i + s) % 2, difference: ((i + 2 * s) % 5) - 2 }),
        ),
      );
    expect(lengthControlledInterval(judged(5), new Random(1))).not.toBeNull();
    expect(lengthControlledInterval(judged(4), new Random(1))).toBeNull();
  });

  it('is one half for a policy against itself, whichever sample is longer', () => {
    const { prompts } = simulated({ theta: 0.5, phi: 1, longer: 10 });
    const swapped = prompts.map((samples) =>
      samples.map(({ outcome, difference }) => ({ outcome: 1 - outcome, difference: -(difference ?? 0) })),
    );
    const [one, other] = [lengthControlled(prompts) ?? 0, lengthControlled(swapped) ?? 0];
    expect(one + other).toBeCloseTo(1, 9);
  });

  it('does not change the outcomes of malformed samples', () => {
    const judged = Array.from({ length: 20 }, (_, i): SampleOutcome[] => [
      { outcome: i % 2, difference: (i % 5) - 1 },
      { outcome: i % 3 === 0 ? 1 : 0, difference: (i % 7) - 3 },
    ]);
    const plain = lengthControlled(judged) ?? 0;
    const withMalformed = lengthControlled([...judged, [{ outcome: 0, difference: null }]]) ?? 0;
    expect(withMalformed).toBeCloseTo((40 * plain) / 41, 12);
  });

  it('is null if all were won, if all differences are equal, for few samples and for none', () => {
    const of = (count: number, sample: (i: number) => SampleOutcome) =>
      lengthControlled(Array.from({ length: count }, (_, i) => [sample(i)]));
    const ordinary = (i: number) => ({ outcome: i % 2, difference: i % 3 });
    expect(of(20, ordinary)).not.toBeNull();
    expect(of(19, ordinary)).toBeNull();
    expect(of(20, (i) => ({ outcome: 1, difference: i }))).toBeNull();
    expect(of(20, (i) => ({ outcome: i % 2, difference: 2 }))).toBeNull();
    expect(lengthControlled([])).toBeNull();
  });

  it('is the plain win rate if all lengths are equal', () => {
    expect(
      lengthControlled([
        [{ outcome: 1, difference: 0 }],
        [
          { outcome: 0.5, difference: 0 },
          { outcome: 1, difference: null },
        ],
      ]),
    ).toBeCloseTo(2.5 / 3, 12);
  });

  it('is finite if length alone decides', () => {
    const samples = Array.from({ length: 20 }, (_, i): SampleOutcome[] => [
      { outcome: i < 10 ? 0 : 1, difference: i < 10 ? -5 : 5 },
    ]);
    expect(lengthControlled(samples)).toBeCloseTo(0.5, 9);
  });
});
