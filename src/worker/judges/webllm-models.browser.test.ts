import { describe, expect, it } from 'vitest';
import type { DeviceInfo } from '../../records/device';
import type { JudgeState } from '../../records/judges';
import type { KeptWebllm, WebllmStorage } from '../../storage/key-value/webllm';
import { WebllmModels } from './webllm-models';

const SMALL = 'Small-q4f32_1-MLC';
const MINE = { id: 'mine', model: 'https://weights.example/mine', modelLib: 'https://libraries.example/mine-v1.wasm' };

/** The KV cache takes 94 MB. */
const CONFIG = {
  quantization: 'q4f32_1',
  context_window_size: 2048,
  model_config: { num_hidden_layers: 30, num_attention_heads: 9, num_key_value_heads: 3, hidden_size: 576 },
};

const DEVICE: DeviceInfo = {
  name: 'A GPU',
  kind: 'fast',
  speed: { bandwidth: 8e9, flops: 3e10, groupFlops: 1.5e10, halfFlops: null, dispatch: 2e-5, submit: 0 },
  features: [],
  maxBufferSize: 2 ** 30,
  maxStorageBufferBindingSize: 2 ** 30,
};

function lab(change: { device?: DeviceInfo | null; quota?: number; weights?: Response } = {}) {
  let kept: KeptWebllm = { added: [], sizes: [] };
  const deleted: (readonly string[])[] = [];
  const asked: string[] = [];
  const states: (JudgeState | null)[] = [];
  const storage: WebllmStorage = {
    load: async () => kept,
    async save(next) {
      kept = next;
    },
    async deleteFiles(addresses) {
      deleted.push(addresses);
    },
  };
  const models = new WebllmModels({
    storage,
    base: 'https://lab.example/',
    fetch: async (input) => {
      const url = String(input instanceof Request ? input.url : input);
      asked.push(url);
      if (url.endsWith('mlc-chat-config.json')) return Response.json(CONFIG);
      return change.weights ?? Response.json({ records: [{ nbytes: 100e6 }, { nbytes: 11e6 }] });
    },
    async device() {
      if (change.device === null) throw new Error('There is no GPU.');
      return change.device ?? DEVICE;
    },
    room: async () => ({ usage: 0, quota: change.quota ?? 60e9, persisted: false }),
    onProgress: (state) => states.push(state),
    changed: () => {},
    createWorker: () =>
      new Worker(new URL('../../judges/webllm/fixtures/fake-webllm.worker.ts', import.meta.url), { type: 'module' }),
  });
  return { models, deleted, asked, states };
}

describe('the list', () => {
  it('shows each model’s size and memory, and whether this device can run it', async () => {
    const { models } = lab();
    const [small, half, wide] = await models.list();
    expect(small).toEqual({
      id: SMALL,
      bytes: null,
      about: null,
      memory: 580e6,
      needsF16: false,
      usable: true,
      stored: true,
      custom: false,
    });
    expect(half).toMatchObject({ needsF16: true, usable: false });
    expect(wide).toMatchObject({ needsF16: false, usable: false });
  });

  it('depends on the device', async () => {
    const usable = async (device: DeviceInfo | null) =>
      (await lab({ device }).models.list()).map((model) => model.usable);
    expect(await usable({ ...DEVICE, features: ['shader-f16'] })).toEqual([true, true, false]);
    expect(await usable(null)).toEqual([false, false, false]);
  });
});

describe('a judge on a model', () => {
  it('can be used if the model is stored and the device can run it', async () => {
    const { models } = lab();
    expect(await models.fault(SMALL)).toBeNull();
    const [, half, wide] = await models.list();
    expect(await models.fault(half?.id ?? '')).toMatch(/^This device cannot run .*shader-f16/);
    expect(await models.fault(wide?.id ?? '')).toMatch(/^This device cannot run/);
    expect(await models.fault('none')).toContain('WebLLM has no model none');
    await models.add(MINE);
    expect(await models.fault('mine')).toContain('mine is not stored here');
  });
});

describe('the size', () => {
  it('is requested from the host once', async () => {
    const { models, asked } = lab();
    expect(await models.size(SMALL)).toBe(111e6);
    expect(await models.size(SMALL)).toBe(111e6);
    expect(asked).toEqual([`https://weights.example/${SMALL}/resolve/main/tensor-cache.json`]);
    expect((await models.list())[0]?.bytes).toBe(111e6);
  });

  it('is not requested for an unknown model', async () => {
    const { models, asked } = lab();
    await expect(models.size('none')).rejects.toMatchObject({ code: 'not-found' });
    expect(asked).toEqual([]);
  });
});

describe('a model that is added', () => {
  it('is listed first, and can be opened by a judge', async () => {
    const { models, deleted } = lab();
    const record = { ...MINE, model: `${MINE.model}/` };
    expect(await models.source('mine')).toEqual({ id: 'mine', record: null });
    const added = await models.add(MINE);
    expect(added).toEqual({
      id: 'mine',
      bytes: 111e6,
      about: 111e6,
      memory: 111e6 + 94_371_840,
      needsF16: false,
      usable: true,
      stored: false,
      custom: true,
    });
    expect((await models.list())[0]).toEqual(added);
    expect(await models.source('mine')).toEqual({ id: 'mine', record });
    // The cache may contain files that were fetched from these addresses before.
    expect(deleted).toEqual([[record.model, record.modelLib]]);
  });

  it('is refused if its name is taken, its address is unsafe, or its host has no files', async () => {
    const { models } = lab();
    await models.add(MINE);
    await expect(models.add(MINE)).rejects.toMatchObject({ code: 'bad-file' });
    await expect(models.add({ ...MINE, id: SMALL })).rejects.toMatchObject({ code: 'bad-file' });
    await expect(models.add({ ...MINE, id: 'other', model: 'http://a.example/' })).rejects.toMatchObject({
      code: 'bad-file',
    });
    const absent = lab({ weights: new Response('', { status: 404 }) });
    await expect(absent.models.add(MINE)).rejects.toMatchObject({ code: 'not-found' });
    expect((await absent.models.list()).some(({ custom }) => custom)).toBe(false);
  });

  it('deletes its files, except a library that another stored model uses', async () => {
    const { models, deleted } = lab();
    await models.add(MINE);
    await models.delete('mine');
    expect(deleted.at(-1)).toEqual([`${MINE.model}/`, MINE.modelLib]);
    expect((await models.list()).some(({ id }) => id === 'mine')).toBe(false);
    await models.delete('Wide-q4f32_1-MLC');
    expect(deleted.at(-1)).toEqual(['https://weights.example/Wide-q4f32_1-MLC/']);
    await expect(models.delete('mine')).rejects.toMatchObject({ code: 'not-found' });
  });
});

describe('fetching', () => {
  it('reports each phase and the end', async () => {
    const { models, states } = lab();
    await models.fetch(SMALL);
    expect(states.map((state) => state?.phase ?? null)).toEqual([
      'starting WebLLM, reading the library',
      'looking for the weights',
      'loading weights onto the GPU, 5 MB',
      'loaded',
      null,
    ]);
    expect(states[0]?.judge).toBe(`webllm ${SMALL}`);
  });

  it('does not begin if there is not enough room', async () => {
    const { models, states } = lab({ quota: 1e6 });
    await expect(models.fetch(SMALL)).rejects.toMatchObject({ code: 'storage-full' });
    expect(states.at(-1)).toBeNull();
  });

  it('ends when it is cancelled, and continues when it is requested again', async () => {
    const { models, states } = lab();
    await models.add({ ...MINE, id: 'slow' });
    const fetching = models.fetch('slow').catch((error: unknown) => error);
    await expect.poll(() => states.length).toBeGreaterThan(1);
    await expect(models.fetch(SMALL)).rejects.toMatchObject({ code: 'judge-failed' });
    models.cancel();
    expect(await fetching).toMatchObject({ code: 'cancelled' });
    expect(states.at(-1)).toBeNull();
    await models.fetch(SMALL);
  });
});
