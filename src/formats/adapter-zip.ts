/** Writes an adapter as a zip of PEFT's two files and a model card. Reads one from a zip or from the two files. */
import { strToU8, unzipSync, type Zippable, zipSync } from 'fflate';
import { LabError } from '../lib/errors';
import { MemorySource } from './byte-source';
import { CONFIG_FILE, readPeft, WEIGHTS_FILE } from './peft';

const CARD_FILE = 'README.md';

/** Size limits in bytes, after unpacking. */
export const MAX_CONFIG_BYTES = 1024 * 1024;
export const MAX_WEIGHTS_BYTES = 512 * 1024 * 1024;
/** Trained floats hardly compress. A file with a higher compression ratio was made to exhaust the memory. */
const MAX_RATIO = 100;

export interface AdapterFiles {
  /** Text of adapter_config.json. */
  readonly config: string;
  /** Bytes of adapter_model.safetensors. */
  readonly weights: Uint8Array<ArrayBuffer>;
}

export interface NamedBytes {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * @param card text of the README.md, or null for no such file
 * @param date of the files in the zip. The same adapter, card and date give the same bytes.
 */
export function writeAdapterZip(
  { config, weights }: AdapterFiles,
  card: string | null,
  date: Date,
): Uint8Array<ArrayBuffer> {
  const files: Zippable = {
    [CONFIG_FILE]: strToU8(config),
    ...(card !== null && { [CARD_FILE]: strToU8(card) }),
    // Not compressed: compressing weights takes long and saves nothing.
    [WEIGHTS_FILE]: [weights, { level: 0 }],
  };
  return zipSync(files, { mtime: date });
}

/**
 * Reads and checks the adapter in a zip, or in the two files themselves.
 * @throws LabError bad-file
 */
export async function readAdapterFiles(
  files: readonly NamedBytes[],
): Promise<AdapterFiles & { readonly name: string }> {
  const [first] = files;
  const zip = files.length === 1 && first !== undefined && isZip(first.bytes) ? first : null;
  const { config, weights } = pick(zip ? unpack(zip) : files);
  const text = decodeText(config);
  await readPeft(text, new MemorySource(WEIGHTS_FILE, weights));
  return { name: zip ? zip.name.replace(/\.zip$/i, '') : 'adapter', config: text, weights };
}

const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

const isZip = (bytes: Uint8Array): boolean => bytes[0] === 0x50 && bytes[1] === 0x4b;

/** Unpacks the two files from any folder of the zip, and nothing else. */
function unpack({ name, bytes }: NamedBytes): NamedBytes[] {
  const caps: Readonly<Record<string, number>> = {
    [CONFIG_FILE]: MAX_CONFIG_BYTES,
    [WEIGHTS_FILE]: MAX_WEIGHTS_BYTES,
  };
  const seen = new Set<string>();
  let unpacked: Record<string, Uint8Array>;
  try {
    unpacked = unzipSync(bytes, {
      filter(entry) {
        const cap = Object.hasOwn(caps, baseName(entry.name)) ? caps[baseName(entry.name)] : undefined;
        if (cap === undefined || entry.name.startsWith('__MACOSX/')) return false;
        if (seen.has(baseName(entry.name))) bad(`${name} holds ${baseName(entry.name)} more than once.`);
        seen.add(baseName(entry.name));
        // fflate unpacks into a buffer of the declared size, so checking the declaration is enough.
        if (entry.originalSize > cap)
          bad(`${entry.name} in ${name} unpacks to ${entry.originalSize} bytes; ${cap} are allowed.`);
        if (entry.originalSize > entry.size * MAX_RATIO)
          bad(`${entry.name} in ${name} expands to more than ${MAX_RATIO} times its size.`);
        return true;
      },
    });
  } catch (error) {
    if (error instanceof LabError) throw error;
    bad(`${name} is not a readable zip archive.`, error);
  }
  return Object.entries(unpacked).map(([path, content]) => ({ name: path, bytes: Uint8Array.from(content) }));
}

function pick(files: readonly NamedBytes[]): { config: Uint8Array<ArrayBuffer>; weights: Uint8Array<ArrayBuffer> } {
  const one = (required: string, cap: number): Uint8Array<ArrayBuffer> => {
    const found = files.filter(({ name }) => baseName(name) === required);
    const [file] = found;
    if (!file && required === WEIGHTS_FILE && files.some(({ name }) => baseName(name) === 'adapter_model.bin')) {
      bad('adapter_model.bin is a pickle, which can run code when it is read; save the adapter as safetensors.');
    }
    if (!file) bad(`${required} is missing: an adapter is ${CONFIG_FILE} and ${WEIGHTS_FILE}, or a zip with both.`);
    if (found.length > 1) bad(`${required} was given more than once.`);
    if (file.bytes.byteLength > cap) bad(`${required} has ${file.bytes.byteLength} bytes; ${cap} are allowed.`);
    return file.bytes;
  };
  return { config: one(CONFIG_FILE, MAX_CONFIG_BYTES), weights: one(WEIGHTS_FILE, MAX_WEIGHTS_BYTES) };
}

function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    bad(`${CONFIG_FILE} is not UTF-8 text.`, error);
  }
}

function bad(message: string, cause?: unknown): never {
  throw new LabError('bad-file', message, 'Nothing was imported.', { cause });
}
