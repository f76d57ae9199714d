/**
 * Variables inside of loops have an initial value. WGSL says that a variable without one is zero in each round, but
 * Dawn's SPIR-V sets it to zero only before the first round (seen in webgpu 0.6.2; an array kept its sums).
 */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const root = new URL('../../shaders/', import.meta.url);
const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.wgsl'));

/** Declarations without an initial value that are indented deeper than the body of a function. */
function uninitialised(code: string): string[] {
  return code.match(/^ {3,}var\s+\w+\s*:[^=;]*;/gm) ?? [];
}

it.each(files)('%s', (file) => {
  expect(uninitialised(readFileSync(new URL(file, root), 'utf8'))).toEqual([]);
});

it('finds a variable without an initial value in a loop only', () => {
  const code =
    '  var a: f32;\n  for (;;) {\n    var b: array<f32, 2>;\n    var c = 0.0;\n    var d: f32 = 1.0;\n  }\n';
  expect(uninitialised(code)).toEqual(['    var b: array<f32, 2>;']);
});
