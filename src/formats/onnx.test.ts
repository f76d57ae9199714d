import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { MemorySource } from './byte-source';
import { readOnnx } from './onnx';

const source = (bytes: Uint8Array, name = 'model.onnx') => new MemorySource(name, Uint8Array.from(bytes));
const file = (path: string) => source(readFileSync(new URL(`../../${path}`, import.meta.url)), path);

/** Protocol Buffers: writes a field of bytes, and a field that is a number. */
function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
}
const field = (number: number, bytes: readonly number[]) => [
  ...varint(number * 8 + 2),
  ...varint(bytes.length),
  ...bytes,
];
const number = (of: number, value: number) => [...varint(of * 8), ...varint(value)];
const text = (value: string) => [...new TextEncoder().encode(value)];
const model = (...parts: readonly (readonly number[])[]) => source(Uint8Array.from(field(7, parts.flat())));
const input = (name: string) => field(11, field(1, text(name)));
const weights = (name: string, type: number, dims: readonly number[], ...more: readonly (readonly number[])[]) =>
  field(5, [...dims.flatMap((size) => number(1, size)), ...number(2, type), ...field(8, text(name)), ...more.flat()]);

describe('a file', () => {
  it('has inputs, outputs and a number of weights', async () => {
    expect(await readOnnx(file('public/models/tiny-judge/model.onnx'))).toEqual({
      inputs: ['input_ids', 'attention_mask'],
      outputs: ['score'],
      // Includes 16,384 values of rotary embeddings, which the model's authors do not count as parameters.
      parameters: 1_821_057 + 16_384,
      type: 'F16',
      external: [],
    });
    const pair = await readOnnx(file('e2e/golden/judges/pair/model.onnx'));
    expect(pair).toMatchObject({
      inputs: ['input_ids', 'attention_mask', 'token_type_ids'],
      outputs: ['logits'],
      type: 'F32',
    });
    expect((await readOnnx(file('e2e/golden/judges/embedding/model.onnx'))).outputs).toEqual(['last_hidden_state']);
  });

  it('may list its weights among the inputs, and pack their sizes', async () => {
    const packed = field(5, [...field(1, [...varint(300), ...varint(2)]), ...number(2, 3), ...field(8, text('q'))]);
    const made = model(input('x'), input('w'), weights('w', 1, [4, 5]), packed, weights('shape', 7, [1000]));
    expect(await readOnnx(made)).toMatchObject({ inputs: ['x'], parameters: 620, type: 'I8' });
  });

  it('names other files that hold its weights', async () => {
    const entry = (key: string, value: string) => field(13, [...field(1, text(key)), ...field(2, text(value))]);
    const made = model(
      weights('w', 1, [2], entry('location', 'model.onnx_data'), entry('offset', '0'), number(14, 1)),
      // A location of external data that the tensor does not use.
      weights('v', 1, [2], entry('location', 'other')),
    );
    expect((await readOnnx(made)).external).toEqual(['model.onnx_data']);
  });
});

describe('is refused', () => {
  const whole = readFileSync(new URL('../../e2e/golden/judges/pair/model.onnx', import.meta.url));
  for (const [what, bytes, says] of [
    ['nothing', Uint8Array.of(), 'no graph'],
    ['text', new TextEncoder().encode('<!doctype html>'), 'not a valid ONNX'],
    ['a file that is cut off', whole.subarray(0, 20_000), 'ends inside'],
    [
      'a length beyond the file',
      Uint8Array.from([...varint(7 * 8 + 2), 0xff, 0xff, 0xff, 0x7f]),
      'ends inside a field',
    ],
    ['a number without an end', Uint8Array.from(new Array(12).fill(0xff)), 'more than ten bytes'],
    ['a group', Uint8Array.of(7 * 8 + 3), 'unknown wire type 3'],
    ['more parts than a model has', Uint8Array.from(new Array(2_200_000).fill(8)), 'too many parts'],
    [
      'a name of a megabyte',
      Uint8Array.from(field(7, field(11, field(1, new Array(1_000_000).fill(65))))),
      '1000000 bytes',
    ],
  ] as const) {
    it(what, async () => {
      await expect(readOnnx(source(bytes))).rejects.toMatchObject({
        code: 'bad-file',
        message: expect.stringContaining(says),
      });
    });
  }
});
