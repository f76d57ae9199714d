/** Every operation refuses a wrong shape while planning, and names the tensor and the numbers. */
import { describe, expect, it } from 'vitest';
import { Planner } from '../planner';
import { Dim, type Extent, type Tensor } from '../tensor';
import type { Weight } from '../weight';
import { adamw } from './adamw';
import { attention } from './attention';
import { embedding } from './embedding';
import { glu } from './glu';
import { gatedLinear, type Linear, linear, linearForward } from './linear';
import { logprob } from './logprob';
import { type Lora, loraBackward, loraDown, normedDown } from './lora';
import { preferenceLoss } from './preference-loss';
import { type RmsNorm, rmsnorm } from './rmsnorm';
import { rope } from './rope';
import { sample } from './sample';

const rows = new Dim('rows', 10);

const tensor = (label: string, ...shape: readonly Extent[]): Tensor => ({
  label,
  shape,
  dtype: 'f32',
  kind: 'slot',
  requiresGrad: true,
});
const words = (label: string, ...shape: readonly Extent[]): Tensor => ({
  ...tensor(label, ...shape),
  dtype: 'u32',
  requiresGrad: false,
});
const bound = (label: string, ...shape: readonly Extent[]) => ({ tensor: tensor(label, ...shape) });

const weight = (O: number, I: number): Weight => ({
  label: 'weight',
  rows: O,
  cols: I,
  parts: [{ first: 0, end: O, storage: 'f32', bound: bound('weight', O, I) }],
});

interface Case {
  readonly name: string;
  readonly plan: (p: Planner) => void;
  readonly message: string;
}

function refuses(cases: readonly Case[]): void {
  it.each(cases)('refuses $name', ({ plan, message }) => {
    expect(() => plan(new Planner())).toThrow(message);
  });
}

/** An operation on valid shapes, with some of its arguments replaced. */
function variations<Options extends object>(
  operation: (p: Planner, o: Options) => void,
  valid: Options,
  cases: readonly (readonly [name: string, change: Partial<Options>, message: string])[],
): void {
  it('accepts what fits', () => {
    expect(() => operation(new Planner(), valid)).not.toThrow();
  });
  refuses(
    cases.map(([name, change, message]) => ({ name, plan: (p) => operation(p, { ...valid, ...change }), message })),
  );
}

describe('adamw', () => {
  const valid = {
    parameters: tensor('parameters', 64),
    grad: tensor('grad', 64),
    m: tensor('m', 64),
    v: tensor('v', 64),
    norm: tensor('norm', 4),
    size: 64,
    ...{ learningRate: 0.1, correction1: 1, correction2: 1, beta1: 0.9, beta2: 0.9, eps: 1e-8, decay: 0, maxNorm: 0 },
  };
  variations(adamw, valid, [
    ['moments of another size', { v: tensor('v', 60) }, 'adamw: v [60] needs the shape [64]'],
    ['a matrix of gradients', { grad: tensor('grad', 8, 8) }, 'adamw: grad [8, 8] needs the shape [64]'],
    ['a size that is not a multiple of four', { size: 62 }, 'adamw: size is 62, not a multiple of four'],
    ['no room for the norm', { norm: tensor('norm', 0) }, 'adamw: norm [0] holds 0 values, 1 are needed'],
  ]);
});

describe('attention', () => {
  const valid = {
    q: tensor('q', rows, 32),
    kv: tensor('kv', 20, 32),
    ranges: words('ranges', rows, 4),
    visibleTo: words('visibleTo', 20, 4),
    window: null,
    heads: { heads: 4, kvHeads: 2, headSize: 8 },
    scale: 1,
    longest: { prefix: 20, own: 20 },
  };
  variations(attention, valid, [
    [
      'queries of another width',
      { q: tensor('q', rows, 28) },
      'attention: q [rows ≤ 10, 28] needs the shape [rows ≤ 10, 32]',
    ],
    [
      'words as keys and values',
      { kv: { ...tensor('kv', 20, 32), dtype: 'u32' } },
      'attention: kv [20, 32] is u32, not f32 or f16',
    ],
    [
      'a gradient of keys and values in f16',
      { kv: { ...tensor('kv', 20, 32), dtype: 'f16' } },
      'attention: kv [20, 32] is f16 and cannot have a gradient',
    ],
    ['keys without values', { kv: tensor('kv', 20, 16) }, 'attention: kv [20, 16] needs the shape [20, 32]'],
    [
      'ranges for fewer rows',
      { ranges: words('ranges', 9, 4) },
      'ranges [9, 4] has fewer rows than the 10 of the batch',
    ],
    [
      'ranges without a prefix',
      { ranges: words('ranges', rows, 2) },
      'ranges [rows ≤ 10, 2] does not hold 4 words a row',
    ],
    [
      'visible-to ranges for fewer keys',
      { visibleTo: words('visibleTo', 10, 4) },
      'visibleTo [10, 4] has fewer rows than the 20',
    ],
    ['floats as ranges', { ranges: tensor('ranges', rows, 4) }, 'ranges [rows ≤ 10, 4] is f32, not u32'],
    [
      'heads that cannot share keys',
      { heads: { heads: 4, kvHeads: 3, headSize: 8 } },
      'attention: 4 query heads cannot share 3 key heads evenly',
    ],
    [
      'an odd head size',
      { heads: { heads: 4, kvHeads: 2, headSize: 6 } },
      'attention: the head size is 6, not a multiple of four',
    ],
    [
      'more keys in a row than there are',
      { longest: { prefix: 4, own: 21 } },
      'attention: a row sees up to 4 keys of a prefix and 21 of its own, of 20',
    ],
    [
      'rows without keys',
      { longest: { prefix: 0, own: 0 } },
      'attention: a row sees up to 0 keys of a prefix and 0 of its own, of 20',
    ],
  ]);

  it('refuses a backward pass without visible-to ranges', () => {
    const p = new Planner();
    const out = attention(p, { ...valid, visibleTo: null });
    p.setGrad(out, tensor('dout', rows, 32));
    expect(() => p.backward()).toThrow('attention: the backward pass needs `visibleTo`');
  });

  it('refuses a gradient of another shape', () => {
    const p = new Planner();
    p.setGrad(attention(p, valid), tensor('dout', rows, 16));
    expect(() => p.backward()).toThrow('attention backward: dout [rows ≤ 10, 16] needs the shape [rows ≤ 10, 32]');
  });
});

describe('embedding', () => {
  variations(
    (p, { tokens, table }: { tokens: Tensor; table: Weight }) => embedding(p, tokens, table),
    { tokens: words('tokens', rows), table: weight(100, 8) },
    [
      ['floats as tokens', { tokens: tensor('tokens', rows) }, 'embedding: tokens [rows ≤ 10] is f32, not u32'],
      ['a matrix of tokens', { tokens: words('tokens', 2, rows) }, 'embedding: tokens [2, rows ≤ 10] is not a vector'],
      ['a width off four', { table: weight(100, 6) }, 'embedding: the width of weight is 6, not a multiple of four'],
      [
        'parts that end early',
        { table: { ...weight(100, 8), rows: 101 } },
        'the parts of weight end at row 100, it has 101',
      ],
      [
        'a part that is too small',
        { table: { ...weight(100, 8), parts: [{ first: 0, end: 100, storage: 'f32', bound: bound('part', 99, 8) }] } },
        'embedding: part [99, 8] holds 792 values, 800 are needed',
      ],
      [
        'parts with a gap',
        {
          table: {
            ...weight(100, 8),
            parts: [
              { first: 0, end: 40, storage: 'f32', bound: bound('one', 40, 8) },
              { first: 44, end: 100, storage: 'f32', bound: bound('two', 56, 8) },
            ],
          },
        },
        'a part of weight has rows 44 … 100, it should begin at 40',
      ],
    ],
  );
});

describe('glu', () => {
  variations((p, { inp }: { inp: Tensor }) => glu(p, inp, 'silu'), { inp: tensor('inp', rows, 16) }, [
    ['a vector', { inp: tensor('inp', 16) }, 'glu: inp [16] is not a matrix [rows, width]'],
    [
      'halves off four',
      { inp: tensor('inp', rows, 12) },
      'glu: half the width of inp [rows ≤ 10, 12] is 6, not a multiple of four',
    ],
    [
      'an unknown width',
      { inp: tensor('inp', 4, rows) },
      'glu: the width of inp [4, rows ≤ 10] is not known while planning',
    ],
  ]);

  it('refuses a gradient of another shape', () => {
    const p = new Planner();
    p.setGrad(glu(p, tensor('inp', rows, 16), 'silu'), tensor('dout', rows, 16));
    expect(() => p.backward()).toThrow('glu backward: dout [rows ≤ 10, 16] needs the shape [rows ≤ 10, 8]');
  });
});

const LORA: Lora = {
  a: bound('a', 4, 8),
  b: bound('b', 12, 4),
  da: bound('da', 4, 8),
  db: bound('db', 12, 4),
  rank: 4,
  totalRank: 4,
  scale: 1,
  segments: [{ outStart: 0, outEnd: 12, adapter: { hStart: 0, bStart: 0 } }],
};

describe('linear', () => {
  const valid = {
    inp: tensor('inp', rows, 8),
    weight: weight(12, 8),
    bias: bound('bias', 12),
    residual: tensor('residual', rows, 12),
    lora: LORA,
  };
  variations<Linear>(linear, valid, [
    [
      'an input of another width',
      { inp: tensor('inp', rows, 12) },
      'inp [rows ≤ 10, 12] is multiplied by weight [12, 8]',
    ],
    ['a bias that is too short', { bias: bound('bias', 8) }, 'linear: bias [8] holds 8 values, 12 are needed'],
    [
      'a residual of other rows',
      { residual: tensor('residual', 11, 12) },
      'linear: residual [11, 12] needs the shape [rows ≤ 10, 12]',
    ],
    [
      'outputs off four',
      { weight: weight(10, 8) },
      'linear: the number of outputs of weight is 10, not a multiple of four',
    ],
    [
      'a factor A that is too small',
      { lora: { ...LORA, a: bound('a', 4, 4) } },
      'linear: a [4, 4] holds 16 values, 32 are needed',
    ],
    [
      'a gradient of B that is too small',
      { lora: { ...LORA, db: bound('db', 8, 4) } },
      'db [8, 4] holds 32 values, 48 are needed',
    ],
    [
      'ranks that do not add up',
      { lora: { ...LORA, totalRank: 8 } },
      'the ranks of the projections add up to 4, not 8',
    ],
    [
      'a norm that is too short',
      { norm: { weight: bound('gain', 4), eps: 1e-5, offset: 0 } },
      'rmsnorm: gain [4] holds 4 values, 8 are needed',
    ],
    [
      'segments that do not reach the end',
      { lora: { ...LORA, segments: [{ outStart: 0, outEnd: 8, adapter: { hStart: 0, bStart: 0 } }] } },
      'linear: the segments end at output 8, the weight has 12',
    ],
  ]);

  it('refuses a gradient of another shape', () => {
    const p = new Planner();
    p.setGrad(linear(p, { inp: valid.inp, weight: valid.weight }), tensor('dout', rows, 16));
    expect(() => p.backward()).toThrow('linear backward: dout [rows ≤ 10, 16] needs the shape [rows ≤ 10, 12]');
  });

  it('refuses gate and up of widths off four', () => {
    const inputs = { inp: { ...valid.inp, requiresGrad: false }, weight: valid.weight };
    expect(() => gatedLinear(new Planner(), inputs, 'silu')).toThrow(
      'linear: half the number of outputs of weight is 6, not a multiple of four',
    );
  });

  it('refuses outputs that do not fit the columns', () => {
    const [part] = valid.weight.parts;
    if (part === undefined) throw new Error('the weight has one part');
    const options = { inp: valid.inp, weight: valid.weight, part, bias: null, lora: null, residual: null };
    const planned = (out: Tensor, column: number) => () => linearForward(new Planner(), { ...options, out, column });
    expect(planned(tensor('out', rows, 16), 4)).not.toThrow();
    expect(planned(tensor('out', rows, 16), 8)).toThrow(
      'linear: outputs 0 … 12 of weight do not fit out [rows ≤ 10, 16] from column 8',
    );
    expect(planned(tensor('out', 9, 16), 0)).toThrow('linear: inp [rows ≤ 10, 8] needs the shape [9, 8]');
  });
});

describe('lora with a norm', () => {
  variations<{ inp: Tensor; lora: Lora } & Omit<RmsNorm, 'residual'>>(
    (p, { inp, lora, ...norm }) => normedDown(p, inp, lora, norm),
    { inp: tensor('inp', 2, 8), lora: LORA, weight: bound('gain', 8), eps: 1e-5, offset: 0 },
    [
      ['a factor that is too small', { inp: tensor('inp', 2, 12) }, 'lora: a [4, 8] holds 32 values, 48 are needed'],
      ['a weight that is too short', { weight: bound('gain', 4) }, 'lora: gain [4] holds 4 values, 8 are needed'],
      ['a true width above the padded', { size: 9 }, 'lora: the true width 9 is more than inp [2, 8] has'],
    ],
  );
});

describe('lora', () => {
  it('refuses a factor that is too small for the input', () => {
    expect(() => loraDown(new Planner(), tensor('inp', rows, 12), LORA)).toThrow(
      'lora: a [4, 8] holds 32 values, 48 are needed',
    );
  });

  it.each([
    ['hidden values of another rank', { h: tensor('h', rows, 8) }, 'h [rows ≤ 10, 8] needs the shape [rows ≤ 10, 4]'],
    ['a gradient of other rows', { dout: tensor('dout', 9, 12) }, 'dout [9, 12] needs the shape [rows ≤ 10, 12]'],
  ])('refuses %s in the backward pass', (_, change, message) => {
    const inputs = { inp: tensor('inp', rows, 8), h: tensor('h', rows, 4), dout: tensor('dout', rows, 12) };
    expect(() => loraBackward(new Planner(), { ...inputs, ...change, lora: LORA })).toThrow(message);
  });
});

describe('logprob', () => {
  const valid = {
    hidden: tensor('hidden', rows, 8),
    head: weight(101, 8),
    targets: words('targets', rows),
    branches: words('branches', rows),
    dbranch: tensor('dbranch', 4),
    chunk: 32,
  };
  variations(logprob, valid, [
    ['too few targets', { targets: words('targets', 9) }, 'targets [9] has fewer rows than the 10 of the batch'],
    [
      'pairs of branches',
      { branches: words('branches', rows, 2) },
      'branches [rows ≤ 10, 2] does not hold 1 words a row',
    ],
    [
      'hidden states of another width',
      { hidden: tensor('hidden', rows, 12) },
      'hidden [rows ≤ 10, 12] is multiplied by weight',
    ],
    ['empty chunks', { chunk: 0 }, 'logprob: chunks of 0 columns'],
  ]);
});

describe('preference-loss', () => {
  const pairs = new Dim('pairs', 3);
  const valid = {
    logps: tensor('logps', rows),
    pairs,
    branches: words('branches', pairs, 4),
    reference: tensor('reference', pairs, 2),
    results: tensor('results', pairs, 4),
    dbranch: tensor('dbranch', pairs, 2),
    kind: 'sigmoid' as const,
    ...{ beta: 0.1, labelSmoothing: 0, weight: 1, sftWeight: 0 },
  };
  variations(preferenceLoss, valid, [
    ['a matrix of log-probabilities', { logps: tensor('logps', rows, 4) }, 'logps [rows ≤ 10, 4] is not a vector'],
    [
      'references for fewer pairs',
      { reference: tensor('reference', 2, 2) },
      'reference [2, 2] holds 4 values, 6 are needed',
    ],
    [
      'results without sums',
      { results: tensor('results', pairs, 2) },
      'results [pairs ≤ 3, 2] holds 6 values, 12 are needed',
    ],
  ]);
});

describe('rmsnorm', () => {
  const run = (
    p: Planner,
    { inp, scored, ...norm }: { inp: Tensor; scored: Extent } & Parameters<typeof rmsnorm>[2],
  ): void => {
    rmsnorm(p, inp, norm, scored);
  };
  const valid = {
    inp: tensor('inp', rows, 8),
    scored: 6 as Extent,
    weight: bound('weight', 8),
    residual: tensor('residual', 6, 8),
    ...{ eps: 1e-5, offset: 0, size: 7 },
  };
  variations(run, valid, [
    ['a weight that is too short', { weight: bound('weight', 4) }, 'rmsnorm: weight [4] holds 4 values, 8 are needed'],
    ['more rows than there are', { scored: 11 }, 'rmsnorm: 11 rows of inp [rows ≤ 10, 8] are requested'],
    [
      'a residual of all rows',
      { residual: tensor('residual', rows, 8) },
      'residual [rows ≤ 10, 8] needs the shape [6, 8]',
    ],
    ['a true width above the padded', { size: 9 }, 'rmsnorm: the true width 9 is more than inp [rows ≤ 10, 8] has'],
    [
      'a width off four',
      { inp: tensor('inp', rows, 6) },
      'the width of inp [rows ≤ 10, 6] is 6, not a multiple of four',
    ],
  ]);
});

describe('rope', () => {
  const valid = {
    qkv: tensor('qkv', rows, 64),
    positions: words('positions', rows),
    kvRows: words('kvRows', rows),
    table: { tensor: tensor('table', 50, 8), stride: 4, start: 0 },
    heads: { heads: 4, kvHeads: 2, headSize: 8 },
    norm: { weight: bound('norm', 2, 8), eps: 1e-5, offset: 0, size: 8 },
    kv: tensor('cache', 30, 32),
  };
  variations(rope, valid, [
    [
      'inputs of another width',
      { qkv: tensor('qkv', rows, 60) },
      'qkv [rows ≤ 10, 60] needs the shape [rows ≤ 10, 64]',
    ],
    [
      'positions for fewer rows',
      { positions: words('positions', 4) },
      'positions [4] has fewer rows than the 10 of the batch',
    ],
    ['kv rows for fewer rows', { kvRows: words('kvRows', 4) }, 'kvRows [4] has fewer rows than the 10 of the batch'],
    ['a cache of another width', { kv: tensor('cache', 30, 16) }, 'rope: cache [30, 16] needs the shape [30, 32]'],
    [
      'a table whose rows are too short',
      { table: { ...valid.table, start: 1 } },
      'rope: pairs 1 … 5 exceed 4 of table [50, 8]',
    ],
    [
      'a table with an odd number of pairs in a row',
      { table: { ...valid.table, stride: 5 } },
      'rope: pairs 0 of 5 are not even',
    ],
    [
      'a norm of one head',
      { norm: { ...valid.norm, weight: bound('norm', 8) } },
      'rope: norm [8] holds 8 values, 16 are needed',
    ],
  ]);
});

describe('sample', () => {
  const lanes = new Dim('lanes', 6);
  const valid = {
    logits: tensor('logits', lanes, 104),
    lanes: lanes as Extent,
    vocabulary: 101,
    state: words('state', lanes, 8),
    tokens: words('tokens', lanes),
    positions: words('positions', lanes),
    kvRows: words('kvRows', lanes),
    ranges: words('ranges', lanes, 4),
    written: words('written', 16, lanes),
    ...{ temperature: 1, topK: 0, topP: 1, seed: 0 },
    ends: [1, 2] as readonly number[],
  };
  variations(sample, valid, [
    [
      'fewer columns than tokens',
      { vocabulary: 105 },
      'logits [lanes ≤ 6, 104] has fewer columns than the 105 tokens',
    ],
    ['too many ends of turn', { ends: [1, 2, 3, 4, 5] }, 'sample: 5 ends of turn, at most 4 are compared'],
    ['lanes of another size', { state: words('state', lanes, 4) }, 'state [lanes ≤ 6, 4] does not hold 8 words a row'],
    [
      'more lanes than logits',
      { logits: tensor('logits', 5, 104) },
      'logits [5, 104] has fewer rows than the 6 lanes',
    ],
    ['no room for the tokens', { tokens: words('tokens', 5) }, 'tokens [5] has fewer rows than the 6 of the batch'],
    ['no room for what is written', { written: words('written', 16, 5) }, 'written [16, 5]'],
  ]);
});
