/**
 * Frozen weights from safetensors to the device: q, k, v and gate, up are stacked, norms are together in f32. Widths that are no
 * multiples of four are padded with zeros (axis.ts).
 */
import type { Device } from '../engine/device';
import { bufferBytes } from '../engine/device';
import type { Tensor } from '../engine/tensor';
import { BYTES_PER_WEIGHT, type Weight, type WeightStorage } from '../engine/weight';
import { readFloat32, type TensorFile, type TensorInfo } from '../formats/safetensors';
import { assert } from '../lib/assert';
import { LabError } from '../lib/errors';
import { STACKS, type StackName, stackShape } from './adapter-layout';
import { type Axis, headAxis, isPlain, plainAxis } from './axis';
import type { ModelConfig } from './config';
import type { BlockWeights, ModelWeights } from './transformer';

const STORAGE: Readonly<Record<string, WeightStorage>> = { F32: 'f32', F16: 'f16', BF16: 'bf16' };
/** Floats between norms in their buffer: bindings begin at multiples of 256 bytes. */
const NORM_ALIGNMENT = 64;

/** One entry a row: a vector is a matrix of these, which need no padding. */
const ENTRY: Axis = { size: 1, padded: 1, runs: [{ first: 0, end: 1, at: 0 }] };

/** Rows [first, end) of a tensor's outermost dimension, to row `row` of the buffer and the following. */
interface Piece {
  readonly name: string;
  readonly first: number;
  readonly end: number;
  readonly row: number;
}

/** A buffer and the rows that are written into it; what none is written to stays zero. */
interface WeightBuffer {
  readonly label: string;
  readonly bytes: number;
  readonly storage: WeightStorage;
  /** Of each row. */
  readonly cols: Axis;
  readonly pieces: readonly Piece[];
}

export interface WeightLayout {
  readonly model: ModelWeights;
  readonly buffers: readonly WeightBuffer[];
}

export interface WeightLimits {
  readonly maxStorageBufferBindingSize: number;
  /** Keep 16-bit weights as they are, or store them as f32 (faster where memory is no concern and unpacking costs). */
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
    if (info === undefined) throw new LabError('bad-file', `The model has no tensor ${name}.`, 'Download the model again.');
    if (info.shape.length !== shape.length || info.shape.some((n, i) => n !== shape[i])) {
      throw new LabError(
        'bad-file',
        `${name} has the shape [${info.shape}]; config.json asks for [${shape}].`,
        'Download the model again.',
      );
    }
    if (!(info.dtype in STORAGE)) {
      throw new LabError(
        'unsupported-model',
        `${name} is stored as ${info.dtype}; the lab reads F32, F16 and BF16.`,
        'Choose another file of this model.',
      );
    }
    return { name, storage: STORAGE[info.dtype] as WeightStorage };
  };

  const matrix = (label: string, cols: Axis, members: readonly { name: string; rows: Axis }[]): Weight => {
    const found = members.map(({ name, rows }) => ({ ...tensor(name, [rows.size, cols.size]), rows }));
    const storages = new Set(found.map(({ storage }) => storage));
    const storage = limits.expand || storages.size > 1 ? 'f32' : (found[0] as { storage: WeightStorage }).storage;
    const rows = found.reduce((sum, member) => sum + member.rows.padded, 0);
    const rowBytes = cols.padded * BYTES_PER_WEIGHT[storage];
    const most = Math.floor(limits.maxStorageBufferBindingSize / rowBytes);
    const perPart = most - (most % (most < 64 ? 4 : 64));
    if (perPart === 0)
      throw new LabError('does-not-fit', `A row of ${label} is larger than this device can bind.`, 'Choose a smaller model.');
    const pieces = stackedPieces(found);
    const parts: Weight['parts'][number][] = [];
    for (let first = 0; first < rows; first += perPart) {
      const end = Math.min(rows, first + perPart);
      const partLabel = rows > perPart ? `${label} ${first}…${end}` : label;
      const bytes = (end - first) * rowBytes;
      buffers.push({ label: partLabel, bytes, storage, cols, pieces: piecesWithin(pieces, first, end) });
      parts.push({ first, end, bound: { tensor: slot(partLabel, bytes) } });
    }
    return { label, rows, cols: cols.padded, storage, parts };
  };

  const vectors: Piece[] = [];
  let vectorFloats = 0;
  const norms = slot('norms', 0);
  /** Vectors side by side, as one binding. */
  const vector = (members: readonly { name: string; rows: Axis }[]) => {
    for (const { name, rows } of members) tensor(name, [rows.size]);
    const start = vectorFloats;
    vectors.push(...stackedPieces(members).map((piece) => ({ ...piece, row: start + piece.row })));
    const floats = members.reduce((sum, { rows }) => sum + rows.padded, 0);
    vectorFloats = Math.ceil((start + floats) / NORM_ALIGNMENT) * NORM_ALIGNMENT;
    return { tensor: norms, offset: start * 4, bytes: floats * 4 };
  };

  const hidden = plainAxis(config.hidden);
  // The vocabulary is no width: its last four may be fewer.
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
      return vector(STACKS.qkv.map((module, j) => ({ name: `${prefix}.self_attn.${module}.bias`, rows: outputs[j] as Axis })));
    };
    const headNorms = () =>
      vector(['q_norm', 'k_norm'].map((name) => ({ name: `${prefix}.self_attn.${name}.weight`, rows: oneHead })));
    return {
      attentionNorm: norm('input_layernorm'),
      // What Llama calls the norm behind attention stands before the MLP; where there are norms behind both, the name is meant.
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

/** Tensors one below the other, each with its rows where its axis has them. */
function stackedPieces(members: readonly { readonly name: string; readonly rows: Axis }[]): Piece[] {
  let start = 0;
  return members.flatMap(({ name, rows }) => {
    const before = start;
    start += rows.padded;
    return rows.runs.map(({ first, end, at }) => ({ name, first, end, row: before + at }));
  });
}

/** What of the pieces falls into rows [first, end), counted from `first`. */
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

/** Bytes on the device. */
export function weightBytes(layout: WeightLayout): number {
  return layout.buffers.reduce((sum, buffer) => sum + bufferBytes(buffer.bytes), 0);
}

/**
 * Writes every tensor into its buffer, one at a time: the page holds one tensor at most.
 * @throws LabError out-of-memory, device-lost, bad-file
 */
export async function loadWeights(
  device: Device,
  file: TensorFile,
  layout: WeightLayout,
  onProgress: (done: number, total: number) => void = () => {},
): Promise<Map<string, GPUBuffer>> {
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST;
  const allocated = await device.allocate(layout.buffers.map(({ bytes }) => ({ label: 'weights', bytes, usage })));
  const buffers = new Map(layout.buffers.map(({ label }, i) => [label, allocated[i] as GPUBuffer]));
  try {
    const total = layout.buffers.reduce((sum, { pieces }) => sum + pieces.length, 0);
    let done = 0;
    for (const { label, storage, cols, pieces } of layout.buffers) {
      const buffer = buffers.get(label) as GPUBuffer;
      const size = BYTES_PER_WEIGHT[storage];
      let [held, bytes] = ['', new Uint8Array()];
      for (const { name, first, end, row } of pieces) {
        // The pieces of a tensor are neighbours.
        if (name !== held) [held, bytes] = [name, await readStored(file, name, storage)];
        const rows = bytes.subarray(first * cols.size * size, end * cols.size * size);
        const padded = isPlain(cols) ? rows : padRows(rows, cols, size);
        device.gpu.queue.writeBuffer(buffer, row * cols.padded * size, padded.buffer, padded.byteOffset, padded.byteLength);
        onProgress(++done, total);
      }
    }
    return buffers;
  } catch (error) {
    for (const buffer of allocated) device.free(buffer);
    throw error;
  }
}

/** A tensor's bytes in the type it has on the device. */
async function readStored(file: TensorFile, name: string, storage: WeightStorage): Promise<Uint8Array<ArrayBuffer>> {
  const info = file.tensors.get(name);
  assert(info !== undefined, `${name} was laid out but is not in the file`);
  if (STORAGE[info.dtype] === storage) return file.read(name);
  const floats = await readFloat32(file, name);
  return new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength);
}

/** Rows of `cols.size` entries as rows of `cols.padded`. */
function padRows(rows: Uint8Array<ArrayBuffer>, cols: Axis, entryBytes: number): Uint8Array<ArrayBuffer> {
  const [from, to] = [cols.size * entryBytes, cols.padded * entryBytes];
  const count = rows.byteLength / from;
  const out = new Uint8Array(count * to);
  for (let i = 0; i < count; i++) {
    for (const { first, end, at } of cols.runs) {
      out.set(rows.subarray(i * from + first * entryBytes, i * from + end * entryBytes), i * to + at * entryBytes);
    }
  }
  return out;
}
