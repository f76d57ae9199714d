/**
 * GGUF, versions 2 and 3, little-endian: a header of typed metadata and tensor infos, then aligned tensor data
 * (github.com/ggml-org/ggml, docs/gguf.md). Nothing in the header is trusted before it has been checked.
 */
import { LabError } from '../../lib/errors';
import type { ByteSource } from '../byte-source';
import { GGML_BLOCKS } from '../ggml-types';
import { rowRange, type TensorFile, type TensorInfo } from '../tensor-file';
import { badGguf, GgufHeader, type GgufValue } from './header';
import { tensorType } from './tensor-types';

/** The bytes 'GGUF' as a little-endian number. */
const MAGIC = 0x46554747;
/** Versions 2 and 3 as they appear in a big-endian file. */
const BIG_ENDIAN_VERSIONS = [0x02000000, 0x03000000];
const ALIGNMENT = 'general.alignment';
const DEFAULT_ALIGNMENT = 32;
/** The limits of ggml itself. */
const MAX_KEY_BYTES = 65_535;
const MAX_NAME_BYTES = 64;
const MAX_DIMENSIONS = 4;
/** Tensors and metadata values together. Large models have some hundred of each. */
const MAX_ENTRIES = 65_536;
/** Bytes of the smallest metadata entry and of the smallest tensor info. */
const LEAST_PAIR = 8 + 4 + 1;
const LEAST_INFO = 8 + 4 + 4 + 8;

export interface Gguf {
  readonly name: string;
  readonly metadata: ReadonlyMap<string, GgufValue>;
  /** Tensors by their GGUF names. Shapes have the outermost dimension first, the reverse of the file. */
  readonly file: TensorFile;
}

/** @throws LabError bad-file, with the first fault; unsupported-model, naming the unsupported feature */
export async function openGguf(source: ByteSource): Promise<Gguf> {
  const header: GgufHeader = new GgufHeader(source);
  const magic = await header.u32('the fixed header');
  if (magic !== MAGIC) header.bad('it does not begin with GGUF');
  const version = await header.u32('the fixed header');
  if (BIG_ENDIAN_VERSIONS.includes(version)) header.bad('it is big-endian; only little-endian files are read');
  if (version === 1) unsupported(source, 'is a GGUF file of version 1; versions 2 and 3 are read');
  if (version !== 2 && version !== 3) header.bad(`its version is ${version}; versions 2 and 3 are read`);
  const tensorCount = await header.count('tensors', LEAST_INFO, 'the fixed header');
  const pairCount = await header.count('metadata values', LEAST_PAIR, 'the fixed header');
  if (tensorCount + pairCount > MAX_ENTRIES)
    header.bad(`it has more than the ${MAX_ENTRIES} tensors and metadata values that are allowed`);

  const metadata = new Map<string, GgufValue>();
  for (let i = 0; i < pairCount; i++) {
    const key = await header.string('a metadata key', MAX_KEY_BYTES);
    if (metadata.has(key)) header.bad(`the key ${key} appears twice`);
    metadata.set(key, await header.value(key));
  }
  const alignment = metadata.get(ALIGNMENT) ?? DEFAULT_ALIGNMENT;
  if (typeof alignment !== 'number' || !Number.isInteger(Math.log2(alignment)) || alignment < 1)
    header.bad(
      `${ALIGNMENT} is ${typeof alignment === 'string' ? `"${alignment}"` : String(alignment)}, not a power of two`,
    );

  // Offsets count from the first byte of the data, whose position is known only after the infos.
  const inData = new Map<string, TensorInfo>();
  for (let i = 0; i < tensorCount; i++) {
    const [name, info] = await readInfo(source, header, alignment);
    if (inData.has(name)) header.bad(`two tensors are named ${name}`);
    inData.set(name, info);
  }
  const dataStart = Math.ceil(header.offset / alignment) * alignment;
  checkLayout(source, inData, dataStart);
  const tensors = new Map([...inData].map(([name, info]) => [name, { ...info, offset: dataStart + info.offset }]));
  return { name: source.name, metadata, file: tensorFile(source, tensors) };
}

async function readInfo(source: ByteSource, header: GgufHeader, alignment: number): Promise<[string, TensorInfo]> {
  const name = await header.string('a tensor name', MAX_NAME_BYTES);
  const where = `the tensor info of ${name}`;
  const dimensions = await header.u32(where);
  if (dimensions > MAX_DIMENSIONS) header.bad(`${name} has ${dimensions} dimensions; ${MAX_DIMENSIONS} are allowed`);
  const sizes: bigint[] = [];
  for (let i = 0; i < dimensions; i++) sizes.push(await header.u64(where));
  const id = await header.u32(where);
  const offset = await header.u64(where);

  const type = tensorType(id);
  if (type.kind === 'unknown') header.bad(`${name} is of the unknown tensor type ${id}`);
  if (type.kind === 'removed') header.bad(`${name} is of the type ${type.type}, which was removed from the format`);
  if (type.kind === 'other') {
    unsupported(source, `stores ${name} as ${type.type}; the lab reads ${Object.keys(GGML_BLOCKS).join(', ')}`);
  }
  const block = GGML_BLOCKS[type.type];
  const columns = sizes[0] ?? 1n;
  if (columns % BigInt(block.values) !== 0n)
    header.bad(`${name} has ${columns} columns, not a multiple of the ${block.values} in a block of ${type.type}`);
  // BigInt, because a product of sizes, or a sum with an offset, may exceed 2⁵³ and even 2⁶⁴.
  const length = (sizes.reduce((product, size) => product * size, 1n) / BigInt(block.values)) * BigInt(block.bytes);
  const shape = sizes.map(Number).reverse();
  if (sizes.some((size) => size > BigInt(Number.MAX_SAFE_INTEGER)) || length > BigInt(source.size))
    header.bad(
      `${name} has the shape [${[...sizes].reverse().join(', ')}] of ${type.type}, more than the whole file holds`,
    );
  if (offset % BigInt(alignment) !== 0n)
    header.bad(`${name} begins at ${offset}, not a multiple of the alignment ${alignment}`);
  if (offset + length > BigInt(source.size)) header.bad(`${name} begins at ${offset}, beyond the end of the file`);
  return [name, { dtype: type.type, shape, offset: Number(offset), length: Number(length) }];
}

/** Checks that no two tensors overlap, and that all are within the file. */
function checkLayout(source: ByteSource, inData: ReadonlyMap<string, TensorInfo>, dataStart: number): void {
  let end = 0;
  const inOrder = [...inData].sort(([, a], [, b]) => a.offset - b.offset || a.length - b.length);
  for (const [name, { offset, length }] of inOrder) {
    if (offset < end) badGguf(source, `${name} overlaps the tensor before it`);
    end = offset + length;
    const beyond = dataStart + end - source.size;
    if (beyond > 0) badGguf(source, `${name} ends ${beyond} bytes after the end of the file: it is cut off`);
  }
}

function tensorFile(source: ByteSource, tensors: ReadonlyMap<string, TensorInfo>): TensorFile {
  const find = (name: string): TensorInfo => {
    const info = tensors.get(name);
    if (info === undefined) throw new LabError('bad-file', `${source.name} has no tensor ${name}.`);
    return info;
  };
  return {
    tensors,
    metadata: {},
    async read(name) {
      const { offset, length } = find(name);
      return source.read(offset, length);
    },
    async readRows(name, first, end, allocate) {
      const info = find(name);
      const range = rowRange(name, info, first, end);
      return source.read(info.offset + range.offset, range.length, allocate);
    },
  };
}

function unsupported(source: ByteSource, what: string): never {
  throw new LabError('unsupported-model', `${source.name} ${what}.`, 'Choose another file of this model.');
}
