/**
 * Reads the values of a GGUF header one after the other. The file is read once, forwards, in pieces of growing size.
 * Lengths and counts are checked against the rest of the file before anything is allocated for them.
 */
import { LabError } from '../../lib/errors';
import type { ByteSource } from '../byte-source';

export type GgufValue = string | number | bigint | boolean | readonly GgufValue[];

/** In bytes. Vocabularies of 260,000 tokens take 10 to 20 MiB. */
const MAX_HEADER = 128 * 1024 * 1024;
/** Number of values in all arrays together. A vocabulary has at most a million. */
const MAX_VALUES = 1 << 22;
/** Nesting depth of arrays. Files in use have no nested arrays. */
const MAX_DEPTH = 4;
/** Sizes of the first and of the largest piece in bytes. */
const FIRST_PIECE = 64 * 1024;
const LARGEST_PIECE = 4 * 1024 * 1024;

const ARRAY = 9;
const STRING = 8;
/** Bytes of a value by its type; for strings (8) and arrays (9) the minimum. */
const SIZES: readonly (number | undefined)[] = [1, 1, 2, 2, 4, 4, 4, 1, 8, 12, 8, 8, 8];

export function badGguf(source: ByteSource, what: string): never {
  throw new LabError(
    'bad-file',
    `${source.name} is not a valid GGUF file: ${what}.`,
    'Nothing was loaded. Download or convert the file again.',
  );
}

export class GgufHeader {
  private bytes = new Uint8Array();
  private view = new DataView(new ArrayBuffer(0));
  /** Position of `bytes` in the file. */
  private start = 0;
  private at = 0;
  private piece = FIRST_PIECE;
  private values = 0;
  private readonly limit: number;
  private readonly utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

  constructor(private readonly source: ByteSource) {
    this.limit = Math.min(source.size, MAX_HEADER);
  }

  /** Position of the next value in the file. */
  get offset(): number {
    return this.start + this.at;
  }

  /** Bytes that the rest of the header may take. */
  get left(): number {
    return this.limit - this.offset;
  }

  /** Makes sure that the next `length` bytes are in memory. @param where completes "the file ends inside …" */
  private async need(length: number, where: string): Promise<void> {
    if (this.at + length <= this.bytes.length) return;
    if (length > this.left) {
      if (this.limit === MAX_HEADER) this.bad(`its header takes more than the ${MAX_HEADER} bytes that are allowed`);
      this.bad(`the file ends inside ${where}`);
    }
    this.start = this.offset;
    this.at = 0;
    this.bytes = await this.source.read(this.start, Math.min(this.left, Math.max(length, this.piece)));
    this.view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength);
    this.piece = Math.min(LARGEST_PIECE, this.piece * 2);
  }

  private take(length: number): number {
    const at = this.at;
    this.at += length;
    return at;
  }

  async u32(where: string): Promise<number> {
    await this.need(4, where);
    return this.view.getUint32(this.take(4), true);
  }

  async u64(where: string): Promise<bigint> {
    await this.need(8, where);
    return this.view.getBigUint64(this.take(8), true);
  }

  /** Reads a count of items of at least `bytes` each, and checks that they fit into the file. */
  async count(what: string, bytes: number, where: string): Promise<number> {
    const count = await this.u64(where);
    const room = Math.floor(this.left / bytes);
    if (count > BigInt(room)) this.bad(`it claims ${count} ${what}, but there is room for ${room} at most`);
    return Number(count);
  }

  /** @param most the longest allowed string in bytes */
  async string(what: string, most = MAX_HEADER): Promise<string> {
    await this.need(8, what);
    await this.need(8 + this.length(what, most), what);
    return this.decode(this.length(what, most), what);
  }

  /** Reads the length of the next string without moving on, and checks that the string fits into the file. */
  private length(what: string, most: number): number {
    // Exact up to 2⁵³. Larger lengths are rounded, but still exceed the limit.
    const length = this.view.getUint32(this.at + 4, true) * 2 ** 32 + this.view.getUint32(this.at, true);
    if (length <= most && length <= this.left - 8) return length;
    const claimed = `${what} claims ${this.view.getBigUint64(this.at, true)} bytes`;
    return this.bad(
      length > most
        ? `${claimed}, more than the ${most} that are allowed`
        : `${claimed}, but there is room for ${this.left - 8} at most`,
    );
  }

  private decode(length: number, what: string): string {
    const from = this.take(8 + length) + 8;
    try {
      return this.utf8.decode(this.bytes.subarray(from, from + length));
    } catch {
      return this.bad(`${what} is not UTF-8`);
    }
  }

  /** Reads a value that is preceded by its type. */
  async value(key: string): Promise<GgufValue> {
    return this.typed(await this.u32('the metadata'), key, 0);
  }

  private async typed(type: number, key: string, depth: number): Promise<GgufValue> {
    if (type === STRING) return this.string(`the value of ${key}`);
    if (type === ARRAY) return this.array(key, depth);
    await this.need(this.size(type, key), `the value of ${key}`);
    return this.scalar(type, key);
  }

  private async array(key: string, depth: number): Promise<readonly GgufValue[]> {
    if (depth === MAX_DEPTH) this.bad(`the value of ${key} has arrays nested more than ${MAX_DEPTH} deep`);
    const type = await this.u32(`the value of ${key}`);
    const size = this.size(type, key);
    const count = await this.count(`values in ${key}`, size, `the value of ${key}`);
    this.values += count;
    if (this.values > MAX_VALUES) this.bad(`its metadata has more than the ${MAX_VALUES} values that are allowed`);
    const values: GgufValue[] = [];
    const what = `a value in ${key}`;
    // A vocabulary has a million values: only those that reach into the next piece are awaited.
    for (let i = 0; i < count; i++) {
      if (type === ARRAY) values.push(await this.array(key, depth + 1));
      else if (type === STRING) {
        const here = this.bytes.length - this.at - 8;
        const length = here < 0 ? Infinity : this.length(what, MAX_HEADER);
        values.push(length <= here ? this.decode(length, what) : await this.string(what));
      } else {
        if (this.at + size > this.bytes.length) await this.need(size, what);
        values.push(this.scalar(type, key));
      }
    }
    return values;
  }

  private size(type: number, key: string): number {
    return SIZES[type] ?? this.bad(`the value of ${key} is of the unknown type ${type}`);
  }

  private scalar(type: number, key: string): GgufValue {
    const view = this.view;
    switch (type) {
      case 0:
        return view.getUint8(this.take(1));
      case 1:
        return view.getInt8(this.take(1));
      case 2:
        return view.getUint16(this.take(2), true);
      case 3:
        return view.getInt16(this.take(2), true);
      case 4:
        return view.getUint32(this.take(4), true);
      case 5:
        return view.getInt32(this.take(4), true);
      case 6:
        return view.getFloat32(this.take(4), true);
      case 7: {
        const flag = view.getUint8(this.take(1));
        if (flag > 1) this.bad(`the value of ${key} is neither true nor false`);
        return flag === 1;
      }
      case 10:
        return narrow(view.getBigUint64(this.take(8), true));
      case 11:
        return narrow(view.getBigInt64(this.take(8), true));
      case 12:
        return view.getFloat64(this.take(8), true);
      default:
        return this.bad(`the value of ${key} is of the unknown type ${type}`);
    }
  }

  bad(what: string): never {
    return badGguf(this.source, what);
  }
}

/** The value as a number if that is exact, else as a bigint. */
function narrow(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
