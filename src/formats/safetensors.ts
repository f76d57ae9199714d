/**
 * safetensors: 8 bytes of header length (little-endian), a JSON header, then the tensors without gaps. Files are read
 * tensor by tensor, and nothing in the header is trusted before it has been checked. They are written as the Python
 * library writes them. A model may be split into several files (shards) with an index.
 */
import * as v from 'valibot';
import { LabError } from '../lib/errors';
import type { ByteSource } from './byte-source';
import { rowRange, SAFETENSORS_BITS, type SafetensorsDtype, type TensorFile, type TensorInfo } from './tensor-file';

const DTYPES: readonly string[] = Object.keys(SAFETENSORS_BITS);

/** The limit of the reference implementation. */
const MAX_HEADER = 100_000_000;

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const EntrySchema = v.object({
  dtype: v.custom<SafetensorsDtype>(
    (x) => typeof x === 'string' && DTYPES.includes(x),
    'the data type is not one of safetensors',
  ),
  shape: v.pipe(v.array(count, 'the shape is not a list'), v.maxLength(64)),
  data_offsets: v.strictTuple([count, count], 'the offsets are not two numbers'),
});
const MetadataSchema = v.record(v.string(), v.string());
const HeaderSchema = v.custom<Record<string, unknown>>(
  (x) => typeof x === 'object' && x !== null && !Array.isArray(x),
);

function bad(source: ByteSource, what: string): never {
  throw new LabError(
    'bad-file',
    `${source.name} is not a valid safetensors file: ${what}.`,
    'Nothing was loaded. Download or export the file again.',
  );
}

/** @throws LabError bad-file, with the first fault */
export async function openSafetensors(source: ByteSource): Promise<TensorFile<SafetensorsDtype>> {
  if (source.size < 8) bad(source, `it has ${source.size} bytes, fewer than the 8 of the header's length`);
  const prefix = await source.read(0, 8);
  const length64 = new DataView(prefix.buffer, prefix.byteOffset).getBigUint64(0, true);
  if (length64 > BigInt(MAX_HEADER))
    bad(source, `its header claims ${length64} bytes, more than the ${MAX_HEADER} that are allowed`);
  const headerLength = Number(length64);
  if (headerLength > source.size - 8)
    bad(source, `its header claims ${headerLength} bytes, but only ${source.size - 8} follow`);
  const header = parseHeader(source, await source.read(8, headerLength));

  let metadata: Record<string, string> = {};
  const tensors = new Map<string, TensorInfo<SafetensorsDtype>>();
  const dataStart = 8 + headerLength;
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') {
      const parsed = v.safeParse(MetadataSchema, entry);
      if (!parsed.success) bad(source, 'its metadata is not a table of strings');
      metadata = parsed.output;
    } else {
      tensors.set(name, checkEntry(source, name, entry, dataStart));
    }
  }
  checkLayout(source, tensors, dataStart);
  const find = (name: string): TensorInfo => {
    const info = tensors.get(name);
    if (info === undefined) throw new LabError('bad-file', `${source.name} has no tensor ${name}.`);
    return info;
  };
  return {
    tensors,
    metadata,
    async read(name) {
      const info = find(name);
      return source.read(info.offset, info.length);
    },
    async readRows(name, first, end, allocate) {
      const info = find(name);
      const range = rowRange(name, info, first, end);
      return source.read(info.offset + range.offset, range.length, allocate);
    },
  };
}

function parseHeader(source: ByteSource, bytes: Uint8Array): Record<string, unknown> {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    bad(source, 'its header is not UTF-8');
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    bad(source, 'its header is not JSON');
  }
  if (!v.is(HeaderSchema, json)) bad(source, 'its header is not a JSON object');
  return json;
}

function checkEntry(
  source: ByteSource,
  name: string,
  entry: unknown,
  dataStart: number,
): TensorInfo<SafetensorsDtype> {
  const parsed = v.safeParse(EntrySchema, entry);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    const key = issue.path?.[0]?.key;
    bad(source, `the entry of ${name} is wrong${key === undefined ? '' : ` (${String(key)})`}`);
  }
  const {
    dtype,
    shape,
    data_offsets: [begin, end],
  } = parsed.output;
  if (end < begin) bad(source, `${name} ends before it begins`);
  // BigInt, because a product of sizes may exceed 2⁵³.
  const bits = shape.reduce((product, size) => product * BigInt(size), BigInt(SAFETENSORS_BITS[dtype]));
  if (bits !== BigInt(end - begin) * 8n)
    bad(source, `${name} has the shape [${shape.join(', ')}] of ${dtype}, but ${end - begin} bytes`);
  return { dtype, shape, offset: dataStart + begin, length: end - begin };
}

/**
 * Checks that the tensors fill the file without gaps and overlaps. This also finds a name that occurs twice:
 * JSON.parse keeps only one of them, and the other leaves a gap.
 */
function checkLayout(source: ByteSource, tensors: ReadonlyMap<string, TensorInfo>, dataStart: number): void {
  const inOrder = [...tensors].sort(([, a], [, b]) => a.offset - b.offset || a.length - b.length);
  let end = dataStart;
  for (const [name, { offset, length }] of inOrder) {
    if (offset < end) bad(source, `${name} overlaps the tensor before it`);
    if (offset > end) bad(source, `${offset - end} bytes before ${name} belong to no tensor`);
    end = offset + length;
    if (end > source.size)
      bad(source, `${name} ends ${end - source.size} bytes after the end of the file: it is cut off`);
  }
  if (end < source.size) bad(source, `the last ${source.size - end} bytes belong to no tensor`);
}

export interface TensorToWrite {
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/**
 * Writes the same bytes as the reference implementation: tensors ordered by descending rank of the data type, then by
 * name; header padded to 8 bytes.
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, TensorToWrite>,
  metadata: Readonly<Record<string, string>> = { format: 'pt' },
): Uint8Array<ArrayBuffer> {
  const inOrder = [...tensors].sort(
    ([a, { dtype: da }], [b, { dtype: db }]) => DTYPES.indexOf(db) - DTYPES.indexOf(da) || (a < b ? -1 : 1),
  );
  const header: Record<string, unknown> = { __metadata__: metadata };
  let end = 0;
  for (const [name, { dtype, shape, bytes }] of inOrder) {
    header[name] = { dtype, shape, data_offsets: [end, end + bytes.length] };
    end += bytes.length;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const headerLength = Math.ceil(json.length / 8) * 8;
  const out = new Uint8Array(8 + headerLength + end);
  new DataView(out.buffer).setBigUint64(0, BigInt(headerLength), true);
  out.fill(0x20, 8, 8 + headerLength);
  out.set(json, 8);
  let offset = 8 + headerLength;
  for (const [, { bytes }] of inOrder) {
    out.set(bytes, offset);
    offset += bytes.length;
  }
  return out;
}

const ADVICE = 'Nothing was loaded. Download the model again, with all its files.';
/** A file next to the index. A path to another folder is refused. */
const fileName = v.pipe(v.string(), v.regex(/^[^/\\]+\.safetensors$/));
const IndexSchema = v.object({ weight_map: v.record(v.string(), fileName) });

/** Parses an index file: tensor name → file name. @throws LabError bad-file */
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

/** Opens all shards of an index as one file. Each tensor must be where the index says. @throws LabError bad-file */
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
