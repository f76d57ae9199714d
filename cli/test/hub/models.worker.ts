/** The model services of the worker, for tests that end the worker and start another one on the same storage. */
import { expose } from 'comlink';
import { PATIENCE } from '../../../src/hub/fetch-file';
import { lookUp } from '../../../src/hub/look-up';
import type { JudgeRequest } from '../../../src/judges/judge';
import { toFailure } from '../../../src/lib/errors';
import { WorkerTemplates } from '../../../src/model/tokenizer/template-renderer';
import type { Recipe } from '../../../src/recipe/recipe';
import type { LabEvent } from '../../../src/records/events';
import type { Download, HubOffer, ModelInfo } from '../../../src/records/models';
import { Database } from '../../../src/storage/database';
import { ModelStore } from '../../../src/storage/models/model-store';
import { judgeFault, storedJudge } from '../../../src/worker/judges/stored-judges';
import { openFromSource } from '../../../src/worker/models/language-models';
import { ModelLibrary } from '../../../src/worker/models/model-library';
import { Transfers } from '../../../src/worker/models/transfers';

const templates = new WorkerTemplates();

export interface TestWorkerOptions {
  /** Name of the storage. */
  readonly name: string;
  /** Address of the page. */
  readonly base: string;
  readonly hub: string;
  readonly stallMs?: number;
  /** Simulates a full disk after this many bytes. */
  readonly fullAfter?: number;
  /** Free space that the browser reports, in bytes. */
  readonly free?: number;
}

async function open({ name, base, hub: url, stallMs = 2000, fullAfter, free }: TestWorkerOptions) {
  if (fullAfter !== undefined) fillDisk(fullAfter);
  if (free !== undefined) navigator.storage.estimate = async () => ({ quota: 1e12, usage: 1e12 - free });
  const store = new ModelStore(new Database(name));
  await store.sweep();
  const library = new ModelLibrary(base, store, templates);
  const events: LabEvent[] = [];
  const hub = { url, fetch: ((input, init) => fetch(input, init)) satisfies typeof fetch };
  const transfers = new Transfers({
    store,
    hub,
    hubModels: () => import('../../../src/hub/look-up'),
    patience: { ...PATIENCE, stallMs, firstPauseMs: 10, failures: 3 },
    emit: (event) => void events.push(event),
    describe: (model) => library.describe(model),
  });
  return { store, library, transfers, hub, events };
}

let opened: ReturnType<typeof open> | null = null;
const lab = () => opened ?? Promise.reject(new Error('call `open` first'));

/** Rejects with a plain `Failure`, as the worker's API does. */
const withPlainFailures =
  <A extends unknown[], R>(call: (...args: A) => Promise<R>) =>
  async (...args: A): Promise<R> => {
    try {
      return await call(...args);
    } catch (error) {
      throw toFailure(error);
    }
  };

/** Names of all files below a directory of the origin private file system. */
async function filesBelow(directory: FileSystemDirectoryHandle): Promise<string[]> {
  const names: string[] = [];
  for await (const [name, handle] of directory.entries()) {
    if (handle instanceof FileSystemDirectoryHandle)
      names.push(...(await filesBelow(handle)).map((each) => `${name}/${each}`));
    else names.push(name);
  }
  return names.sort();
}

function fillDisk(after: number): void {
  const { createSyncAccessHandle } = FileSystemFileHandle.prototype;
  let left = after;
  FileSystemFileHandle.prototype.createSyncAccessHandle = async function () {
    const handle = await createSyncAccessHandle.call(this);
    const write = handle.write.bind(handle);
    handle.write = (buffer, options) => {
      left -= buffer.length;
      if (left < 0) throw new DOMException('the test fills the disk', 'QuotaExceededError');
      return write(buffer, options);
    };
    return handle;
  };
}

const calls = {
  open: withPlainFailures(async (options: TestWorkerOptions) => {
    opened = open(options);
    await opened;
  }),
  lookUp: withPlainFailures(
    async (reference: string, token: string | null): Promise<HubOffer> => lookUp((await lab()).hub, reference, token),
  ),
  download: withPlainFailures(async (offer: HubOffer, choice: string, token: string | null) =>
    (await lab()).transfers.download(offer, choice, token),
  ),
  downloads: withPlainFailures(async (): Promise<readonly Download[]> => (await lab()).transfers.list()),
  pause: withPlainFailures(async (id: string) => (await lab()).transfers.pause(id)),
  resume: withPlainFailures(async (id: string, token: string | null) => (await lab()).transfers.resume(id, token)),
  cancel: withPlainFailures(async (id: string) => (await lab()).transfers.cancel(id)),
  addLocal: withPlainFailures(async (files: readonly File[]) => (await lab()).transfers.addLocal(files)),
  models: withPlainFailures(async (): Promise<readonly ModelInfo[]> => (await lab()).library.list()),
  delete: withPlainFailures(async (id: string) => (await lab()).library.delete(id)),
  events: withPlainFailures(async (): Promise<readonly LabEvent[]> => (await lab()).events),
  /** Opens the model as the engine does, and reads a tensor. */
  readTensor: withPlainFailures(async (id: string, tensor: string) => {
    const model = await openFromSource(await (await lab()).library.source(id), templates);
    return { name: model.name, bytes: await model.weights.read(tensor) };
  }),
  /** Scores with a stored judge, opened as a run opens it. */
  score: withPlainFailures(async (id: string, use: 'reward' | 'embedding', request: JudgeRequest) => {
    const files = await storedJudge((await lab()).store, id, use);
    const { rewardJudge, similarityJudge } = await import('../../../src/judges/onnx/open');
    const judge = await (use === 'reward'
      ? rewardJudge(files, { onnxTemplate: '', onnxLabel: '' }, templates, null)
      : similarityJudge(files, null));
    try {
      return await judge.score(request);
    } finally {
      judge.dispose();
    }
  }),
  judgeFault: withPlainFailures(async (recipe: Recipe) => judgeFault((await lab()).store, recipe)),
  /** All files in the origin private file system. */
  files: withPlainFailures(async (name: string) => {
    const root = await navigator.storage.getDirectory();
    return filesBelow(await root.getDirectoryHandle(name, { create: true }));
  }),
};
export type TestModels = typeof calls;

expose(calls);
