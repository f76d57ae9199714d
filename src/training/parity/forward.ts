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
import { type Comparison, compare, type PARITY_TOLERANCES } from './tolerances';

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
    const check = async (
      name: string,
      values: Float32Array,
      width: number,
      tolerance: keyof typeof PARITY_TOLERANCES,
    ) => {
      if (!expected.tensors.has(name)) return;
      rows.push(compare(label + name, values, pick(await readNumbers(expected, name), places, width), tolerance));
    };
    for (const [i, hidden] of got.hidden.entries())
      await check(`hidden.${i}`, hidden, config.hidden, i === 0 ? 'embedding' : 'hidden');
    await check('hidden.norm', got.norm, config.hidden, 'hidden');
    const logits = expected.tensors.has('logits')
      ? pick(await readNumbers(expected, 'logits'), places, config.vocabulary)
      : null;
    // The last token of a sequence has no next token.
    const kept = sequences.flatMap(({ length }, s) => {
      const start = sequences.slice(0, s).reduce((sum, before) => sum + before.length, 0);
      return Array.from({ length: length - 1 }, (_, i) => start + i);
    });
    const keptPlaces = kept.map((i) => at(places, i));
    const logps = expected.tensors.has('logps') ? pick(await readNumbers(expected, 'logps'), keptPlaces, 1) : null;
    const compareNext = (result: Inspection, note: string, tolerance: 'f32' | 'f16') => {
      const name =
        tolerance === 'f32'
          ? ({ logits: 'logits', logps: 'logps' } as const)
          : ({ logits: 'halfCache', logps: 'halfCache' } as const);
      if (logits) rows.push(compare(`${label}logits${note}`, result.logits, logits, name.logits));
      if (logps)
        rows.push(
          compare(
            `${label}logps${note}`,
            kept.map((i) => at(result.logps, i)),
            logps,
            name.logps,
          ),
        );
    };
    compareNext(got, '', 'f32');
    for (const cacheType of o.cacheTypes ?? [])
      compareNext(
        await inspect(device, cache, { ...options, cacheType }, sequences),
        `, ${cacheType} cache`,
        cacheType,
      );
    return rows;
  } finally {
    for (const buffer of allocated) device.free(buffer);
  }
}
