import { afterAll, beforeAll, expect, it } from 'vitest';
import { browserGpu, Device } from '../../engine/device';
import { PipelineCache } from '../../engine/kernel';
import { KERNEL_KIND } from '../../engine/testing/kernel-kind';
import { UNTUNED } from '../../engine/tuning';
import { directTemplates } from '../../model/tokenizer/testing/direct-templates';
import type { ParityFiles } from './golden-folder';
import { parity } from './parity';

const FOLDER = '../../../e2e/golden/models/';
const names = Object.keys(import.meta.glob('../../../e2e/golden/models/**/*.{json,safetensors}')).map((path) =>
  path.slice(FOLDER.length),
);

/** Through the test server in a browser, from the disk in Node. */
async function read(path: string): Promise<Uint8Array<ArrayBuffer>> {
  if ('window' in globalThis) return new Uint8Array(await (await fetch(`/e2e/golden/models/${path}`)).arrayBuffer());
  const { readFile } = await import('node:fs/promises');
  return new Uint8Array(await readFile(new URL(FOLDER + path, import.meta.url)));
}

function files(model: string): ParityFiles {
  const ofModel = names.filter((name) => name.startsWith(`${model}/`)).map((name) => name.slice(model.length + 1));
  return { names: ofModel, read: (name) => read(`${model}/${name}`) };
}

let device: Device;
beforeAll(async () => {
  device = await Device.open(browserGpu());
});
afterAll(() => device.destroy());

const MODELS = ['llama', 'llama3', 'smollm2', 'qwen2', 'qwen3', 'gemma3'];

it.each(MODELS)(`%s equals PyTorch, PEFT and TRL (kernels for ${KERNEL_KIND})`, async (model) => {
  const before = device.ledger.current;
  const rows = await parity(
    {
      device,
      cache: new PipelineCache(device),
      tuning: { ...UNTUNED, software: KERNEL_KIND === 'software' },
      expand: false,
      templates: directTemplates,
    },
    files(model),
  );
  expect(rows.filter(({ ok }) => !ok)).toEqual([]);
  expect(rows.length).toBeGreaterThan(40);
  expect(device.ledger.current).toBe(before);
});

it('computes pairs that are longer than anything the workspace generates', async () => {
  const { names: all, read: readFile } = files('llama');
  // Without the forward batch there is no greedy prompt: generation is planned for one token after a prompt of one.
  const names = all.filter(
    (name) => name !== 'forward.safetensors' && !name.includes('/') && name !== 'trajectory.json',
  );
  const adapters = all.filter((name) => /^(reference_)?adapter\//.test(name));
  const context = { device, cache: new PipelineCache(device), tuning: { ...UNTUNED, software: true }, expand: false };
  const rows = await parity(
    { ...context, templates: directTemplates },
    { names: [...names, ...adapters], read: readFile },
  );
  expect(rows.filter(({ ok }) => !ok)).toEqual([]);
  expect(rows.length).toBeGreaterThan(20);
});
