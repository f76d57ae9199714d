import { afterAll, beforeAll, expect, it } from 'vitest';
import { browserGpu, Device } from '../../engine/device';
import { PipelineCache } from '../../engine/kernel';
import { tuningOf } from '../../engine/tuning';
import { directTemplates } from '../../model/tokenizer/testing/direct-templates';
import { type CheckedDevice, checkGrid, checkNumbers, checkSubnormals } from './self-checks';

const FOLDER = 'e2e/golden/models/llama/';

async function read(name: string): Promise<Uint8Array<ArrayBuffer>> {
  if ('window' in globalThis) return new Uint8Array(await (await fetch(`/${FOLDER}${name}`)).arrayBuffer());
  const { readFile } = await import('node:fs/promises');
  return new Uint8Array(await readFile(new URL(`../../../${FOLDER}${name}`, import.meta.url)));
}

let checked: CheckedDevice;
beforeAll(async () => {
  const device = await Device.open(browserGpu());
  checked = { device, cache: new PipelineCache(device), tuning: tuningOf(device), templates: directTemplates };
});
afterAll(() => checked.device.destroy());

it('this adapter agrees with PyTorch', async () => {
  const checks = await checkNumbers(checked, read);
  expect(checks.map(({ name }) => name)).toEqual(['Logits', 'Gradient', 'Loss, log-probabilities and greedy tokens']);
  expect(checks.filter(({ passed }) => !passed)).toEqual([]);
});

it('finds numbers that differ, and files that are missing', async () => {
  const damaged = async (name: string) => {
    const bytes = await read(name);
    // The last weight of the last tensor becomes another number.
    return name === 'model.safetensors' ? bytes.with(bytes.length - 1, 0x40) : bytes;
  };
  const checks = await checkNumbers(checked, damaged);
  expect(checks.some(({ passed }) => !passed)).toBe(true);
  expect(checks.find(({ passed }) => !passed)?.detail).toMatch(/differ from PyTorch, first .+: by .+ is allowed/);
  const missing = await checkNumbers(checked, async () => Promise.reject(new Error('There is no file.')));
  expect(missing).toEqual([{ name: 'Logits', passed: false, detail: 'There is no file.' }]);
});

it('keeps subnormal numbers of f16, and computes the largest grid', async () => {
  expect(await checkSubnormals(checked)).toMatchObject({ passed: true });
  expect(await checkGrid(checked)).toMatchObject({ passed: true });
  checked.device.check();
});
