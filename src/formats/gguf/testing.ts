/** Makes small GGUF files for tests: any metadata, tensors of zeros or given bytes. */
import { GGML_BLOCKS, type GgmlType } from '../ggml-types';
import type { GgufValue } from './header';

const VALUE_TYPES = [
  'u8',
  'i8',
  'u16',
  'i16',
  'u32',
  'i32',
  'f32',
  'bool',
  'string',
  'array',
  'u64',
  'i64',
  'f64',
] as const;
const TENSOR_TYPES: Readonly<Partial<Record<GgmlType, number>>> = { F32: 0, F16: 1, Q4_0: 2, Q8_0: 8 };

type ValueType = (typeof VALUE_TYPES)[number];
/** The type of a value. `[type]` is an array, `[[type]]` an array of arrays. */
type TypeSpec = ValueType | readonly [TypeSpec];

export interface MadeUp {
  readonly version?: number;
  readonly alignment?: number;
  readonly metadata?: Readonly<Record<string, readonly [TypeSpec, GgufValue]>>;
  /** Shapes outermost first. */
  readonly tensors?: Readonly<
    Record<
      string,
      {
        readonly type: 'F32' | 'F16' | 'Q4_0' | 'Q8_0';
        readonly shape: readonly number[];
        readonly bytes?: Uint8Array;
      }
    >
  >;
}

export function writeGguf({
  version = 3,
  alignment = 32,
  metadata = {},
  tensors = {},
}: MadeUp): Uint8Array<ArrayBuffer> {
  const out = new Writer();
  out.raw(new TextEncoder().encode('GGUF'));
  out.scalar('u32', version);
  out.scalar('u64', Object.keys(tensors).length);
  const pairs = Object.entries(metadata);
  if (alignment !== 32) pairs.push(['general.alignment', ['u32', alignment]]);
  out.scalar('u64', pairs.length);
  for (const [key, [spelling, value]] of pairs) {
    out.text(key);
    out.scalar('u32', VALUE_TYPES.indexOf(typeOf(spelling)));
    out.value(spelling, value);
  }
  const data: Uint8Array[] = [];
  let end = 0;
  for (const [name, { type, shape, bytes }] of Object.entries(tensors)) {
    const size = (shape.reduce((product, n) => product * n, 1) / GGML_BLOCKS[type].values) * GGML_BLOCKS[type].bytes;
    out.text(name);
    out.scalar('u32', shape.length);
    for (const n of [...shape].reverse()) out.scalar('u64', n);
    out.scalar('u32', TENSOR_TYPES[type] ?? 0);
    out.scalar('u64', end);
    const padded = new Uint8Array(Math.ceil(size / alignment) * alignment);
    padded.set(bytes ?? new Uint8Array(size));
    data.push(padded);
    end += padded.length;
  }
  if (data.length > 0) out.align(alignment);
  for (const bytes of data) out.raw(bytes);
  return out.bytes();
}

const typeOf = (spelling: TypeSpec): ValueType => (typeof spelling === 'string' ? spelling : 'array');

class Writer {
  private buffer = new Uint8Array(1 << 16);
  private length = 0;

  bytes(): Uint8Array<ArrayBuffer> {
    return this.buffer.slice(0, this.length);
  }

  raw(bytes: Uint8Array): void {
    this.room(bytes.length).set(bytes);
    this.length += bytes.length;
  }

  align(to: number): void {
    this.raw(new Uint8Array(-this.length & (to - 1)));
  }

  text(text: string): void {
    const bytes = new TextEncoder().encode(text);
    this.scalar('u64', bytes.length);
    this.raw(bytes);
  }

  value(spelling: TypeSpec, value: GgufValue): void {
    if (typeof spelling === 'object') {
      const values = Array.isArray(value) ? value : [];
      this.scalar('u32', VALUE_TYPES.indexOf(typeOf(spelling[0])));
      this.scalar('u64', values.length);
      for (const each of values) this.value(spelling[0], each);
    } else if (spelling === 'string') this.text(String(value));
    else this.scalar(spelling, typeof value === 'bigint' ? value : Number(value));
  }

  scalar(type: ValueType, value: number | bigint): void {
    const room = this.room(8);
    const view = new DataView(room.buffer, room.byteOffset);
    const number = Number(value);
    if (type === 'u64') view.setBigUint64(0, BigInt(value), true);
    else if (type === 'i64') view.setBigInt64(0, BigInt(value), true);
    else if (type === 'f64') view.setFloat64(0, number, true);
    else if (type === 'f32') view.setFloat32(0, number, true);
    else if (type === 'u32' || type === 'i32') view.setUint32(0, number, true);
    else if (type === 'u16' || type === 'i16') view.setUint16(0, number, true);
    else view.setUint8(0, number);
    this.length += type.endsWith('64') ? 8 : type.endsWith('32') ? 4 : type.endsWith('16') ? 2 : 1;
  }

  /** The unwritten rest of the buffer, at least `bytes` long. */
  private room(bytes: number): Uint8Array {
    while (this.length + bytes > this.buffer.length) {
      const grown = new Uint8Array(this.buffer.length * 2);
      grown.set(this.buffer);
      this.buffer = grown;
    }
    return this.buffer.subarray(this.length);
  }
}
