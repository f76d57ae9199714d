/** Weights in several safetensors files with `model.safetensors.index.json`, read as if they were one. */
import * as v from 'valibot';
import { LabError } from '../lib/errors';
import type { ByteSource } from './byte-source';
import { openSafetensors } from './safetensors';
import type { TensorFile, TensorInfo } from './tensor-file';

const ADVICE = 'Nothing was loaded. Download the model again, with all its files.';
/** A file beside the index, never a path out of its folder. */
const fileName = v.pipe(v.string(), v.regex(/^[^/\\]+\.safetensors$/));
const IndexSchema = v.object({ weight_map: v.record(v.string(), fileName) });

/** Tensor name → file name. @throws LabError bad-file */
export function parseShardIndex(text: string, name = 'model.safetensors.index.json'): ReadonlyMap<string, string> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new LabError('bad-file', `${name} is not JSON.`, ADVICE);
  }
  const parsed = v.safeParse(IndexSchema, json);
  if (!parsed.success)
    throw new LabError('bad-file', `${name} has no weight_map of tensor names to safetensors files.`, ADVICE);
  const map = new Map(Object.entries(parsed.output.weight_map));
  if (map.size === 0) throw new LabError('bad-file', `${name} names no tensors.`, ADVICE);
  return map;
}

/** Opens every shard that the index names; each tensor must be where the index says. @throws LabError bad-file */
export async function openSharded(
  index: ReadonlyMap<string, string>,
  open: (file: string) => Promise<ByteSource>,
): Promise<TensorFile> {
  const shards = new Map<string, TensorFile>();
  for (const file of new Set(index.values())) shards.set(file, await openSafetensors(await open(file)));
  const tensors = new Map<string, TensorInfo>();
  for (const [name, file] of index) {
    const info = shards.get(file)?.tensors.get(name);
    if (info === undefined)
      throw new LabError('bad-file', `The index says that ${name} is in ${file}, but it is not.`, ADVICE);
    tensors.set(name, info);
  }
  const shardOf = (name: string): TensorFile => {
    const shard = shards.get(index.get(name) ?? '');
    if (shard === undefined) throw new LabError('bad-file', `The model has no tensor ${name}.`, ADVICE);
    return shard;
  };
  return {
    tensors,
    metadata: {},
    read: async (name) => shardOf(name).read(name),
    readRows: async (name, ...rows) => shardOf(name).readRows(name, ...rows),
  };
}
