import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { closingLines } from './closing-lines';
import { readSummary } from './summary';

const folder = mkdtempSync(join(tmpdir(), 'summary-'));
const file = join(folder, 'summary.json');
afterAll(() => rmSync(folder, { recursive: true }));

it('never counts a crash or an empty run as a success', () => {
  expect(readSummary(join(folder, 'none.json'), 1).failed).toBe(1);
  expect(readSummary(join(folder, 'none.json'), 0).failed).toBe(1);
  writeFileSync(file, JSON.stringify({ passed: 3, failed: 0, skipped: 0, adapters: ['swiftshader'] }));
  expect(readSummary(file, 0)).toEqual({ passed: 3, failed: 0, skipped: 0, adapters: ['swiftshader'] });
  expect(readSummary(file, 1)).toMatchObject({ passed: 3, failed: 1 });
});

it('ends with the total of all suites', () => {
  const text = closingLines([
    { name: 'types', passed: 1, failed: 0, skipped: 0, adapters: [], seconds: 1.23 },
    { name: 'gpu-dawn', passed: 10, failed: 2, skipped: 1, adapters: ['mesa'], seconds: 60 },
  ]);
  expect(text.split('\n').at(-1)).toBe('11 passed, 2 failed');
  expect(text).toMatch(/✓ {2}types {5} {2} +1 passed +0 failed +1\.2 s\n/);
  expect(text).toMatch(/✗ {2}gpu-dawn.* 60\.0 s {2}1 skipped {2}mesa\n/);
  expect(text).toContain('In 61 seconds:');
});
