import { afterAll, beforeAll, expect, it } from 'vitest';
import { browserGpu, Device } from '../../engine/device';
import { PipelineCache } from '../../engine/kernel';
import { KERNEL_KIND } from '../../engine/testing/kernel-kind';
import { UNTUNED } from '../../engine/tuning';
import { directTemplates } from '../../model/tokenizer/testing/direct-templates';
import type { ParityFiles } from './golden-folder';
import { parity } from './parity';

const FOLDER = '../../../e2e/golden/gguf/';
const names = Object.keys(import.meta.glob('../../../e2e/golden/gguf/*.{bin,gguf,json,safetensors}')).map((path) =>
  path.slice(FOLDER.length),
);

/** Through the test server in a browser, from the disk in Node. */
async function read(path: string): Promise<Uint8Array<ArrayBuffer>> {
  if ('window' in globalThis) return new Uint8Array(await (await fetch(`/e2e/golden/gguf/${path}`)).arrayBuffer());
  const { readFile } = await import('node:fs/promises');
  return new Uint8Array(await readFile(new URL(FOLDER + path, import.meta.url)));
}

const files = (...stems: string[]): ParityFiles => ({
  names: names.filter((name) => stems.some((stem) => name.startsWith(`${stem}.`))),
  read,
});

let device: Device;
beforeAll(async () => {
  device = await Device.open(browserGpu());
});
afterAll(() => device.destroy());

const MODELS = ['llama', 'llama3', 'qwen2', 'qwen3', 'gemma3'];

it.each(MODELS)(
  `%s from GGUF equals what transformers computes from the same values (kernels for ${KERNEL_KIND})`,
  async (model) => {
    const before = device.ledger.current;
    const context = {
      device,
      cache: new PipelineCache(device),
      tuning: { ...UNTUNED, software: KERNEL_KIND === 'software' },
      expand: false,
      templates: directTemplates,
    };
    const rows = await parity(context, files(model, 'blocks'));
    expect(rows.filter(({ ok }) => !ok)).toEqual([]);
    expect(rows.map(({ quantity }) => quantity).slice(0, 3)).toEqual(
      ['tokenizations', 'logits', 'logps'].map((quantity) => `${model}: ${quantity}`),
    );
    expect(rows).toHaveLength(3 + 14);
    expect(device.ledger.current).toBe(before);
  },
);
