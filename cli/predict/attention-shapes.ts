/** The loops of attention-keys.wgsl and attention-tiled.wgsl, for the keys that the rows of a dispatch see. */
import { numberOf, type Ranges, type ResolvedDispatch } from './dispatches';
import type { Gpu } from './gpus';
import { inRegisters, type KernelShape, type LoopShape, linesOf } from './shape';

type Describe = (dispatch: ResolvedDispatch, gpu: Gpu) => KernelShape;

/** The key rows [begin, end) that a row sees of its prefix or of its own branch, and where the keys start. */
interface Interval {
  readonly start: number;
  readonly begin: number;
  readonly end: number;
}

function intervals(range: Ranges[number], window: number): { prefix: Interval; own: Interval } {
  const [prefix, prefixEnd, own, ownEnd] = range;
  const prefixes = prefixEnd - prefix;
  const hidden = Math.max(0, prefixes + ownEnd - own - window);
  const hiddenPrefixes = Math.min(hidden, prefixes);
  return {
    prefix: { start: prefix, begin: prefix + hiddenPrefixes, end: prefixEnd },
    own: { start: own, begin: own + hidden - hiddenPrefixes, end: ownEnd },
  };
}

/** Mean and maximum. */
function spread(values: readonly number[]): { trips: number; most: number } {
  return {
    trips: values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length),
    most: Math.max(0, ...values),
  };
}

const forwardKeys: Describe = (d, gpu) => {
  const number = (name: string) => numberOf(d, name);
  const of = {
    heads: number('heads'),
    kvHeads: number('kvHeads'),
    window: number('window'),
    prefixChunks: number('prefixChunks'),
    chunks: number('chunks'),
    WIDTH: number('WIDTH'),
    KEYS: number('KEYS'),
    SPAN: number('SPAN'),
    COLUMNS: number('COLUMNS'),
    BLOCK: number('BLOCK'),
    ROWS: number('ROWS'),
  };
  const group = of.heads / of.kvHeads;
  const seen = d.ranges.map((range) => intervals(range, of.window));
  /** Rows of each workgroup that does not return at once, for one key head. */
  const rows: number[] = [];
  for (let chunk = 0; chunk < of.chunks; chunk++) {
    const inPrefix = chunk < of.prefixChunks;
    for (let n = 0; n < seen.length; n++) {
      const prefixOf = (row: number) => d.ranges[row]?.slice(0, 2).join();
      const shares = (row: number) => of.ROWS > 1 && inPrefix && row < seen.length && prefixOf(row) === prefixOf(n);
      if (n % of.ROWS > 0 && shares(n - 1)) continue;
      let count = 1;
      while ((n % of.ROWS) + count < of.ROWS && shares(n + count)) count++;
      const { start, begin, end } = (inPrefix ? seen[n]?.prefix : seen[n]?.own) ?? { start: 0, begin: 0, end: 0 };
      const first = start + (inPrefix ? chunk : chunk - of.prefixChunks) * of.KEYS;
      if (Math.max(begin, first) < Math.min(end, first + of.KEYS)) rows.push(count);
    }
  }
  const pieces = ((of.KEYS / of.SPAN) * of.WIDTH) / of.KEYS;
  const queries = Math.ceil((of.BLOCK * of.WIDTH) / d.threads);
  return {
    groups: rows.length * of.kvHeads,
    loads: [
      { count: of.COLUMNS, different: Math.max(1, gpu.subgroup / pieces) },
      { count: of.SPAN, different: linesOf(gpu, of.WIDTH, 16) },
    ],
    loops: [
      { trips: queries },
      {
        ...spread(rows.map((count) => Math.ceil((count * group) / of.BLOCK))),
        inner: [
          { ...inRegisters(Math.ceil((of.BLOCK * of.KEYS) / d.threads)), inner: [inRegisters(pieces)] },
          { trips: queries },
          { ...inRegisters(queries), inner: [inRegisters(of.KEYS / of.SPAN), inRegisters(of.KEYS / of.SPAN)] },
        ],
      },
    ],
  };
};

const forwardMerge: Describe = (d) => {
  return { loops: [{ trips: Math.ceil(numberOf(d, 'chunks') / numberOf(d, 'READS')) }] };
};

/** Constants of attention-tiled.wgsl, and the window. */
function tileOf(d: ResolvedDispatch) {
  const number = (name: string) => numberOf(d, name);
  return {
    window: number('window'),
    G: number('G'),
    WIDTH: number('WIDTH'),
    ACROSS: number('ACROSS'),
    DOWN: number('DOWN'),
    EACH: number('EACH'),
    COLUMNS: number('COLUMNS'),
    SLICE: number('SLICE'),
    STAGE: number('STAGE'),
  };
}
type Tile = ReturnType<typeof tileOf>;

/** Own items, and other items that are multiplied at once. */
const sizes = ({ DOWN, EACH, ACROSS }: Tile) => ({ own: 4 * DOWN, others: EACH * ACROSS });

/** Threads that read the same line of `by_down`, or the same column of `by_across`. */
const different = ({ ACROSS }: Tile, { subgroup }: Gpu) => ({
  down: Math.max(1, subgroup / ACROSS),
  across: Math.min(subgroup, ACROSS),
});

function products(t: Tile, d: ResolvedDispatch, gpu: Gpu): LoopShape {
  const { own, others } = sizes(t);
  const { down, across } = different(t, gpu);
  const loading = (items: number): LoopShape => ({
    trips: Math.ceil((t.SLICE * items) / d.threads),
    lines: linesOf(gpu, t.SLICE, 16),
    unrolls: true,
  });
  return {
    trips: Math.ceil(t.WIDTH / t.SLICE),
    unrolls: true,
    shared: [
      { count: 4 * t.SLICE, different: down },
      { count: t.EACH * t.SLICE, different: across },
    ],
    inner: [loading(own), loading(others), inRegisters(t.SLICE)],
  };
}

function addWeighted(t: Tile, d: ResolvedDispatch, gpu: Gpu): LoopShape {
  const { down, across } = different(t, gpu);
  return {
    trips: Math.ceil(sizes(t).others / t.STAGE),
    unrolls: true,
    shared: [
      { count: t.STAGE, different: down },
      { count: t.STAGE * t.COLUMNS, different: across },
    ],
    inner: [
      {
        trips: Math.ceil((t.STAGE * t.COLUMNS * t.ACROSS) / d.threads),
        lines: linesOf(gpu, t.ACROSS, 16),
        unrolls: true,
      },
      inRegisters(t.STAGE),
    ],
  };
}

/** Tiles of keys that the workgroups of a tiled kernel multiply, for one key head. */
function keyTiles(t: Tile, { ranges, grid }: ResolvedDispatch, firstRow: number): { trips: number; most: number } {
  const { own, others } = sizes(t);
  const seen = ranges.map((range) => intervals(range, t.window));
  const counts = Array.from({ length: grid[0] ?? 0 }, (_, group) => {
    const first = firstRow * t.G + group * own;
    const tiles = new Set<string>();
    const rows = new Set(Array.from({ length: own }, (_, m) => Math.floor((first + m) / t.G)));
    for (const n of rows) {
      for (const [name, { start, begin, end }] of Object.entries(seen[n] ?? {}))
        for (let j = begin - ((begin - start) % others); j < end; j += others) tiles.add(`${name} ${j}`);
    }
    return tiles.size;
  });
  return spread(counts);
}

/** Tiles of score rows that the workgroups of `backward_kv` multiply, for one key head. */
function rowTiles(t: Tile, { ranges, grid }: ResolvedDispatch, firstKey: number): { trips: number; most: number } {
  const { own, others } = sizes(t);
  const seen = ranges.map((range) => intervals(range, t.window));
  const counts = Array.from({ length: grid[0] ?? 0 }, (_, group) => {
    const [first, end] = [firstKey + group * own, firstKey + (group + 1) * own];
    let tiles = 0;
    for (const part of ['own', 'prefix'] as const) {
      let m = 0;
      seen.forEach((of, n) => {
        const keys = of[part];
        if (Math.max(keys.begin, first) >= Math.min(keys.end, end)) return;
        for (m = Math.max(m, n * t.G); m < (n + 1) * t.G; m += others) tiles++;
      });
    }
    return tiles;
  });
  return spread(counts);
}

/** Each of the two ranges of keys has half of the tiles, if the loop over them is kept. */
const ranges = (tiles: { trips: number; most: number }, inner: readonly LoopShape[]): LoopShape => ({
  trips: 2,
  unrolls: true,
  inner: [{ trips: tiles.trips / 2, most: tiles.most / 2, inner }],
});

const tiledForward: Describe = (d, gpu) => {
  const t = tileOf(d);
  const each = [products(t, d, gpu), inRegisters(t.ACROSS), addWeighted(t, d, gpu)];
  return { loops: [ranges(keyTiles(t, d, d.uniforms.first ?? 0), each)] };
};

const tiledBackwardQ: Describe = (d, gpu) => {
  const t = tileOf(d);
  const two = { trips: 2, unrolls: true, inner: [products(t, d, gpu)] };
  const delta = { trips: Math.ceil(t.WIDTH / t.ACROSS) };
  return {
    loops: [
      ...[delta, delta, delta, delta],
      inRegisters(t.ACROSS),
      ranges(keyTiles(t, d, d.uniforms.first ?? 0), [two, addWeighted(t, d, gpu)]),
    ],
  };
};

const tiledBackwardKv: Describe = (d, gpu) => {
  const t = tileOf(d);
  const two = { trips: 2, unrolls: true, inner: [products(t, d, gpu)] };
  const add = addWeighted(t, d, gpu);
  return { loops: [ranges(rowTiles(t, d, d.uniforms.first ?? 0), [{ trips: 1 }, two, add, add])] };
};

export const ATTENTION_SHAPES: Readonly<Record<string, Describe>> = {
  'attention-keys.forward_keys': forwardKeys,
  'attention-keys.forward_merge': forwardMerge,
  'attention-tiled.forward': tiledForward,
  'attention-tiled.backward_q': tiledBackwardQ,
  'attention-tiled.backward_kv': tiledBackwardKv,
};
