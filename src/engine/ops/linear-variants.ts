/** The kernels of a product, with the constants that the autotuner chooses from. */
import activationLib from '../../../shaders/lib/activation.wgsl?raw';
import splitGated from '../../../shaders/lib/linear_gated.wgsl?raw';
import split from '../../../shaders/lib/linear_split.wgsl?raw';
import tiled from '../../../shaders/lib/linear_tiled.wgsl?raw';
import tiledGated from '../../../shaders/lib/linear_tiled_gated.wgsl?raw';
import storeGated from '../../../shaders/lib/store_gated.wgsl?raw';
import code from '../../../shaders/linear.wgsl?raw';
import type { KernelVariant } from '../kernel';
import type { Tuning, Variant } from '../tuning';
import { WEIGHT_FORMATS, type WeightStorage, weightLibs } from '../weight';
import type { Activation } from './glu';

const source = { name: 'linear', code };

export interface LinearVariant extends Variant {
  readonly entry:
    | 'forward'
    | 'forward_tiled'
    | 'forward_tiled_gated'
    | 'forward_split'
    | 'forward_gated'
    | 'backward'
    | 'backward_tiled';
  /** Rows and outputs of a workgroup. In the backward pass, rows and inputs. */
  readonly rows: number;
  readonly cols: number;
  readonly constants: Readonly<Record<string, number | boolean>>;
  readonly libs: readonly string[];
  /**
   * Each step of the loop reads a whole run of the weight instead of one vec4. Worth its code size where few rows
   * share the values.
   */
  readonly wholeRuns?: boolean;
}

/** A thread computes tileRows × 4·tileCols outputs. */
function registers(
  entry: 'forward' | 'backward',
  tileRows: number,
  tileCols: number,
  groupCols: number,
  groupRows: number,
): LinearVariant {
  return {
    entry,
    rows: tileRows * groupRows,
    cols: 4 * tileCols * groupCols,
    constants: { TILE_ROWS: tileRows, TILE_COLS: tileCols, GROUP_COLS: groupCols, GROUP_ROWS: groupRows },
    libs: [],
  };
}

/** The other kernels of the module have the smallest registers' tile, because nothing calls them. */
const ONE_OUTPUT = registers('forward', 1, 1, 1, 1).constants;

/** A workgroup computes 64 × 64 outputs, each thread 4·quads × 4 of them. */
function tiles(entry: 'forward_tiled' | 'backward_tiled', quads: number): LinearVariant {
  const constants = { ...ONE_OUTPUT, LEFT_QUADS: quads };
  return { entry, rows: 64, cols: 64, constants, libs: [tiled], only: 'hardware', least: 32 };
}

/**
 * `lanes` threads divide the inputs. Each computes `rows` × 4 outputs, and a workgroup has rowGroups × colGroups such
 * groups of threads.
 */
function splits(
  lanes: number,
  rows: number,
  rowGroups: number,
  colGroups: number,
): Omit<LinearVariant, keyof Variant> & { readonly only: 'hardware' } {
  return {
    entry: 'forward_split',
    rows: rows * rowGroups,
    cols: 4 * colGroups,
    constants: { ...ONE_OUTPUT, LANES: lanes, SPLIT_ROWS: rows, ROW_GROUPS: rowGroups, COL_GROUPS: colGroups },
    libs: [split],
    only: 'hardware',
  };
}

/**
 * The variants that the autotuner chooses from. Each sums in a different order, so a run must not change its choice.
 */
export const LINEAR_VARIANTS = {
  forward: {
    '8x4': { ...registers('forward', 8, 1, 8, 8), only: 'software' },
    '1x4': { ...registers('forward', 1, 1, 16, 1), wholeRuns: true, only: 'software', most: 63 },
    '4x8 runs': { ...registers('forward', 4, 2, 16, 1), wholeRuns: true, only: 'software' },
    '8x8 row': { ...registers('forward', 8, 2, 16, 1), only: 'software' },
    split1: { ...splits(32, 1, 1, 2), most: 1 },
    split2: { ...splits(32, 2, 1, 2), least: 2, most: 2 },
    split4: { ...splits(32, 4, 1, 2), least: 4, most: 4 },
    split8: { ...splits(16, 8, 1, 2), least: 8, most: 16 },
    'split8 wide': { ...splits(32, 8, 1, 1), least: 8, most: 16 },
    split16: { ...splits(16, 4, 4, 2), least: 16, most: 64 },
    'tiled 8x4': tiles('forward_tiled', 2),
    'tiled 4x4': tiles('forward_tiled', 1),
    '4x4': { ...registers('forward', 4, 1, 16, 4), only: 'hardware', least: 32 },
  },
  backward: {
    '8x4': { ...registers('backward', 8, 1, 8, 8), only: 'software' },
    '4x8': { ...registers('backward', 4, 2, 8, 8), only: 'software' },
    'tiled 8x4': tiles('backward_tiled', 2),
    'tiled 4x4': tiles('backward_tiled', 1),
    '4x4': registers('backward', 4, 1, 16, 4),
  },
} as const satisfies Record<string, Readonly<Record<string, LinearVariant>>>;

/**
 * The variant with a gated linear unit in the same dispatch, if there is one. Its outputs are those of the unit, half
 * as many.
 */
export function gatedVariant(variant: LinearVariant, activation: Activation): LinearVariant | null {
  const kernel = GATED[variant.entry];
  // In other tiles a thread does not have the same outputs of both halves.
  if (kernel === undefined || (variant.entry === 'forward_tiled' && variant.constants.LEFT_QUADS !== 2)) return null;
  // Gate and up are computed by two groups of threads of a split.
  if (variant.entry === 'forward_split' && variant.cols < 8) return null;
  return {
    ...variant,
    entry: kernel.entry,
    cols: variant.cols / 2,
    constants: { ...variant.constants, GELU: activation === 'gelu_tanh' },
    libs: [...variant.libs, kernel.lib, storeGated, activationLib],
  };
}

const GATED: Partial<Record<LinearVariant['entry'], Pick<LinearVariant, 'entry'> & { readonly lib: string }>> = {
  forward_split: { entry: 'forward_gated', lib: splitGated },
  forward_tiled: { entry: 'forward_tiled_gated', lib: tiledGated },
};

/**
 * Storage types whose decoding takes so many registers that a thread of a split computes four rows instead of eight,
 * and twice as many groups of threads share the rows.
 */
const FOUR_ROWS: ReadonlySet<WeightStorage> = new Set(['q5_0', 'q5_1', 'q2_k', 'q3_k', 'q4_k', 'q5_k', 'q6_k']);
/** Storage types with which a thread of `4x4` computes two rows on a GPU, for the same reason. */
const TWO_ROWS: ReadonlySet<WeightStorage> = new Set(['q2_k', 'q3_k', 'q6_k']);

/** The constants, with fewer rows in a thread if their sums leave too few registers for decoding weights. */
function fitRows(
  { entry, constants }: LinearVariant,
  storage: WeightStorage,
  { software }: Pick<Tuning, 'software'>,
): LinearVariant['constants'] {
  if (constants.SPLIT_ROWS === 8 && FOUR_ROWS.has(storage))
    return { ...constants, SPLIT_ROWS: 4, ROW_GROUPS: 2 * Number(constants.ROW_GROUPS) };
  if (entry === 'forward' && constants.TILE_ROWS === 4 && !software && TWO_ROWS.has(storage))
    return { ...constants, TILE_ROWS: 2, GROUP_ROWS: 2 * Number(constants.GROUP_ROWS) };
  return constants;
}

/** The kernel of a variant for one storage type, on an adapter with or without a GPU. */
export function linearKernel(
  variant: LinearVariant,
  storage: WeightStorage,
  tuning: Pick<Tuning, 'software'>,
): KernelVariant {
  const { entry, libs, wholeRuns = false } = variant;
  const { run } = WEIGHT_FORMATS[storage];
  const all = { ...fitRows(variant, storage, tuning), RUN: run, STEPS: wholeRuns ? run : 1 };
  return { source, entry, libs: [...weightLibs(storage, tuning), ...libs], constants: all };
}
