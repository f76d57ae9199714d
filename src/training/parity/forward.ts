/** Compares hidden states, logits and log-probabilities of the forward batch. */
import type { Device } from '../../engine/device';
import type { PipelineCache } from '../../engine/kernel';
import type { KeyValueType } from '../../engine/key-values';
import type { Tuning } from '../../engine/tuning';
import type { PeftAdapter } from '../../formats/peft';
import type { TensorFile } from '../../formats/tensor-file';
import { at } from '../../lib/assert';
import type { ModelConfig } from '../../model/config';
import { type Inspection, inspect } from '../../model/inspect';
import { loadWeights } from '../../model/load-weights';
import { flatten, layoutOf } from '../../model/peft-layout';
import type { TemplateRenderer } from '../../model/tokenizer/template-renderer';
import { layOutWeights } from '../../model/weights';
import { pick, readBatch, readNumbers } from './golden-folder';
import { type Comparison, compare, type ToleranceName } from './tolerances';

export interface ParityContext {
  readonly device: Device;
  readonly cache: PipelineCache;
  readonly tuning: Tuning;
  /** Store 16-bit weights as f32. */
  readonly expand: boolean;
  readonly templates: TemplateRenderer;
}

/** The types of the cache of generation. */
export const CACHE_TYPES: readonly KeyValueType[] = ['f32', 'f16'];

/** What is computed with keys and values of each type. */
const CACHE_TOLERANCES = {
  f32: { logits: 'logits', logps: 'logps' },
  f16: { logits: 'halfCacheLogits', logps: 'halfCacheLogps' },
} as const;

/** Small, so that the vocabulary has several chunks. */
export const PARITY_CHUNK = 128;

export async function compareForward(
  { device, cache, tuning, expand }: ParityContext,
  label: string,
  o: {
    config: ModelConfig;
    model: TensorFile;
    inputs: TensorFile;
    expected: TensorFile;
    adapter: PeftAdapter | null;
    /** Also through a cache of each of these types. */
    cacheTypes?: readonly KeyValueType[];
  },
): Promise<Comparison[]> {
  const { config, expected } = o;
  const { maxStorageBufferBindingSize } = device.limits;
  const layout = layOutWeights(config, o.model.tensors, { maxStorageBufferBindingSize, expand });
  const buffers = await loadWeights(device, o.model, layout);
  const allocated = [...buffers.values()];
  try {
    let adapter = null;
    if (o.adapter) {
      const shape = layoutOf(config, o.adapter);
      const flat = flatten(o.adapter, shape);
      const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST;
      const [parameters] = (await device.allocate([{ label: 'adapter', bytes: flat.byteLength, usage }])) as [
        GPUBuffer,
      ];
      allocated.push(parameters);
      device.gpu.queue.writeBuffer(parameters, 0, flat);
      adapter = { layout: shape, parameters };
    }
    const { sequences, places } = await readBatch(o.inputs);
    const options = { weights: layout.model, buffers, adapter, chunk: PARITY_CHUNK, tuning };
    const got = await inspect(device, cache, options, sequences);

    const rows: Comparison[] = [];
    const check = (name: string, values: Float32Array, target: Float32Array | null, tolerance: ToleranceName) => {
      if (target !== null) rows.push(compare(label + name, values, target, tolerance));
    };
    const read = async (name: string, kept: readonly number[], width: number) =>
      expected.tensors.has(name) ? pick(await readNumbers(expected, name), kept, width) : null;
    for (const [i, hidden] of got.hidden.entries()) {
      const target = await read(`hidden.${i}`, places, config.hidden);
      check(`hidden.${i}`, hidden, target, i === 0 ? 'embedding' : 'hidden');
    }
    check('hidden.norm', got.norm, await read('hidden.norm', places, config.hidden), 'hidden');

    // The last token of a sequence has no next token.
    const scored = sequences.flatMap(({ length }, s) => {
      const start = sequences.slice(0, s).reduce((sum, before) => sum + before.length, 0);
      return Array.from({ length: length - 1 }, (_, i) => start + i);
    });
    const logits = await read('logits', places, config.vocabulary);
    const logps = await read(
      'logps',
      scored.map((i) => at(places, i)),
      1,
    );
    const checkOutputs = (made: Inspection, note: string, type: KeyValueType) => {
      check(`logits${note}`, made.logits, logits, CACHE_TOLERANCES[type].logits);
      check(`logps${note}`, pick(made.logps, scored, 1), logps, CACHE_TOLERANCES[type].logps);
    };
    checkOutputs(got, '', 'f32');
    for (const cacheType of o.cacheTypes ?? []) {
      const cached = await inspect(device, cache, { ...options, cacheType }, sequences);
      checkOutputs(cached, `, ${cacheType} cache`, cacheType);
    }
    return rows;
  } finally {
    for (const buffer of allocated) device.free(buffer);
  }
}
