import { describe, expect, it } from 'vitest';
import { Rng } from '../../lib/testing/rng';
import { gumbels, perturbedLogits } from '../../reference/sample';
import { normals, testLab } from '../testing/test-lab';
import { TOLERANCES } from '../testing/tolerances';
import { IDLE, LANE_WORDS, sample } from './sample';

const lab = testLab();

interface Lane {
  readonly stream: number;
  readonly candidate: number;
  readonly length: number;
  readonly limit: number;
}
interface Sampling {
  readonly temperature: number;
  readonly topK: number;
  readonly topP: number;
}
const GREEDY: Sampling = { temperature: 0, topK: 0, topP: 1 };
const SEED = 2026;

/** Draws `steps` times from the same logits, one row [V] for each lane. Values beyond V must not matter. */
async function draw(
  rows: readonly Float64Array[],
  lanes: readonly Lane[],
  { kernels, steps, ends = [], ...sampling }: Sampling & { kernels: string; steps: number; ends?: readonly number[] },
) {
  const [L, V] = [lanes.length, rows[0]?.length ?? 0];
  const stride = Math.ceil(V / 4) * 4;
  const logits = new Float64Array(L * stride).fill(1e9);
  rows.forEach((row, l) => {
    logits.set(row, l * stride);
  });
  const state = Uint32Array.from(
    lanes.flatMap(({ stream, candidate, length, limit }) => [stream, candidate, length, limit, 0, 0, 0, 0]),
  );
  const count = (from: number) => Uint32Array.from(lanes, (_, l) => from + l);
  const ranges = Uint32Array.from(lanes.flatMap((_, l) => [0, 3, 50 * l, 50 * l + 1]));
  const outputs = await lab().run(
    (p) => {
      const slots = {
        state: p.slot('state', [L, LANE_WORDS], 'u32'),
        tokens: p.slot('tokens', [L], 'u32'),
        positions: p.slot('positions', [L], 'u32'),
        kvRows: p.slot('kvRows', [L], 'u32'),
        ranges: p.slot('ranges', [L, 4], 'u32'),
        written: p.slot('written', [steps, L], 'u32'),
      };
      sample(p, {
        ...slots,
        logits: p.slot('logits', [L, stride]),
        lanes: L,
        vocabulary: V,
        ...sampling,
        seed: SEED,
        ends,
      });
      return slots;
    },
    {
      slots: { logits, state, tokens: count(900), positions: count(100), kvRows: count(200), ranges },
      tuning: { software: kernels === 'software' },
      replays: Array.from({ length: steps }, () => ({})),
    },
  );
  const written = Array.from({ length: steps }, (_, step) => [
    ...outputs.words('written').subarray(step * L, (step + 1) * L),
  ]);
  return { written, outputs };
}

describe.each(['software', 'hardware'])('sample, %s', (kernels) => {
  it('at temperature 0 takes the largest, with the lowest index among equals', async () => {
    const V = 301;
    const at = (largest: number, ...where: number[]) =>
      Float64Array.from({ length: V }, (_, token) => (where.includes(token) ? largest : largest - 1 - (token % 7)));
    const rows = [
      at(5, 300),
      at(-40, 0),
      at(3, 66, 67, 130),
      at(-1, 299, 12, 268),
      at(0, 255, 256),
      at(1e4, 64, 128),
      at(2, 1, 0),
    ];
    const lanes = rows.map((_, l) => ({ stream: l, candidate: 0, length: 0, limit: 9 }));
    const { written } = await draw(rows, lanes, { ...GREEDY, kernels, steps: 1 });
    expect(written).toEqual([[300, 0, 66, 12, 255, 64, 0]]);
  });

  it.each<Sampling & { V: number; spread: number }>([
    { V: 5, spread: 1, temperature: 1, topK: 0, topP: 1 },
    { V: 301, spread: 2, temperature: 0.8, topK: 0, topP: 0.95 },
    { V: 256, spread: 4, temperature: 1.5, topK: 5, topP: 1 },
    { V: 1030, spread: 3, temperature: 0.7, topK: 40, topP: 0.9 },
    { V: 301, spread: 30, temperature: 1, topK: 300, topP: 0.999 },
    { V: 64, spread: 0, temperature: 1, topK: 3, topP: 0.5 },
    { V: 301, spread: 1, temperature: 1, topK: 1, topP: 1 },
    { V: 301, spread: 1, temperature: 1, topK: 0, topP: 1e-6 },
  ])(
    'draws what the twin draws: V=$V, spread $spread, temperature $temperature, top-k $topK, top-p $topP',
    async (o) => {
      const { V, spread, ...sampling } = o;
      const [L, steps] = [11, 6];
      const rng = new Rng(V, o.topK);
      const rows = Array.from({ length: L }, () => normals(rng, V, spread));
      const lanes = rows.map((_, l) => ({ stream: 3 * l, candidate: l % 4, length: 2 * l, limit: 1000 }));
      const { written } = await draw(rows, lanes, { ...sampling, kernels, steps });
      written.forEach((tokens, step) => {
        const perturbed = perturbedLogits({
          logits: Float64Array.from(rows.flatMap((row) => [...row])),
          V,
          ...sampling,
          seed: SEED,
          streams: Uint32Array.from(lanes, ({ stream }) => stream),
          candidates: Uint32Array.from(lanes, ({ candidate }) => candidate),
          positions: Uint32Array.from(lanes, ({ length }) => length + step),
        });
        tokens.forEach((token, l) => {
          const row = perturbed.subarray(l * V, (l + 1) * V);
          const best = row.reduce((a, b) => Math.max(a, b));
          expect(best - (row[token] ?? Number.NaN), `lane ${l}, step ${step}`).toBeLessThanOrEqual(
            TOLERANCES.gumbel.absolute,
          );
        });
      });
      // The draws are random: lanes and steps differ.
      if (sampling.topK !== 1 && sampling.topP > 0.4) expect(new Set(written.flat()).size).toBeGreaterThan(2);
    },
  );

  it('keeps ties with the last token of top-k and of top-p', async () => {
    const row = Float64Array.from([0.1, 0.4, 0.2, 0.2, 0.1], Math.log).map(Math.fround);
    const lanes = Array.from({ length: 24 }, (_, l) => ({ stream: l, candidate: 0, length: 0, limit: 99 }));
    const drawn = async (sampling: Partial<Sampling>) => {
      const all = { temperature: 1, topK: 0, topP: 1, ...sampling };
      const { written } = await draw(
        lanes.map(() => row),
        lanes,
        { ...all, kernels, steps: 4 },
      );
      return [...new Set(written.flat())].sort();
    };
    expect(await drawn({})).toEqual([0, 1, 2, 3, 4]);
    expect(await drawn({ topK: 2 })).toEqual([1, 2, 3]);
    expect(await drawn({ topP: 0.39 })).toEqual([1]);
    expect(await drawn({ topP: 0.41 })).toEqual([1, 2, 3]);
    expect(await drawn({ topP: 0.81 })).toEqual([0, 1, 2, 3, 4]);
    expect(await drawn({ topK: 3, topP: 0.49 })).toEqual([1]);
  });

  it('perturbs by the twin’s Gumbel variables, as logits show that nearly cancel their difference', async () => {
    const lanes = Array.from({ length: 256 }, (_, l) => ({ stream: l, candidate: 2, length: 5, limit: 99 }));
    const margin = 2 * TOLERANCES.gumbel.absolute;
    const rows = lanes.map(({ stream, candidate, length }, l) => {
      const [first = 0, second = 0] = gumbels({ seed: SEED, stream, candidate, position: length, V: 2 });
      return Float64Array.of(0, first - second + (l % 2 === 0 ? -margin : margin));
    });
    const { written } = await draw(rows, lanes, { temperature: 1, topK: 0, topP: 1, kernels, steps: 1 });
    expect(written).toEqual([lanes.map((_, l) => l % 2)]);
  });

  it.each([
    { topK: 7, topP: 1 },
    { topK: 0, topP: 6.5 / 64 },
    { topK: 20, topP: 6.5 / 20 },
  ])('separates logits that differ by 1e-4: top-k $topK, top-p $topP keep seven of 64', async (sampling) => {
    const row = Float64Array.from({ length: 64 }, (_, token) => Math.fround(5 - ((token * 37) % 64) * 1e-4));
    const seven = [...row.keys()].sort((a, b) => (row[b] ?? 0) - (row[a] ?? 0)).slice(0, 7);
    const lanes = Array.from({ length: 24 }, (_, l) => ({ stream: l, candidate: 1, length: 0, limit: 99 }));
    const rows = lanes.map(() => row);
    const { written } = await draw(rows, lanes, { temperature: 1, ...sampling, kernels, steps: 4 });
    expect(new Set(written.flat())).toEqual(new Set(seven));
  });

  it('draws the same for a candidate in any lane, whatever the other lanes are', async () => {
    const V = 77;
    const rng = new Rng(V);
    const rows = Array.from({ length: 5 }, () => normals(rng, V, 2));
    const lanes = rows.map((_, l) => ({ stream: 10 + l, candidate: 7 - l, length: l, limit: 99 }));
    const sampling = { temperature: 0.9, topK: 20, topP: 0.9, kernels, steps: 5 };
    const { written } = await draw(rows, lanes, sampling);
    const order = [3, 3, 0, 4, 1, 2, 0, 1, 2];
    const moved = await draw(
      order.map((l) => rows[l] ?? new Float64Array(V)),
      order.flatMap((l) => lanes[l] ?? []),
      sampling,
    );
    expect(moved.written).toEqual(written.map((tokens) => order.map((l) => tokens[l])));
  });

  it('advances lanes, stops them at an end of turn and at their limit, and does not change idle ones', async () => {
    const V = 12;
    const rows = [3, 4, 5, 6, 7].map((token) => new Float64Array(V).with(token, 1));
    const limits = [9, 9, 2, 0, 1];
    const lanes = limits.map((limit, l) => ({ stream: l, candidate: 0, length: 0, limit }));
    const { written, outputs } = await draw(rows, lanes, { ...GREEDY, kernels, steps: 3, ends: [11, 10, 9, 4] });
    expect(written).toEqual([
      [3, 4, 5, IDLE, 7],
      [3, IDLE, 5, IDLE, IDLE],
      [3, IDLE, IDLE, IDLE, IDLE],
    ]);
    // Lane 0 has advanced three times. Lane 2 has advanced once, because nothing follows its last token. The others
    // have not.
    expect([...outputs.words('tokens')]).toEqual([3, 901, 5, 903, 904]);
    const moves = [3, 0, 1, 0, 0];
    expect([...outputs.words('positions')]).toEqual(moves.map((n, l) => 100 + l + n));
    expect([...outputs.words('kvRows')]).toEqual(moves.map((n, l) => 200 + l + n));
    expect([...outputs.words('ranges')]).toEqual(moves.flatMap((n, l) => [0, 3, 50 * l, 50 * l + 1 + n]));
    const state = Array.from({ length: 5 }, (_, l) => [
      ...outputs.words('state').subarray(l * LANE_WORDS, l * LANE_WORDS + 5),
    ]);
    expect(state).toEqual([
      [0, 0, 3, 9, 3],
      [1, 0, 1, 0, 3],
      [2, 0, 2, 2, 3],
      [3, 0, 0, 0, 3],
      [4, 0, 1, 1, 3],
    ]);
  });
});
