import { afterAll, beforeAll, expect, it } from 'vitest';
import { browserGpu, Device } from '../../engine/device';
import { PipelineCache } from '../../engine/kernel';
import { KERNEL_KIND } from '../../engine/testing/kernel-kind';
import { UNTUNED, type Variant } from '../../engine/tuning';
import { at } from '../../lib/assert';
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

/** The forward batch, greedy tokens and gradients, without the other forms of the same model and the trajectories. */
function fewFiles(model: string): ParityFiles {
  const all = files(model);
  const kept = (name: string) =>
    (!name.includes('/') && name !== 'trajectory.json' && name !== 'config.v4.json') ||
    /^(reference_)?adapter\//.test(name);
  return { ...all, names: all.names.filter(kept) };
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

const OTHER_KIND = KERNEL_KIND === 'software' ? 'hardware' : 'software';
/** More than any operation has variants. */
const MOST_ROUNDS = 16;

const namesOf = (variants: Readonly<Record<string, Variant>>): string[] =>
  Object.entries(variants).flatMap(([name, { only }]) => (only === OTHER_KIND ? [] : [name]));

it('equals them with every variant of every operation', async () => {
  const missing = new Map<string, Set<string>>();
  const left = () => [...missing.values()].flatMap((unused) => [...unused]);
  for (let round = 0; round === 0 || (left().length > 0 && round < MOST_ROUNDS); round++) {
    const force = (variants: Readonly<Record<string, Variant>>) => {
      const names = namesOf(variants);
      const name = at(names, round % names.length);
      const operation = names.join();
      const unused = missing.get(operation) ?? new Set(names);
      missing.set(operation, unused);
      unused.delete(name);
      return name;
    };
    const tuning = { ...UNTUNED, software: KERNEL_KIND === 'software', force };
    const context = { device, cache: new PipelineCache(device), tuning, expand: false };
    const rows = await parity({ ...context, templates: directTemplates }, fewFiles('llama'));
    expect(rows.length).toBeGreaterThan(30);
    expect(rows.filter(({ ok }) => !ok)).toEqual([]);
  }
  expect(left()).toEqual([]);
});

it('computes pairs that are longer than anything the workspace generates', async () => {
  const few = fewFiles('llama');
  // Without the forward batch there is no greedy prompt: generation is planned for one token after a prompt of one.
  const names = few.names.filter((name) => name !== 'forward.safetensors');
  const context = { device, cache: new PipelineCache(device), tuning: { ...UNTUNED, software: true }, expand: false };
  const rows = await parity({ ...context, templates: directTemplates }, { ...few, names });
  expect(rows.filter(({ ok }) => !ok)).toEqual([]);
  expect(rows.length).toBeGreaterThan(20);
});
