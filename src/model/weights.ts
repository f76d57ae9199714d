/** Frozen weights from safetensors to the device: q, k, v and gate, up are stacked, norms are together in f32. */
import type { Device } from '../engine/device';
import { bufferBytes } from '../engine/device';
import type { Tensor } from '../engine/tensor';
import { BYTES_PER_WEIGHT, type Weight, type WeightStorage } from '../engine/weight';
import { readFloat32, type TensorFile, type TensorInfo } from '../formats/tensor-file';
import { assert } from '../lib/assert';
import { LabError } from '../lib/errors';
import { STACKS, type StackName, stackShape } from './adapter-layout';
import type { ModelConfig } from './config';
import type { BlockWeights, ModelWeights } from './transformer';

const STORAGE: Readonly<Record<string, WeightStorage>> = { F32: 'f32', F16: 'f16', BF16: 'bf16' };
/** Floats between norms in their buffer: bindings begin at multiples of 256 bytes. */
const NORM_ALIGNMENT = 64;

/** A buffer and what is written into it: tensors one after the other, or vectors converted to f32 at their offsets. */
interface WeightBuffer {
  readonly label: string;
  readonly bytes: number;
  readonly pieces: readonly {
    readonly name: string;
    readonly offset: number;
    readonly rows?: readonly [first: number, end: number];
  }[];
  readonly convert: boolean;
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

  const matrix = (label: string, cols: number, members: readonly { name: string; rows: number }[]): Weight => {
    const found = members.map(({ name, rows }) => ({ ...tensor(name, [rows, cols]), rows }));
    const storages = new Set(found.map(({ storage }) => storage));
    const convert = limits.expand || storages.size > 1;
    const storage = convert ? 'f32' : (found[0] as { storage: WeightStorage }).storage;
    const rows = members.reduce((sum, member) => sum + member.rows, 0);
    const rowBytes = cols * BYTES_PER_WEIGHT[storage];
    const most = Math.floor(limits.maxStorageBufferBindingSize / rowBytes);
    const perPart = most - (most % (most < 64 ? 4 : 64));
    if (perPart === 0)
      throw new LabError('does-not-fit', `A row of ${label} is larger than this device can bind.`, 'Choose a smaller model.');
    const parts: Weight['parts'][number][] = [];
    for (let first = 0; first < rows; first += perPart) {
      const end = Math.min(rows, first + perPart);
      const partLabel = rows > perPart ? `${label} ${first}…${end}` : label;
      const bytes = (end - first) * rowBytes;
      const pieces: WeightBuffer['pieces'][number][] = [];
      let row = 0;
      for (const member of found) {
        const from = Math.max(first, row);
        const to = Math.min(end, row + member.rows);
        if (from < to) pieces.push({ name: member.name, offset: (from - first) * rowBytes, rows: [from - row, to - row] });
        row += member.rows;
      }
      buffers.push({ label: partLabel, bytes, pieces, convert: convert && found.some((member) => member.storage !== 'f32') });
      parts.push({ first, end, bound: { tensor: slot(partLabel, bytes) } });
    }
    return { label, rows, cols, storage, parts };
  };

  const vectors: { name: string; offset: number }[] = [];
  let vectorFloats = 0;
  const norms = slot('norms', 0);
  const vector = (names: readonly { name: string; size: number }[]) => {
    const offset = vectorFloats * 4;
    let floats = 0;
    for (const { name, size } of names) {
      tensor(name, [size]);
      vectors.push({ name, offset: offset + floats * 4 });
      floats += size;
    }
    vectorFloats = Math.ceil((vectorFloats + floats) / NORM_ALIGNMENT) * NORM_ALIGNMENT;
    return { tensor: norms, offset, bytes: floats * 4 };
  };

  const C = config.hidden;
  const embedding = matrix('embedding', C, [{ name: 'model.embed_tokens.weight', rows: config.vocabulary }]);
  const head = config.tied ? embedding : matrix('head', C, [{ name: 'lm_head.weight', rows: config.vocabulary }]);
  const blocks = Array.from({ length: config.layers }, (_, i): BlockWeights => {
    const prefix = `model.layers.${i}`;
    const stack = (name: StackName) => {
      const { inputs, outputs } = stackShape(config, name);
      const folder = name === 'qkv' || name === 'o' ? 'self_attn' : 'mlp';
      const members = STACKS[name].map((module, j) => ({
        name: `${prefix}.${folder}.${module}.weight`,
        rows: outputs[j] as number,
      }));
      return matrix(`block ${i} ${name}`, inputs, members);
    };
    const bias = () => {
      const { outputs } = stackShape(config, 'qkv');
      return vector(STACKS.qkv.map((module, j) => ({ name: `${prefix}.self_attn.${module}.bias`, size: outputs[j] as number })));
    };
    return {
      attentionNorm: vector([{ name: `${prefix}.input_layernorm.weight`, size: C }]),
      ffnNorm: vector([{ name: `${prefix}.post_attention_layernorm.weight`, size: C }]),
      qkvBias: config.qkvBias ? bias() : null,
      stacks: { qkv: stack('qkv'), o: stack('o'), gateUp: stack('gateUp'), down: stack('down') },
    };
  });
  const finalNorm = vector([{ name: 'model.norm.weight', size: C }]);
  buffers.push({ label: 'norms', bytes: vectorFloats * 4, pieces: vectors, convert: true });
  return { model: { config, embedding, head, finalNorm, blocks }, buffers };
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
    for (const { label, pieces, convert } of layout.buffers) {
      const buffer = buffers.get(label) as GPUBuffer;
      for (const { name, offset, rows } of pieces) {
        const bytes = convert ? await readFloat32(file, name) : await file.read(name);
        const info = file.tensors.get(name);
        assert(info !== undefined, `${name} was laid out but is not in the file`);
        const rowBytes = bytes.byteLength / (info.shape[0] ?? 1);
        const [first, end] = rows ?? [0, info.shape[0] ?? 1];
        device.gpu.queue.writeBuffer(buffer, offset, bytes.buffer, bytes.byteOffset + first * rowBytes, (end - first) * rowBytes);
        onProgress(++done, total);
      }
    }
    return buffers;
  } catch (error) {
    for (const buffer of allocated) device.free(buffer);
    throw error;
  }
}
