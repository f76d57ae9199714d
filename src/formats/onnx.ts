/**
 * Reads an ONNX model's inputs, outputs, and the number and type of its weights. The file is in Protocol Buffers
 * (onnx.proto). Only the heads of messages are read; the weights themselves are skipped.
 */
import { LabError } from '../lib/errors';
import type { ByteSource } from './byte-source';

export interface OnnxFacts {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Number of values in all weights. */
  readonly parameters: number;
  /** The most frequent type of these values. */
  readonly type: string;
  /** Other files that hold weights of this model. */
  readonly external: readonly string[];
}

/** onnx.proto's field numbers. */
const MODEL = { graph: 7 } as const;
const GRAPH = { initializer: 5, input: 11, output: 12 } as const;
const TENSOR = { dims: 1, type: 2, externalData: 13, location: 14 } as const;
const ENTRY = { key: 1, value: 2 } as const;
const NAME = 1;
/** Field number of an initializer's name. Older files list initializers among the inputs. */
const TENSOR_NAME = 8;
const EXTERNAL = 1;

/** TensorProto.DataType of weights. Tensors of other types are shapes and indices. */
const TYPES: Readonly<Record<number, string>> = {
  1: 'F32',
  2: 'U8',
  3: 'I8',
  10: 'F16',
  11: 'F64',
  16: 'BF16',
  21: 'U4',
  22: 'I4',
};

const PIECE = 256 * 1024;
/** Fields in all messages. A model of a thousand layers has fewer. */
const MOST_FIELDS = 1 << 20;
const LONGEST_NAME = 4096;

interface Field {
  readonly number: number;
  /** The bytes of a message, a string or packed numbers. For a number: an empty range after it. */
  readonly start: number;
  readonly end: number;
  /** The value of a number. */
  readonly value: number;
}

function bad(source: ByteSource, what: string): LabError {
  return new LabError(
    'bad-file',
    `${source.name} is not a valid ONNX file: ${what}.`,
    'Nothing was loaded. Download or export it again.',
  );
}

/** @throws LabError bad-file */
export async function readOnnx(source: ByteSource): Promise<OnnxFacts> {
  const reader = new Reader(source);
  let graph: Field | null = null;
  for await (const field of reader.fields(0, source.size)) if (field.number === MODEL.graph) graph = field;
  if (graph === null || graph.start === graph.end) throw bad(source, 'it has no graph');
  const inputs: string[] = [];
  const outputs: string[] = [];
  const weights = new Set<string>();
  const counts = new Map<string, number>();
  const external = new Set<string>();
  for await (const field of reader.fields(graph.start, graph.end)) {
    if (field.number === GRAPH.input) inputs.push(await reader.name(field, NAME));
    if (field.number === GRAPH.output) outputs.push(await reader.name(field, NAME));
    if (field.number !== GRAPH.initializer) continue;
    const { name, type, values, file } = await tensor(reader, field);
    weights.add(name);
    if (file !== null) external.add(file);
    const known = TYPES[type];
    if (known !== undefined) counts.set(known, (counts.get(known) ?? 0) + values);
  }
  const [most] = [...counts].sort(([, a], [, b]) => b - a);
  return {
    inputs: inputs.filter((name) => !weights.has(name)),
    outputs,
    parameters: [...counts.values()].reduce((sum, count) => sum + count, 0),
    type: most?.[0] ?? 'F32',
    external: [...external],
  };
}

async function tensor(reader: Reader, message: Field) {
  let [name, type, values, location] = ['', 0, 1, 0];
  let file: string | null = null;
  for await (const field of reader.fields(message.start, message.end)) {
    if (field.number === TENSOR_NAME) name = await reader.text(field);
    if (field.number === TENSOR.type) type = field.value;
    if (field.number === TENSOR.location) location = field.value;
    if (field.number === TENSOR.dims) for (const size of await reader.numbers(field)) values *= size;
    if (field.number === TENSOR.externalData && (await reader.name(field, ENTRY.key)) === 'location') {
      file = await reader.name(field, ENTRY.value);
    }
  }
  return { name, type, values, file: location === EXTERNAL ? (file ?? 'another file') : null };
}

class Reader {
  private bytes = new Uint8Array();
  /** Position of `bytes` in the file. */
  private start = 0;
  private left = MOST_FIELDS;

  constructor(private readonly source: ByteSource) {}

  async *fields(from: number, end: number): AsyncGenerator<Field> {
    for (let at = from; at < end; ) {
      if (this.left-- === 0) throw bad(this.source, 'it has too many parts');
      const tag = await this.varint(at, end);
      const wire = tag.value & 7;
      const number = Math.floor(tag.value / 8);
      if (number === 0) throw bad(this.source, 'a field has the number 0');
      let [start, stop, value] = [tag.end, tag.end, 0];
      if (wire === 0) ({ value, end: stop } = await this.varint(start, end));
      else if (wire === 1) stop += 8;
      else if (wire === 5) stop += 4;
      else if (wire === 2) {
        const length = await this.varint(start, end);
        start = length.end;
        stop = start + length.value;
      } else throw bad(this.source, `a field has the unknown wire type ${wire}`);
      if (stop > end) throw bad(this.source, 'it ends inside a field');
      yield wire === 2 ? { number, start, end: stop, value } : { number, start: stop, end: stop, value };
      at = stop;
    }
  }

  /** The last string field with this number in a message, or ''. */
  async name(message: Field, number: number): Promise<string> {
    let name = '';
    for await (const field of this.fields(message.start, message.end))
      if (field.number === number) name = await this.text(field);
    return name;
  }

  async text({ start, end }: Field): Promise<string> {
    if (end - start > LONGEST_NAME) throw bad(this.source, `a name has ${end - start} bytes`);
    return new TextDecoder().decode(await this.source.read(start, end - start));
  }

  /** The numbers of a packed field, or a single number. */
  async numbers({ start, end, value }: Field): Promise<readonly number[]> {
    if (start === end) return [value];
    const numbers: number[] = [];
    for (let at = start; at < end; ) {
      const number = await this.varint(at, end);
      numbers.push(number.value);
      at = number.end;
    }
    return numbers;
  }

  /** Exact up to 53 bits, which is enough for sizes and types. */
  private async varint(at: number, limit: number): Promise<{ value: number; end: number }> {
    let value = 0;
    for (let i = 0; i < 10; i++) {
      if (at + i >= limit) throw bad(this.source, 'it ends inside a number');
      const byte = await this.byte(at + i);
      value += (byte & 0x7f) * 2 ** (7 * i);
      if (byte < 0x80) return { value, end: at + i + 1 };
    }
    throw bad(this.source, 'a number has more than ten bytes');
  }

  private async byte(at: number): Promise<number> {
    const place = at - this.start;
    const byte = place >= 0 ? this.bytes[place] : undefined;
    if (byte !== undefined) return byte;
    this.start = at;
    this.bytes = await this.source.read(at, Math.min(PIECE, this.source.size - at));
    return this.bytes[0] ?? 0;
  }
}
