/**
 * Frozen weights on the device, in their storage type. Kernels read them through `load_weight`
 * (shaders/lib/weight_*).
 */

import masked from '../../shaders/lib/bytes_masked.wgsl?raw';
import shifted from '../../shaders/lib/bytes_shifted.wgsl?raw';
import fiveBits from '../../shaders/lib/five_bits.wgsl?raw';
import single from '../../shaders/lib/runs_of_1.wgsl?raw';
import quantised from '../../shaders/lib/runs_of_8.wgsl?raw';
import sixBits from '../../shaders/lib/six_bits.wgsl?raw';
import bf16 from '../../shaders/lib/weight_bf16.wgsl?raw';
import f16 from '../../shaders/lib/weight_f16.wgsl?raw';
import f32 from '../../shaders/lib/weight_f32.wgsl?raw';
import iq4_nl from '../../shaders/lib/weight_iq4_nl.wgsl?raw';
import q2_k from '../../shaders/lib/weight_q2_k.wgsl?raw';
import q3_k from '../../shaders/lib/weight_q3_k.wgsl?raw';
import q4_0 from '../../shaders/lib/weight_q4_0.wgsl?raw';
import q4_1 from '../../shaders/lib/weight_q4_1.wgsl?raw';
import q4_k from '../../shaders/lib/weight_q4_k.wgsl?raw';
import q5_0 from '../../shaders/lib/weight_q5_0.wgsl?raw';
import q5_1 from '../../shaders/lib/weight_q5_1.wgsl?raw';
import q5_k from '../../shaders/lib/weight_q5_k.wgsl?raw';
import q6_k from '../../shaders/lib/weight_q6_k.wgsl?raw';
import q8_0 from '../../shaders/lib/weight_q8_0.wgsl?raw';
import { assert } from '../lib/assert';
import { checkFour, checkSize } from './shapes';
import type { BoundTensor } from './tensor';
import type { Tuning } from './tuning';

export interface WeightFormat {
  /**
   * WGSL that defines `load_weight(i)` (four values), `load_run(r)` and `run_values(run, j)`. Where a run is 8 vec4,
   * it needs `bytes(word)`, which `weightLibs` adds.
   */
  readonly libs: readonly string[];
  /** Number of vec4 in a run, the unit that kernels read. */
  readonly run: 1 | 8;
  /** Values in the smallest unit that can be read alone, and its bytes, a multiple of four. */
  readonly values: number;
  readonly bytes: number;
  /**
   * Set where a unit is two stored blocks of 4n + 2 bytes: whether the f16 scale is at the start or the end of a
   * stored block. On the device both scales come first, so that everything else is aligned to words.
   */
  readonly pairedScale?: 'first' | 'last';
}

export const WEIGHT_FORMATS = {
  f32: { libs: [f32, single], run: 1, values: 1, bytes: 4 },
  f16: { libs: [f16, single], run: 1, values: 2, bytes: 4 },
  bf16: { libs: [bf16, single], run: 1, values: 2, bytes: 4 },
  q4_0: { libs: [q4_0, quantised], run: 8, values: 64, bytes: 36, pairedScale: 'first' },
  q4_1: { libs: [q4_1, quantised], run: 8, values: 32, bytes: 20 },
  q5_0: { libs: [q5_0, fiveBits, quantised], run: 8, values: 64, bytes: 44, pairedScale: 'first' },
  q5_1: { libs: [q5_1, fiveBits, quantised], run: 8, values: 32, bytes: 24 },
  q8_0: { libs: [q8_0, quantised], run: 8, values: 64, bytes: 68, pairedScale: 'first' },
  iq4_nl: { libs: [iq4_nl, quantised], run: 8, values: 64, bytes: 36, pairedScale: 'first' },
  q2_k: { libs: [q2_k, quantised], run: 8, values: 256, bytes: 84 },
  q3_k: { libs: [q3_k, quantised], run: 8, values: 512, bytes: 220, pairedScale: 'last' },
  q4_k: { libs: [q4_k, sixBits, quantised], run: 8, values: 256, bytes: 144 },
  q5_k: { libs: [q5_k, sixBits, quantised], run: 8, values: 256, bytes: 176 },
  q6_k: { libs: [q6_k, quantised], run: 8, values: 512, bytes: 420, pairedScale: 'last' },
} as const satisfies Readonly<Record<string, WeightFormat>>;

export type WeightStorage = keyof typeof WEIGHT_FORMATS;

/** The WGSL that reads a weight on this adapter. Both ways to take bytes from a word are exact. */
export function weightLibs(storage: WeightStorage, { software }: Pick<Tuning, 'software'>): readonly string[] {
  const { libs, run } = WEIGHT_FORMATS[storage];
  return run === 1 ? libs : [...libs, software ? masked : shifted];
}

/** Size on the device in bytes. The last unit is padded. */
export function storedBytes(storage: WeightStorage, values: number): number {
  const format = WEIGHT_FORMATS[storage];
  return Math.ceil(values / format.values) * format.bytes;
}

/**
 * Rearranges stored blocks for the kernels. A single block at the end is paired with a block of zeros.
 * @param allocate returns memory for the result, with any contents
 */
export function packBlocks(
  storage: WeightStorage,
  stored: Uint8Array<ArrayBuffer>,
  allocate = (bytes: number): Uint8Array<ArrayBuffer> => new Uint8Array(bytes),
): Uint8Array<ArrayBuffer> {
  const { bytes, pairedScale }: WeightFormat = WEIGHT_FORMATS[storage];
  if (pairedScale === undefined) return stored;
  const block = bytes / 2;
  assert(stored.length % block === 0, `${stored.length} bytes are not whole blocks of ${storage}`);
  const packed = allocate(Math.ceil(stored.length / bytes) * bytes);
  packed.fill(0, stored.length);
  const scale = pairedScale === 'first' ? 0 : block - 2;
  const rest = pairedScale === 'first' ? 2 : 0;
  for (let from = 0; from < stored.length; from += block) {
    const second = from % bytes === 0 ? 0 : 1;
    const run = from - second * block;
    packed[run + 2 * second] = stored[from + scale] as number;
    packed[run + 2 * second + 1] = stored[from + scale + 1] as number;
    packed.set(stored.subarray(from + rest, from + rest + block - 2), run + 4 + second * (block - 2));
  }
  return packed;
}

/**
 * A matrix [rows, cols]. It has several parts where it is larger than a binding may be, or where its rows are stored
 * in different types.
 */
export interface Weight {
  readonly label: string;
  readonly rows: number;
  readonly cols: number;
  readonly parts: readonly WeightPart[];
}

export interface WeightPart {
  /** Rows [first, end) of the matrix. */
  readonly first: number;
  readonly end: number;
  readonly storage: WeightStorage;
  readonly bound: BoundTensor;
}

/**
 * Checks that the parts cover the rows in order, that each bound tensor holds its part, and that kernels can read the
 * width.
 */
export function checkWeight(op: string, { label, rows, cols, parts }: Weight): void {
  checkFour(op, `the width of ${label}`, cols);
  let next = 0;
  for (const { first, end, storage, bound } of parts) {
    assert(
      first === next && first < end,
      `${op}: a part of ${label} has rows ${first} … ${end}, it should begin at ${next}`,
    );
    checkSize(op, bound, storedBytes(storage, (end - first) * cols) / 4);
    next = end;
  }
  assert(next === rows, `${op}: the parts of ${label} end at row ${next}, it has ${rows}`);
}
