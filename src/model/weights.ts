/**
 * The layout of frozen weights on the device, in their storage type. q, k, v and gate, up are stacked, in several
 * parts where their types differ. Norms are stored together in f32. Widths that are not multiples of four are padded
 * with zeros (axis.ts).
 */
import { bufferBytes } from '../engine/device';
import type { Tensor } from '../engine/tensor';
import { storedBytes, WEIGHT_FORMATS, type Weight, type WeightStorage } from '../engine/weight';
import { type GgmlType, isGgmlType } from '../formats/ggml-types';
import type { TensorInfo } from '../formats/tensor-file';
import { LabError } from '../lib/errors';
import { STACKS, type StackName, stackShape } from './adapter-layout';
import { type Axis, headAxis, isPlain, plainAxis } from './axis';
import type { ModelConfig } from './config';
import type { BlockWeights, ModelWeights } from './transformer';

/** The storage type on the device of each type of a file. */
export const STORAGE: Readonly<Record<GgmlType, WeightStorage>> = {
  F32: 'f32',
  F16: 'f16',
  BF16: 'bf16',
  Q4_0: 'q4_0',
  Q4_1: 'q4_1',
  Q5_0: 'q5_0',
  Q5_1: 'q5_1',
  Q8_0: 'q8_0',
  Q2_K: 'q2_k',
  Q3_K: 'q3_k',
  Q4_K: 'q4_k',
  Q5_K: 'q5_k',
  Q6_K: 'q6_k',
  IQ4_NL: 'iq4_nl',
};
/** Norms begin at multiples of this many floats in their buffer, because bindings begin at multiples of 256 bytes. */
const NORM_ALIGNMENT = 64;

/** A vector is stored as a matrix with one entry in each row, which needs no padding. */
const ENTRY: Axis = { size: 1, padded: 1, runs: [{ first: 0, end: 1, at: 0 }] };

/** Rows [first, end) of a tensor's outermost dimension go to the rows of the buffer from `row` on. */
interface Piece {
  readonly name: string;
  readonly first: number;
  readonly end: number;
  readonly row: number;
}

/** A buffer and the rows that are written into it. Other rows stay zero. */
interface WeightBuffer {
  readonly label: string;
  readonly bytes: number;
  readonly storage: WeightStorage;
  /** The columns of each row. */
  readonly cols: Axis;
  readonly pieces: readonly Piece[];
}

export interface WeightLayout {
  readonly model: ModelWeights;
  readonly buffers: readonly WeightBuffer[];
}

export interface WeightLimits {
  readonly maxStorageBufferBindingSize: number;
  /** Store 16-bit weights as f32, which is faster where memory is plentiful and unpacking is slow. */
  readonly expand: boolean;
}

/** @throws LabError bad-file, unsupported-model */
export function layOutWeights(
  config: ModelConfig,
  tensors: ReadonlyMap<string, Pick<TensorInfo, 'dtype' | 'shape'>>,
  limits: WeightLimits,
): WeightLayout {
  const buffers: WeightBuffer[] = [];

  const tensor = (name: string, shape: readonly number[]) => {
    const info = tensors.get(name);
    if (info === undefined)
      throw new LabError('bad-file', `The model has no tensor ${name}.`, 'Download the model again.');
    if (info.shape.length !== shape.length || info.shape.some((n, i) => n !== shape[i])) {
      throw new LabError(
        'bad-file',
        `${name} has the shape [${info.shape}]; config.json asks for [${shape}].`,
        'Download the model again.',
      );
    }
    if (!isGgmlType(info.dtype)) {
      throw new LabError(
        'unsupported-model',
        `${name} is stored as ${info.dtype}; supported types: ${Object.keys(STORAGE).join(', ')}.`,
        'Choose another file of this model.',
      );
    }
    return { name, storage: STORAGE[info.dtype] };
  };

  const matrix = (label: string, cols: Axis, members: readonly { name: string; rows: Axis }[]): Weight => {
    const found = members.map(({ name, rows }) => ({
      name,
      rows,
      stored: tensor(name, [rows.size, cols.size]).storage,
    }));
    const parts: Weight['parts'][number][] = [];
    let start = 0;
    for (const group of sameStorage(found, cols, limits.expand)) {
      const { storage } = group;
      const rows = group.members.reduce((sum, member) => sum + member.rows.padded, 0);
      const most = Math.floor(limits.maxStorageBufferBindingSize / (storedBytes(storage, 4 * cols.padded) / 4));
      const perPart = most - (most % (most < 64 ? 4 : 64));
      if (perPart === 0)
        throw new LabError(
          'does-not-fit',
          `A row of ${label} is larger than this device can bind.`,
          'Choose a smaller model.',
        );
      const pieces = stackedPieces(group.members);
      for (let first = 0; first < rows; first += perPart) {
        const end = Math.min(rows, first + perPart);
        const partLabel = `${label} ${start + first}…${start + end}`;
        const bytes = storedBytes(storage, (end - first) * cols.padded);
        buffers.push({ label: partLabel, bytes, storage, cols, pieces: piecesWithin(pieces, first, end) });
        parts.push({ first: start + first, end: start + end, storage, bound: { tensor: slot(partLabel, bytes) } });
      }
      start += rows;
    }
    return { label, rows: start, cols: cols.padded, parts };
  };

  const vectors: Piece[] = [];
  let vectorFloats = 0;
  const norms = slot('norms', 0);
  /** Places vectors side by side in one binding. */
  const vector = (members: readonly { name: string; rows: Axis }[]) => {
    for (const { name, rows } of members) tensor(name, [rows.size]);
    const start = vectorFloats;
    vectors.push(...stackedPieces(members).map((piece) => ({ ...piece, row: start + piece.row })));
    const floats = members.reduce((sum, { rows }) => sum + rows.padded, 0);
    vectorFloats = Math.ceil((start + floats) / NORM_ALIGNMENT) * NORM_ALIGNMENT;
    return { tensor: norms, offset: start * 4, bytes: floats * 4 };
  };

  const hidden = plainAxis(config.hidden);
  // The vocabulary is not a width, so it needs no padding.
  const vocabulary = { ...plainAxis(config.vocabulary), padded: config.vocabulary };
  const embedding = matrix('embedding', hidden, [{ name: 'model.embed_tokens.weight', rows: vocabulary }]);
  const head = config.tied ? embedding : matrix('head', hidden, [{ name: 'lm_head.weight', rows: vocabulary }]);
  const oneHead = headAxis(1, config.headSize);
  const blocks = Array.from({ length: config.layers }, (_, i): BlockWeights => {
    const prefix = `model.layers.${i}`;
    const stack = (name: StackName) => {
      const { inputs, outputs } = stackShape(config, name);
      const folder = name === 'qkv' || name === 'o' ? 'self_attn' : 'mlp';
      const members = STACKS[name].map((module, j) => ({
        name: `${prefix}.${folder}.${module}.weight`,
        rows: outputs[j] as Axis,
      }));
      return matrix(`block ${i} ${name}`, inputs, members);
    };
    const norm = (name: string) => vector([{ name: `${prefix}.${name}.weight`, rows: hidden }]);
    const bias = () => {
      const { outputs } = stackShape(config, 'qkv');
      return vector(
        STACKS.qkv.map((module, j) => ({ name: `${prefix}.self_attn.${module}.bias`, rows: outputs[j] as Axis })),
      );
    };
    const headNorms = () =>
      vector(['q_norm', 'k_norm'].map((name) => ({ name: `${prefix}.self_attn.${name}.weight`, rows: oneHead })));
    return {
      attentionNorm: norm('input_layernorm'),
      // In Llama, post_attention_layernorm is the norm before the MLP. In families with norms after both halves, it
      // is the norm after attention.
      ffnNorm: norm(config.postNorms ? 'pre_feedforward_layernorm' : 'post_attention_layernorm'),
      postNorms: config.postNorms
        ? { attention: norm('post_attention_layernorm'), ffn: norm('post_feedforward_layernorm') }
        : null,
      qkvBias: config.qkvBias ? bias() : null,
      qkNorm: config.qkNorm ? headNorms() : null,
      stacks: { qkv: stack('qkv'), o: stack('o'), gateUp: stack('gateUp'), down: stack('down') },
    };
  });
  const finalNorm = vector([{ name: 'model.norm.weight', rows: hidden }]);
  buffers.push({ label: 'norms', bytes: vectorFloats * 4, storage: 'f32', cols: ENTRY, pieces: vectors });
  return { model: { config, embedding, head, finalNorm, blocks }, buffers };
}

interface Member {
  readonly name: string;
  readonly rows: Axis;
  readonly stored: WeightStorage;
}

/** Groups neighbours that have the same type on the device: their storage type, or f32 where they cannot keep it. */
function sameStorage(
  members: readonly Member[],
  cols: Axis,
  expand: boolean,
): { readonly storage: WeightStorage; readonly members: readonly Member[] }[] {
  const groups: { storage: WeightStorage; members: Member[] }[] = [];
  for (const member of members) {
    const storage = expand && (member.stored === 'f16' || member.stored === 'bf16') ? 'f32' : member.stored;
    const last = groups.at(-1);
    if (last?.storage === storage) last.members.push(member);
    else groups.push({ storage, members: [member] });
  }
  return groups.map((group) => (staysQuantised(group, cols) ? group : { ...group, storage: 'f32' }));
}

/** Quantised blocks cannot be padded within a row, and a pair of blocks cannot be split between two tensors. */
function staysQuantised(
  { storage, members }: { storage: WeightStorage; members: readonly Member[] },
  cols: Axis,
): boolean {
  const { run, values } = WEIGHT_FORMATS[storage];
  if (run === 1 || (isPlain(cols) && cols.size % values === 0)) return true;
  const starts = stackedPieces(members).flatMap(({ row, first, end }, i, all) =>
    i + 1 < all.length ? [row, row + end - first] : [row],
  );
  return isPlain(cols) && starts.every((row) => (row * cols.size) % values === 0);
}

/** Places tensors one below the other, each with its rows at the locations of its axis. */
function stackedPieces(members: readonly { readonly name: string; readonly rows: Axis }[]): Piece[] {
  let start = 0;
  return members.flatMap(({ name, rows }) => {
    const before = start;
    start += rows.padded;
    return rows.runs.map(({ first, end, at }) => ({ name, first, end, row: before + at }));
  });
}

/** The parts of the pieces in rows [first, end), counted from `first`. */
function piecesWithin(pieces: readonly Piece[], first: number, end: number): Piece[] {
  return pieces.flatMap((piece) => {
    const skipped = Math.max(0, first - piece.row);
    const length = Math.min(piece.end - piece.first, end - piece.row) - skipped;
    if (length <= 0) return [];
    const from = piece.first + skipped;
    return [{ name: piece.name, first: from, end: from + length, row: piece.row + skipped - first }];
  });
}

function slot(label: string, bytes: number): Tensor {
  return { label, shape: [bytes / 4], dtype: 'f32', kind: 'slot', requiresGrad: false };
}

/** The storage types of at least a twentieth of the weights each, the most common first. */
export function weightStorages({ embedding, head, blocks }: ModelWeights): WeightStorage[] {
  const counts = new Map<WeightStorage, number>();
  for (const { cols, parts } of new Set([embedding, head, ...blocks.flatMap(({ stacks }) => Object.values(stacks))])) {
    for (const { storage, first, end } of parts)
      counts.set(storage, (counts.get(storage) ?? 0) + (end - first) * cols);
  }
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  return [...counts]
    .filter(([, count]) => count * 20 >= total)
    .sort(([, a], [, b]) => b - a)
    .map(([storage]) => storage);
}

/** Size on the device in bytes. */
export function weightBytes(layout: WeightLayout): number {
  return layout.buffers.reduce((sum, buffer) => sum + bufferBytes(buffer.bytes), 0);
}
