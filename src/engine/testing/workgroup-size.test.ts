import { expect, it } from 'vitest';
import { workgroupSize } from './workgroup-size';

const size = (attribute: string, entry = 'forward') =>
  workgroupSize({
    source: {
      name: 'k',
      code: `const SPLIT = 16u * 4u;
@compute @workgroup_size(${attribute}) fn forward(@builtin(local_invocation_index) id: u32) {}
@compute @workgroup_size(1)
fn other() {}`,
    },
    entry,
    libs: [],
    constants: { COLS: 8, ROWS: 2, WIDE: true },
  });

it('multiplies numbers, constants of the variant and constants of the file', () => {
  expect(size('64')).toBe(64);
  expect(size('16u, 16')).toBe(256);
  expect(size('COLS, ROWS')).toBe(16);
  expect(size('COLS * ROWS, 2, 1')).toBe(32);
  expect(size('SPLIT')).toBe(64);
  expect(size('SPLIT', 'other')).toBe(1);
});

it('refuses a size that it cannot read', () => {
  expect(() => size('OTHER')).toThrow('OTHER in @workgroup_size is not a constant');
  expect(() => size('1', 'backward')).toThrow('k.wgsl has no @workgroup_size for backward');
});
