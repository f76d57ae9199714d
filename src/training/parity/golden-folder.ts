/** A folder of golden numbers: a model, and what PyTorch computed with it. The layout is that of e2e/golden/models. */
import * as v from 'valibot';
import { type ByteSource, MemorySource } from '../../formats/byte-source';
import { readFloat32 } from '../../formats/dequantize';
import { type PeftAdapter, readPeft } from '../../formats/peft';
import { openSafetensors, openSharded, parseShardIndex } from '../../formats/safetensors';
import type { TensorFile } from '../../formats/tensor-file';
import { at } from '../../lib/assert';
import { LabError } from '../../lib/errors';
import { type ModelConfig, parseConfig } from '../../model/config';

export interface ParityFiles {
  /** Paths within the folder, with forward slashes. */
  readonly names: readonly string[];
  read(name: string): Promise<Uint8Array<ArrayBuffer>>;
  /** The model, if it is not in the folder. */
  readonly model?: ByteSource;
}

const ADVICE = 'The layout is that of e2e/golden/models.';

export class GoldenFolder {
  constructor(private readonly files: ParityFiles) {}

  get names(): readonly string[] {
    return this.files.names;
  }

  has(name: string): boolean {
    return this.files.names.includes(name);
  }

  async text(name: string): Promise<string> {
    return new TextDecoder().decode(await this.files.read(name));
  }

  /** @throws LabError bad-file */
  async json<S extends v.GenericSchema>(name: string, schema: S): Promise<v.InferOutput<S>> {
    const text = await this.text(name);
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (cause) {
      throw new LabError('bad-file', `${name} is not JSON.`, ADVICE, { cause });
    }
    const parsed = v.safeParse(schema, value);
    if (!parsed.success)
      throw new LabError(
        'bad-file',
        `${name}: ${v.getDotPath(parsed.issues[0]) ?? ''} ${parsed.issues[0].message}.`,
        ADVICE,
      );
    return parsed.output;
  }

  async config(name = 'config.json'): Promise<ModelConfig> {
    return parseConfig(await this.json(name, v.unknown()));
  }

  /** The model file given with the folder. Null if there is none. */
  get given(): ByteSource | null {
    return this.files.model ?? null;
  }

  async source(name: string): Promise<ByteSource> {
    return new MemorySource(name, await this.files.read(name));
  }

  async tensors(name: string): Promise<TensorFile> {
    return openSafetensors(await this.source(name));
  }

  /** The weights of a folder or subfolder, in one file or sharded. */
  async model(folder = ''): Promise<TensorFile> {
    const index = `${folder}model.safetensors.index.json`;
    if (!this.has(index)) return this.tensors(`${folder}model.safetensors`);
    const shards = parseShardIndex(await this.text(index), index);
    return openSharded(shards, (name) => this.source(folder + name));
  }

  async adapter(folder: string): Promise<PeftAdapter> {
    const weights = await this.source(`${folder}/adapter_model.safetensors`);
    return readPeft(await this.text(`${folder}/adapter_config.json`), weights);
  }
}

/** The numbers of an F32 or I32 tensor. */
export async function readNumbers(file: TensorFile, name: string): Promise<Float32Array | Int32Array> {
  const info = file.tensors.get(name);
  if (info?.dtype !== 'I32') return readFloat32(file, name);
  const bytes = await file.read(name);
  return new Int32Array(bytes.slice().buffer);
}

/** A right-padded batch: the tokens of each sequence, and their indices in the [B, T] arrays. */
export interface PaddedBatch {
  readonly sequences: readonly (readonly number[])[];
  /** Index into [B·T] of every token, sequence by sequence. */
  readonly places: readonly number[];
  /** T */
  readonly length: number;
}

export async function readBatch(file: TensorFile, prefix = ''): Promise<PaddedBatch> {
  const [B = 0, T = 0] = file.tensors.get(`${prefix}input_ids`)?.shape ?? [];
  const ids = await readNumbers(file, `${prefix}input_ids`);
  const mask = await readNumbers(file, `${prefix}attention_mask`);
  const places = Array.from({ length: B }, (_, b) =>
    Array.from({ length: T }, (_, t) => b * T + t).filter((i) => at(mask, i) === 1),
  );
  return { sequences: places.map((row) => row.map((i) => at(ids, i))), places: places.flat(), length: T };
}

/** The rows of `width` values at the given indices. */
export function pick(values: ArrayLike<number>, places: readonly number[], width: number): Float32Array {
  const out = new Float32Array(places.length * width);
  places.forEach((place, i) => {
    for (let c = 0; c < width; c++) out[i * width + c] = values[place * width + c] as number;
  });
  return out;
}
