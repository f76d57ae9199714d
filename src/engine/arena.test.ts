import { describe, expect, it } from 'vitest';
import { Rng } from '../lib/testing/rng';
import { arenaRanks, layoutArena, shareArenas } from './arena';
import { type Dispatch, Planner } from './planner';
import { bytes, Dim, type Tensor } from './tensor';

const variant = { source: { name: 'none', code: '' }, entry: 'none', libs: [], constants: {} };

function dispatch(...tensors: readonly Tensor[]): Dispatch {
  const bindings = new Map(tensors.map((tensor, i) => [`b${i}`, { tensor }]));
  return { variant, bindings, uniforms: {}, grid: [], work: { extent: 0, flops: 0 } };
}

const p = new Planner();

describe('layoutArena', () => {
  it('reuses a buffer after the last use of its tensor', () => {
    const [a, b, c] = [p.activation('a', [64]), p.activation('b', [64]), p.activation('c', [64])];
    const { buffers, sizes } = layoutArena([dispatch(a, b), dispatch(b, c)]);
    // c is written while b is read, so it takes the buffer of a.
    expect(buffers.get(c)).toBe(buffers.get(a));
    expect(sizes).toEqual([256, 256]);
  });

  it('takes the smallest buffer that is large enough, otherwise grows the largest', () => {
    const [large, small] = [p.activation('large', [100]), p.activation('small', [20])];
    const [fits, grows] = [p.activation('fits', [16]), p.activation('grows', [200])];
    const { buffers, sizes } = layoutArena([dispatch(large, small), dispatch(fits, grows)]);
    expect(buffers.get(fits)).toBe(buffers.get(small));
    expect(buffers.get(grows)).toBe(buffers.get(large));
    expect(sizes.toSorted((a, b) => a - b)).toEqual([80, 800]);
  });

  it('plans a dim for its capacity, and no memory for slots', () => {
    const rows = p.activation('rows', [new Dim('rows', 10), 4]);
    const { buffers, sizes } = layoutArena([dispatch(rows, p.slot('weight', [1000]))]);
    expect(buffers.size).toBe(1);
    expect(sizes).toEqual([160]);
  });

  it('keeps tensors that are read back', () => {
    const [a, b, c] = [p.activation('a', [4]), p.activation('b', [4]), p.activation('c', [4])];
    const { buffers } = layoutArena([dispatch(a), dispatch(b), dispatch(c)], [a]);
    expect(buffers.get(b)).not.toBe(buffers.get(a));
    expect(buffers.get(c)).not.toBe(buffers.get(a));
    expect(buffers.get(c)).toBe(buffers.get(b));
  });

  it.each(Array.from({ length: 50 }, (_, seed) => seed))(
    'no two tensors with overlapping lifetimes share a buffer (random plan %d)',
    (seed) => {
      const rng = new Rng(seed);
      const tensors = Array.from({ length: 30 }, (_, i) => p.activation(`t${i}`, [1 + rng.integer(300)]));
      const dispatches = Array.from({ length: 40 }, () =>
        dispatch(...rng.shuffle(tensors).slice(0, 1 + rng.integer(4))),
      );
      const kept = rng.shuffle(tensors.filter((tensor) => dispatches.some((d) => uses(d, tensor)))).slice(0, 3);
      const { buffers, sizes } = layoutArena(dispatches, kept);

      const lives = [...buffers].map(([tensor, buffer]) => {
        const occurrences = dispatches.flatMap((d, i) => (uses(d, tensor) ? [i] : []));
        const last = kept.includes(tensor) ? Infinity : Math.max(...occurrences);
        return { tensor, buffer, first: Math.min(...occurrences), last };
      });
      expect(new Set(lives.map(({ tensor }) => tensor))).toEqual(new Set(dispatches.flatMap((d) => bound(d))));
      for (const a of lives) {
        expect(sizes[a.buffer]).toBeGreaterThanOrEqual(bytes(a.tensor));
        for (const b of lives) {
          if (a !== b && a.buffer === b.buffer) expect(a.last < b.first || b.last < a.first).toBe(true);
        }
      }
      // Not more than one buffer for each tensor.
      const separate = lives.reduce((sum, { tensor }) => sum + Math.max(16, Math.ceil(bytes(tensor) / 16) * 16), 0);
      expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(separate);
    },
  );
});

function bound(d: Dispatch): Tensor[] {
  return [...d.bindings.values()].map(({ tensor }) => tensor);
}

function uses(d: Dispatch, tensor: Tensor): boolean {
  return bound(d).includes(tensor);
}

it('plans that never run at the same time share one set of buffers, each large enough for all', () => {
  const layouts = [[16, 400, 32], [48, 48], []].map((sizes) => ({ buffers: new Map(), sizes }));
  const shared = shareArenas(layouts);
  expect(shared).toEqual([400, 48, 16]);
  for (const layout of layouts) {
    const ranks = arenaRanks(layout);
    expect(new Set(ranks).size).toBe(layout.sizes.length);
    layout.sizes.forEach((size, i) => {
      expect(shared[ranks[i] ?? -1]).toBeGreaterThanOrEqual(size);
    });
  }
});
