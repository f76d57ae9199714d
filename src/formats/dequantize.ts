/**
 * Converts ggml's block formats to float32, bit for bit as ggml's `dequantize_row_*` (ggml-quants.c). A row is a whole
 * number of blocks; a block holds scales and small integers. All products have so few bits that float32 represents
 * them exactly, so each value is rounded only once, when it is stored. That is why float64 arithmetic gives the same
 * bits as float32 arithmetic, with or without fused operations.
 */
import { LabError } from '../lib/errors';
import { bfloat16ToFloat32, float16ToFloat32 } from '../lib/half';
import { GGML_BLOCKS, type GgmlType, isGgmlType } from './ggml-types';
import type { TensorFile } from './tensor-file';

/** The value of every float16, by its bits. */
const HALF = float16ToFloat32(Uint16Array.from({ length: 0x10000 }, (_, bits) => bits));

/** The quantisation levels of IQ4_NL (ggml's `kvalues_iq4nl`). */
const IQ4_NL_VALUES = Int8Array.of(-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113);

/** Decodes the block at byte `at` into out[to…]. */
type Block = (bytes: Uint8Array, at: number, out: Float32Array, to: number) => void;

/** The loops below index within their block, whose length has been checked. */
const byte = (bytes: Uint8Array, i: number): number => bytes[i] as number;
const half = (bytes: Uint8Array, i: number): number => HALF[byte(bytes, i) | (byte(bytes, i + 1) << 8)] as number;
const signed = (bytes: Uint8Array, i: number): number => (byte(bytes, i) << 24) >> 24;

/** Layout: d, 16 × two codes of 4 bits. Value d·(q − 8). Low nibbles are the first 16 values. */
const q4_0: Block = (x, at, out, to) => {
  const d = half(x, at);
  for (let j = 0; j < 16; j++) {
    const q = byte(x, at + 2 + j);
    out[to + j] = ((q & 15) - 8) * d;
    out[to + j + 16] = ((q >> 4) - 8) * d;
  }
};

/** Layout: d, m, 16 × two codes of 4 bits. Value d·q + m. */
const q4_1: Block = (x, at, out, to) => {
  const d = half(x, at);
  const m = half(x, at + 2);
  for (let j = 0; j < 16; j++) {
    const q = byte(x, at + 4 + j);
    out[to + j] = (q & 15) * d + m;
    out[to + j + 16] = (q >> 4) * d + m;
  }
};

/** Layout: d, the fifth bits of 32 codes, 16 × two nibbles. Value d·(q − 16). */
const q5_0: Block = (x, at, out, to) => {
  const d = half(x, at);
  for (let j = 0; j < 16; j++) {
    const q = byte(x, at + 6 + j);
    out[to + j] = (((q & 15) | (fifthBit(x, at + 2, j) << 4)) - 16) * d;
    out[to + j + 16] = (((q >> 4) | (fifthBit(x, at + 2, j + 16) << 4)) - 16) * d;
  }
};

/** Layout: d, m, fifth bits, nibbles. Value d·q + m. */
const q5_1: Block = (x, at, out, to) => {
  const d = half(x, at);
  const m = half(x, at + 2);
  for (let j = 0; j < 16; j++) {
    const q = byte(x, at + 8 + j);
    out[to + j] = ((q & 15) | (fifthBit(x, at + 4, j) << 4)) * d + m;
    out[to + j + 16] = ((q >> 4) | (fifthBit(x, at + 4, j + 16) << 4)) * d + m;
  }
};

const fifthBit = (x: Uint8Array, bits: number, i: number): number => (byte(x, bits + (i >> 3)) >> (i & 7)) & 1;

/** Layout: d, 32 signed bytes. Value d·q. */
const q8_0: Block = (x, at, out, to) => {
  const d = half(x, at);
  for (let j = 0; j < 32; j++) out[to + j] = signed(x, at + 2 + j) * d;
};

/** Layout: d, 16 × two indices into the table of levels. */
const iq4_nl: Block = (x, at, out, to) => {
  const d = half(x, at);
  for (let j = 0; j < 16; j++) {
    const q = byte(x, at + 2 + j);
    out[to + j] = d * (IQ4_NL_VALUES[q & 15] as number);
    out[to + j + 16] = d * (IQ4_NL_VALUES[q >> 4] as number);
  }
};

/**
 * Layout: 16 × (scale, minimum) of 4 bits, 64 × four codes of 2 bits, d, dmin. Value d·sc·q − dmin·m, groups of 16.
 */
const q2_K: Block = (x, at, out, to) => {
  const d = half(x, at + 80);
  const dmin = half(x, at + 82);
  for (let group = 0; group < 16; group++) {
    const sc = byte(x, at + group);
    const dl = d * (sc & 15);
    const ml = dmin * (sc >> 4);
    // Two halves of 128 values, with four shifts each; one shift has the 32 values of two groups.
    const codes = at + 16 + (group >> 3) * 32 + (group & 1) * 16;
    const shift = ((group >> 1) & 3) * 2;
    for (let l = 0; l < 16; l++) out[to + group * 16 + l] = dl * ((byte(x, codes + l) >> shift) & 3) - ml;
  }
};

/**
 * Layout: the third bits of 256 codes, 64 × four codes of 2 bits, 16 scales of 6 bits, d.
 * Value d·(sc − 32)·(q − (third bit ? 0 : 4)).
 */
const q3_K: Block = (x, at, out, to) => {
  const d = half(x, at + 108);
  for (let group = 0; group < 16; group++) {
    const low = byte(x, at + 96 + (group & 7));
    const high = byte(x, at + 104 + (group & 3));
    const sc = (group < 8 ? low & 15 : low >> 4) | (((high >> ((group >> 2) * 2)) & 3) << 4);
    const dl = d * (sc - 32);
    const within = (group & 1) * 16;
    const codes = at + 32 + (group >> 3) * 32 + within;
    const shift = ((group >> 1) & 3) * 2;
    for (let l = 0; l < 16; l++) {
      const third = (byte(x, at + within + l) >> (group >> 1)) & 1;
      out[to + group * 16 + l] = dl * (((byte(x, codes + l) >> shift) & 3) - (third ? 0 : 4));
    }
  }
};

/**
 * Scale and minimum of group 0…7: 6 bits each, in the 12 bytes at `s` of Q4_K and Q5_K (ggml's `get_scale_min_k4`).
 */
const scaleK4 = (x: Uint8Array, s: number, group: number): number =>
  group < 4 ? byte(x, s + group) & 63 : (byte(x, s + group + 4) & 15) | ((byte(x, s + group - 4) >> 6) << 4);
const minimumK4 = (x: Uint8Array, s: number, group: number): number =>
  group < 4 ? byte(x, s + group + 4) & 63 : (byte(x, s + group + 4) >> 4) | ((byte(x, s + group) >> 6) << 4);

/** Layout: d, dmin, 8 × (scale, minimum) of 6 bits, 128 × two nibbles. Value d·sc·q − dmin·m, groups of 32. */
const q4_K: Block = (x, at, out, to) => {
  const d = half(x, at);
  const dmin = half(x, at + 2);
  for (let group = 0; group < 8; group++) {
    const dl = d * scaleK4(x, at + 4, group);
    const ml = dmin * minimumK4(x, at + 4, group);
    const codes = at + 16 + (group >> 1) * 32;
    const shift = (group & 1) * 4;
    for (let l = 0; l < 32; l++) out[to + group * 32 + l] = dl * ((byte(x, codes + l) >> shift) & 15) - ml;
  }
};

/** Like Q4_K, with the fifth bits of 256 codes between scales and nibbles. */
const q5_K: Block = (x, at, out, to) => {
  const d = half(x, at);
  const dmin = half(x, at + 2);
  for (let group = 0; group < 8; group++) {
    const dl = d * scaleK4(x, at + 4, group);
    const ml = dmin * minimumK4(x, at + 4, group);
    const codes = at + 48 + (group >> 1) * 32;
    const shift = (group & 1) * 4;
    for (let l = 0; l < 32; l++) {
      const fifth = (byte(x, at + 16 + l) >> group) & 1;
      out[to + group * 32 + l] = dl * (((byte(x, codes + l) >> shift) & 15) | (fifth << 4)) - ml;
    }
  }
};

/**
 * Layout: 128 × two low nibbles, 64 × four upper pairs of bits, 16 signed scales, d. Value d·sc·(q − 32), groups of
 * 16.
 */
const q6_K: Block = (x, at, out, to) => {
  const d = half(x, at + 208);
  for (let group = 0; group < 16; group++) {
    const dl = d * signed(x, at + 192 + group);
    // Two halves of 128 values, each of four quarters of 32: the low nibbles of bytes 0…31 and 32…63, then the high
    // ones.
    const quarter = (group >> 1) & 3;
    const within = (group & 1) * 16;
    const lows = at + (group >> 3) * 64 + (quarter & 1) * 32 + within;
    const highs = at + 128 + (group >> 3) * 32 + within;
    const nibble = (quarter >> 1) * 4;
    for (let l = 0; l < 16; l++) {
      const q = ((byte(x, lows + l) >> nibble) & 15) | (((byte(x, highs + l) >> (quarter * 2)) & 3) << 4);
      out[to + group * 16 + l] = dl * (q - 32);
    }
  }
};

const BLOCK: Readonly<Record<Exclude<GgmlType, 'F32' | 'F16' | 'BF16'>, Block>> = {
  Q4_0: q4_0,
  Q4_1: q4_1,
  Q5_0: q5_0,
  Q5_1: q5_1,
  Q8_0: q8_0,
  Q2_K: q2_K,
  Q3_K: q3_K,
  Q4_K: q4_K,
  Q5_K: q5_K,
  Q6_K: q6_K,
  IQ4_NL: iq4_nl,
};

/**
 * Decodes whole blocks to float32.
 * @param bytes of any alignment. For F32 the result may be a view of them.
 * @throws LabError bad-file if they are not a whole number of blocks
 */
export function dequantize(type: GgmlType, bytes: Uint8Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
  const { values, bytes: size } = GGML_BLOCKS[type];
  if (bytes.length % size !== 0)
    throw new LabError('bad-file', `${bytes.length} bytes are not a whole number of ${type} blocks (${size} bytes).`);
  if (type === 'F32' || type === 'F16' || type === 'BF16') {
    // A typed array needs aligned bytes: copy them if they are not.
    const { buffer, byteOffset } = bytes.byteOffset % size === 0 ? bytes : bytes.slice();
    if (type === 'F32') return new Float32Array(buffer, byteOffset, bytes.length / 4);
    const halves = new Uint16Array(buffer, byteOffset, bytes.length / 2);
    return type === 'F16' ? float16ToFloat32(halves) : bfloat16ToFloat32(halves);
  }
  const out = new Float32Array((bytes.length / size) * values);
  const block = BLOCK[type];
  for (let at = 0, to = 0; at < bytes.length; at += size, to += values) block(bytes, at, out, to);
  return out;
}

/** A tensor as float32, converted exactly. @throws LabError bad-file if weights are not read from its data type */
export async function readFloat32(file: TensorFile, name: string): Promise<Float32Array<ArrayBuffer>> {
  const bytes = await file.read(name);
  const dtype = file.tensors.get(name)?.dtype;
  if (dtype === undefined || !isGgmlType(dtype)) {
    throw new LabError(
      'bad-file',
      `${name} is stored as ${dtype}; weights are read from ${Object.keys(GGML_BLOCKS).join(', ')}.`,
    );
  }
  return dequantize(dtype, bytes);
}
