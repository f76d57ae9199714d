import type { Remote } from 'comlink';
import { openDB } from 'idb';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { TestModels } from '../../../cli/test/hub/models.worker';
import type { Fault, HubScript } from '../../../cli/test/hub/server';
import { REPOSITORY, TestHub, TINY } from '../../../cli/test/hub/test-hub';
import type { Download } from '../../records/models';

const WEIGHTS = 'model.safetensors';
let hub: TestHub;

beforeEach(() => {
  hub = new TestHub();
});
afterEach(() => hub.dispose());

async function begin(models: Remote<TestModels>, token: string | null = null): Promise<Download> {
  return models.download(await models.lookUp(REPOSITORY, token), 'safetensors', token);
}

/** Waits until the download has ended. Returns its last state, or null if it has become a model. */
async function outcome(models: Remote<TestModels>, id: string): Promise<Download | null> {
  return vi.waitFor(
    async () => {
      const found = (await models.downloads()).find((download) => download.id === id);
      if (found?.status === 'running' || found?.status === 'checking')
        throw new Error(`${found.received} of ${found.bytes}`);
      return found ?? null;
    },
    { timeout: 60_000, interval: 50 },
  );
}

/** Checks that the model is stored, opens, and has the weights of the bundled model. */
async function arrived(models: Remote<TestModels>, id: string): Promise<void> {
  expect(await outcome(models, id)).toBeNull();
  const stored = await models.readTensor(id, 'model.norm.weight');
  const bundled = await models.readTensor('tiny-thinker', 'model.norm.weight');
  expect(stored).toEqual({ name: REPOSITORY, bytes: bundled.bytes });
  const [info] = (await models.models()).filter((model) => model.id === id);
  expect(info).toMatchObject({
    source: 'hub',
    repository: REPOSITORY,
    architecture: 'LlamaForCausalLM',
    failure: null,
  });
}

/** The bundled model as a folder on the user's disk. */
async function folder(change: Readonly<Record<string, BlobPart>> = {}): Promise<File[]> {
  const names = ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'generation_config.json', WEIGHTS];
  return Promise.all(
    names.map(
      async (name) => new File([change[name] ?? (await (await fetch(`/models/tiny-thinker/${name}`)).blob())], name),
    ),
  );
}

async function otherArchitecture(): Promise<string> {
  const config: object = await (await fetch('/models/tiny-thinker/config.json')).json();
  return JSON.stringify({ ...config, architectures: ['MambaForCausalLM'] });
}

describe('a model of the Hub', () => {
  it('is downloaded completely, reports its progress, and then opens without the Hub', async () => {
    await hub.script(TINY);
    const models = await hub.worker();
    const begun = await begin(models);
    expect(begun).toMatchObject({ status: 'running', received: 0, repository: REPOSITORY });
    await arrived(models, begun.id);
    const downloads = (await models.events()).flatMap((event) => (event.type === 'download' ? [event.download] : []));
    expect(downloads.at(-1)).toMatchObject({ status: 'checking', received: begun.bytes, bytes: begun.bytes });
    expect((await models.events()).at(-1)).toEqual({ type: 'models' });

    await hub.script({ ...TINY, down: true });
    const seen = (await hub.seen()).length;
    const later = await hub.reload();
    await arrived(later, begun.id);
    expect((await hub.seen()).length).toBe(seen);
    // The partial files are gone, and each file is stored under its hash.
    const files = await later.files(hub.name);
    expect(files).toHaveLength(5);
    for (const file of files) expect(file).toMatch(/^files\/[0-9a-f]{64}$/);
  });

  it('is fetched with the token, which is sent only to the Hub', async () => {
    await hub.script({ ...TINY, gated: true });
    const models = await hub.worker();
    const offer = await models.lookUp(REPOSITORY, null);
    expect(offer.gated).toBe(true);
    await expect(models.download(offer, 'safetensors', null)).rejects.toMatchObject({ code: 'gated' });
    await expect(models.lookUp(REPOSITORY, 'hf_wrong')).rejects.toMatchObject({ code: 'gated' });
    const { id } = await begin(models, 'hf_right');
    await arrived(models, id);
    const seen = await hub.seen();
    expect(
      seen.some(({ path, authorization }) => path.includes('/resolve/') && authorization === 'Bearer hf_right'),
    ).toBe(true);
    expect(seen.filter(({ host }) => host === 'files').map(({ authorization }) => authorization)).toEqual([null]);
    expect(JSON.stringify(await models.events())).not.toContain('hf_right');
  });

  it('pauses, and is resumed in another worker with the bytes that it has', async () => {
    await hub.script({ ...TINY, faults: { [WEIGHTS]: [{ slow: 40 }] } });
    const models = await hub.worker();
    const { id } = await begin(models);
    await vi.waitFor(async () => expect((await models.downloads())[0]?.received).toBeGreaterThan(500_000), {
      timeout: 20_000,
    });
    await models.pause(id);
    const [paused] = await models.downloads();
    expect(paused).toMatchObject({ id, status: 'paused', bytesPerSecond: null, failure: null });

    const later = await hub.reload();
    const [still] = await later.downloads();
    expect(still).toEqual(paused);
    await later.resume(id, null);
    await arrived(later, id);
    const ranges = (await hub.seen()).filter(({ path }) => path === WEIGHTS).map(({ range }) => range);
    expect(ranges).toHaveLength(2);
    expect(ranges[1]).toMatch(/^bytes=\d{6,}-$/);
  });

  it('is hashed again if this page cannot read the saved state of its hash', async () => {
    await hub.script({ ...TINY, faults: { [WEIGHTS]: [{ slow: 40 }] } });
    const models = await hub.worker();
    const { id } = await begin(models);
    await vi.waitFor(async () => expect((await models.downloads())[0]?.received).toBeGreaterThan(500_000), {
      timeout: 20_000,
    });
    await models.pause(id);
    const database = await openDB(hub.name);
    const partials = await database.getAll('partials');
    expect(partials).toHaveLength(1);
    await database.put('partials', { ...partials[0], states: [new Uint8Array(108)] });
    database.close();
    const later = await hub.reload();
    await later.resume(id, null);
    await arrived(later, id);
    expect((await hub.seen()).filter(({ path }) => path === WEIGHTS)[1]?.range).toMatch(/^bytes=\d{6,}-$/);
  });

  it('that a reload interrupted during a write is resumed', async () => {
    await hub.script({ ...TINY, faults: { [WEIGHTS]: [{ slow: 120 }] } });
    const models = await hub.worker();
    const { id, bytes } = await begin(models);
    // Long enough that some bytes have been saved.
    await vi.waitFor(async () => expect((await models.downloads())[0]?.received).toBeGreaterThan(0.7 * bytes), {
      timeout: 60_000,
    });
    const later = await hub.reload();
    const [cut] = await later.downloads();
    expect(cut).toMatchObject({ id, status: 'paused' });
    expect(cut?.received).toBeGreaterThan(500_000);
    await later.resume(id, null);
    await arrived(later, id);
  });

  it('that one tab is downloading is only shown in another', async () => {
    await hub.script({ ...TINY, faults: { [WEIGHTS]: [{ slow: 100 }] } });
    const models = await hub.worker();
    const { id } = await begin(models);
    const other = await hub.worker();
    expect(await other.downloads()).toMatchObject([{ id, status: 'running' }]);
    for (const call of [() => other.pause(id), () => other.resume(id, null), () => other.cancel(id)]) {
      await expect(call()).rejects.toMatchObject({ code: 'running-elsewhere' });
    }
    await arrived(models, id);
    expect(await other.downloads()).toEqual([]);
    await arrived(other, id);
  });

  it('that is cancelled leaves nothing behind', async () => {
    await hub.script({ ...TINY, faults: { [WEIGHTS]: [{ slow: 100 }] } });
    const models = await hub.worker();
    const { id } = await begin(models);
    await vi.waitFor(async () => expect((await models.downloads())[0]?.received).toBeGreaterThan(300_000), {
      timeout: 20_000,
    });
    await models.cancel(id);
    expect(await models.downloads()).toEqual([]);
    expect(await models.files(hub.name)).toEqual([]);
    expect((await models.models()).map(({ id: each }) => each)).toEqual(['tiny-thinker']);
  });

  it('is requested once, however often the button is pressed', async () => {
    await hub.script({ ...TINY, faults: { [WEIGHTS]: [{ slow: 20 }] } });
    const models = await hub.worker();
    const offer = await models.lookUp(REPOSITORY, null);
    const begun = await Promise.all([1, 2, 3].map(() => models.download(offer, 'safetensors', null)));
    await arrived(models, begun[0]?.id ?? '');
    expect((await hub.seen()).filter(({ path }) => path === WEIGHTS)).toHaveLength(1);
  });

  it('with an unknown architecture stops before its weights', async () => {
    await hub.script({ ...TINY, files: { ...TINY.files, 'config.json': { text: await otherArchitecture() } } });
    const models = await hub.worker();
    const { id } = await begin(models);
    expect(await outcome(models, id)).toMatchObject({
      status: 'failed',
      failure: { code: 'unsupported-model' },
    });
    expect((await hub.seen()).some(({ path }) => path === WEIGHTS)).toBe(false);
  });
});

describe('whatever the network does, the right file arrives', () => {
  const cases: Readonly<Record<string, readonly Fault[]>> = {
    'the connection is cut, twice': [{ cut: 300_000 }, { cut: 700_000 }],
    'the connection is cut before the first byte': [{ cut: 0 }],
    'it is cut, and the file has another ETag by then': [{ cut: 300_000 }, { etag: '"other"' }, { etag: '"other"' }],
    'it is cut, and the rest has another ETag in spite of the condition': [{ cut: 300_000 }, { etag: '"other"' }, {}],
    'the server answers a range with the whole file': [{ cut: 300_000 }, { ignoreRange: true }],
    'the range does not exist': [{ cut: 300_000 }, { status: 416 }],
    'nothing comes for too long': [{ stall: 200_000 }],
    'it stalls before the first byte': [{ stall: 0 }, {}],
    'the server is busy': [{ status: 429, headers: { 'retry-after': '1' } }, { status: 503 }],
    'the server errs': [{ status: 500 }, { status: 502 }],
    'Content-Length says less': [{ length: 100_000 }],
    'Content-Length says more': [{ length: 99_000_000 }],
    'the second host does not take the link any more': [{ status: 403 }],
    'it comes slowly, but it comes': [{ slow: 15 }],
  };
  for (const allowIfRange of [false, true]) {
    for (const [what, faults] of Object.entries(cases)) {
      // Only a request that resumes asks for the rest of a file.
      if (allowIfRange && faults[0]?.cut === undefined) continue;
      it(`${what}${allowIfRange ? '' : ', where pages may not send If-Range'}`, async () => {
        await hub.script({ ...TINY, allowIfRange, faults: { [WEIGHTS]: faults } });
        const models = await hub.worker({ stallMs: 700 });
        const { id } = await begin(models);
        await arrived(models, id);
        const ofRest = (await hub.seen()).filter(({ path, range }) => path === WEIGHTS && range !== null);
        if (faults.length > 1 && faults[0]?.cut)
          expect(ofRest[0]).toMatchObject({ ifRange: allowIfRange ? expect.any(String) : null });
      });
    }
  }
});

describe('a download that the network ends says why, and can be resumed', () => {
  const lasting = (fault: Fault): readonly Fault[] => Array.from({ length: 12 }, () => fault);
  const cases: Readonly<Record<string, readonly [faults: readonly Fault[], code: string, says: string]>> = {
    'a web page comes instead': [[{ html: true }], 'hub-failed', 'sent a web page'],
    'one byte is another': [[{ flip: 400_000 }], 'bad-file', 'its hash differs from the one of this revision'],
    'the file has grown': [[{ extra: 10 }], 'hub-failed', 'longer than'],
    'the server always errs': [lasting({ status: 500 }), 'hub-failed', 'status 500'],
    'it always stalls': [lasting({ stall: 0 }), 'hub-unreachable', 'cannot be reached'],
    'it is always busy': [lasting({ status: 429 }), 'hub-failed', 'too many requests'],
    'it is gone': [[{ status: 404 }], 'not-found', 'any more'],
  };
  for (const [what, [faults, code, says]] of Object.entries(cases)) {
    it(what, async () => {
      const script: HubScript = { ...TINY, faults: { [WEIGHTS]: faults } };
      await hub.script(script);
      const models = await hub.worker({ stallMs: 300 });
      const { id } = await begin(models);
      const failed = await outcome(models, id);
      expect(failed).toMatchObject({ status: 'failed', failure: { code, message: expect.stringContaining(says) } });
      expect(failed?.failure?.message).toMatch(/\.$/);
      expect(failed?.failure?.advice).toMatch(/\.$/);
      expect(await models.models()).toHaveLength(1);
      // The small files arrived. Nothing of the wrong file was kept.
      await hub.script({ ...TINY, faults: {} });
      await models.resume(id, null);
      await arrived(models, id);
    });
  }

  it('the Hub cannot be reached at all', async () => {
    await hub.script({ ...TINY, down: true });
    const models = await hub.worker();
    await expect(models.lookUp(REPOSITORY, null)).rejects.toMatchObject({ code: 'hub-unreachable' });
    await hub.script(TINY);
    const offer = await models.lookUp(REPOSITORY, null);
    await hub.script({ ...TINY, down: true });
    await expect(models.download(offer, 'safetensors', null)).rejects.toMatchObject({ code: 'hub-unreachable' });
    expect(await models.downloads()).toEqual([]);
  });
});

describe('a full disk', () => {
  it('is noticed before anything is fetched', async () => {
    await hub.script(TINY);
    const models = await hub.worker({ free: 65 * 1024 * 1024 });
    await expect(begin(models)).rejects.toMatchObject({
      code: 'storage-full',
      message: expect.stringMatching(/needs \d+ MB more.*room for \d+ MB/),
    });
    expect(await models.downloads()).toEqual([]);
    expect((await hub.seen()).some(({ path }) => path.includes('/resolve/'))).toBe(false);
  });

  it('during a download loses nothing', async () => {
    await hub.script({ ...TINY, faults: { [WEIGHTS]: [{ slow: 10 }] } });
    const models = await hub.worker({ fullAfter: 1_000_000 });
    const { id } = await begin(models);
    expect(await outcome(models, id)).toMatchObject({ status: 'failed', failure: { code: 'storage-full' } });
    const [failed] = await models.downloads();
    expect(failed?.received).toBeGreaterThan(500_000);
    const later = await hub.reload();
    await later.resume(id, null);
    await arrived(later, id);
    expect((await hub.seen()).filter(({ path }) => path === WEIGHTS).at(-1)?.range).toMatch(/^bytes=\d{6}-$/);
  });
});

describe('files of the user', () => {
  it('are copied, and opened before they are listed', async () => {
    const models = await hub.worker();
    const id = await models.addLocal(await folder());
    expect(id).toMatch(/^local\/model-[0-9a-f]{12}$/);
    expect((await models.models())[1]).toMatchObject({
      id,
      name: 'model F16',
      source: 'local',
      repository: null,
      architecture: 'LlamaForCausalLM',
      failure: null,
    });
    const bundled = await models.readTensor('tiny-thinker', 'model.norm.weight');
    expect(await models.readTensor(id, 'model.norm.weight')).toEqual({ name: 'model', bytes: bundled.bytes });
    expect(await models.downloads()).toEqual([]);
    expect(await models.addLocal(await folder())).toBe(id);
    expect(await models.models()).toHaveLength(2);
  });

  it('that are not a supported model leave nothing behind', async () => {
    const models = await hub.worker();
    for (const [change, code] of [
      [{ 'config.json': '{' }, 'bad-file'],
      [{ 'config.json': await otherArchitecture() }, 'unsupported-model'],
      [{ 'tokenizer.json': '{}' }, 'bad-file'],
      [{ [WEIGHTS]: new Uint8Array(5000) }, 'bad-file'],
    ] as const) {
      const failure: unknown = await models.addLocal(await folder(change)).catch((error: unknown) => error);
      expect(failure, JSON.stringify(change)).toMatchObject({ code });
      expect(await models.files(hub.name)).toEqual([]);
      expect(await models.downloads()).toEqual([]);
    }
  });

  it('that do not fit are refused before they are copied, and leave nothing behind on a full disk', async () => {
    const small = await hub.worker({ free: 65 * 1024 * 1024 });
    await expect(small.addLocal(await folder())).rejects.toMatchObject({ code: 'storage-full' });
    const full = await hub.reload({ fullAfter: 1_000_000 });
    await expect(full.addLocal(await folder())).rejects.toMatchObject({ code: 'storage-full' });
    expect(await full.files(hub.name)).toEqual([]);
  });

  it('whose copy a reload interrupted are deleted, and so is every file that no record names', async () => {
    const models = await hub.worker();
    const adding = models.addLocal([...(await folder({ [WEIGHTS]: new Blob([new Uint8Array(60_000_000)]) }))]);
    adding.catch(() => {});
    await vi.waitFor(async () =>
      expect(await models.downloads()).toMatchObject([{ choice: 'local', status: 'running' }]),
    );
    await vi.waitFor(async () => expect((await models.files(hub.name)).length).toBeGreaterThan(0));
    const root = await navigator.storage.getDirectory();
    const files = await (await root.getDirectoryHandle(hub.name)).getDirectoryHandle('files', { create: true });
    await files.getFileHandle('ab'.repeat(32), { create: true });
    const later = await hub.reload();
    expect(await later.downloads()).toEqual([]);
    expect(await later.files(hub.name)).toEqual([]);
  });

  it('can be cancelled while they are copied', async () => {
    const models = await hub.worker();
    const adding = models.addLocal(await folder({ [WEIGHTS]: new Blob([new Uint8Array(200_000_000)]) }));
    const ended = adding.catch((error: unknown) => error);
    const id = await vi.waitFor(async () => {
      const [download] = await models.downloads();
      if (download === undefined) throw new Error('not yet');
      return download.id;
    });
    await models.cancel(id);
    expect(await ended).toMatchObject({ message: expect.stringContaining('cancelled') });
    expect(await models.files(hub.name)).toEqual([]);
  });
});

describe('stored models', () => {
  it('share files, which are deleted with the last model that uses them', async () => {
    await hub.script(TINY);
    const models = await hub.worker();
    const first = await begin(models);
    await arrived(models, first.id);
    const second = await models.addLocal(await folder());
    expect(await models.files(hub.name)).toHaveLength(5);
    await models.delete(first.id);
    expect(await models.files(hub.name)).toHaveLength(5);
    expect((await models.models()).map(({ id }) => id)).toEqual(['tiny-thinker', second]);
    await models.delete(second);
    expect(await models.files(hub.name)).toEqual([]);
    await expect(models.delete(second)).rejects.toMatchObject({ code: 'not-found' });
    await expect(models.readTensor(first.id, 'model.norm.weight')).rejects.toMatchObject({ code: 'not-found' });
  });

  it('are not fetched again if another model has the same file', async () => {
    await hub.script(TINY);
    const models = await hub.worker();
    const first = await begin(models);
    await arrived(models, first.id);
    const again = await begin(models);
    expect(again.id).toBe(first.id);
    await arrived(models, first.id);
    expect((await hub.seen()).filter(({ path }) => path === WEIGHTS)).toHaveLength(1);
  });

  it('that are damaged are reported, and can be downloaded again', async () => {
    await hub.script(TINY);
    const models = await hub.worker();
    const { id } = await begin(models);
    await arrived(models, id);
    const root = await navigator.storage.getDirectory();
    const files = await (await root.getDirectoryHandle(hub.name)).getDirectoryHandle('files');
    for await (const [name, handle] of files.entries()) {
      if (handle instanceof FileSystemFileHandle && (await handle.getFile()).size > 1_000_000)
        await files.removeEntry(name);
    }
    const later = await hub.reload();
    const [, damaged] = await later.models();
    expect(damaged).toMatchObject({ id, failure: { code: 'bad-file', message: expect.stringContaining(WEIGHTS) } });
    await begin(later);
    await arrived(later, id);
  });
});
