import { expect, it } from 'vitest';
import { workgroupSize } from './workgroup-size';

const size = (attribute: string, entry = 'forward') =>
  workgroupSize({
    source: {
      name: 'k',
      code: `const PARTS: u32 = KEYS / SPAN;
const THREADS = PARTS * 2u;
@compute @workgroup_size(${attribute}) fn forward(@builtin(local_invocation_index) id: u32) {}
@compute @workgroup_size(1)
fn other() {}`,
    },
    entry,
    libs: ['const FAR: u32 = 3u;\n@compute @workgroup_size(FAR, ROWS) fn far() {}'],
    constants: { COLS: 8, ROWS: 2, KEYS: 30, SPAN: 4, WIDE: true },
  });

it('multiplies numbers, constants of the variant and constants of the file', () => {
  expect(size('64')).toBe(64);
  expect(size('16u, 16')).toBe(256);
  expect(size('COLS, ROWS')).toBe(16);
  expect(size('PARTS')).toBe(7);
  expect(size('THREADS, 2')).toBe(28);
  expect(size('THREADS', 'other')).toBe(1);
  expect(size('1', 'far')).toBe(6);
});

it('evaluates expressions', () => {
  expect(size('COLS * ROWS, 2, 1')).toBe(32);
  expect(size('1 + COLS * (KEYS - 2 * SPAN) / 4')).toBe(45);
});

it.each([
  ['OTHER', 'forward', 'OTHER in @workgroup_size is not a constant'],
  ['WIDE', 'forward', 'WIDE in @workgroup_size is not a constant'],
  ['1', 'backward', 'k.wgsl has no @workgroup_size for backward'],
  ['(COLS', 'forward', 'does not close'],
  ['2 2', 'forward', 'is not understood from "2"'],
  ['2 * ;', 'forward', '";" in "2 * ;" is neither a number nor a name'],
])('refuses %s of %s', (attribute, entry, message) => {
  expect(() => size(attribute, entry)).toThrow(message);
});
