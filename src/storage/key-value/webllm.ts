/**
 * WebLLM's models as this page knows them: those that the user added to its list, and sizes that were asked for. Their files are in
 * WebLLM's own caches; only what takes a model out of them again is here.
 */
import { createStore, get, set, type UseStore } from 'idb-keyval';
import * as v from 'valibot';
import { toOpenError } from '../storage-errors';

const VERSION = 1;
/** Beginning of the names of WebLLM's caches. */
const CACHES = 'webllm/';

const text = v.pipe(v.string(), v.maxLength(2048));
const AddedSchema = v.object({
  id: text,
  model: text,
  modelLib: text,
  memory: v.exactOptional(v.number()),
  created: v.number(),
});
const KeptSchema = v.object({
  added: v.array(AddedSchema),
  sizes: v.array(v.object({ id: text, bytes: v.number() })),
});
const StoredSchema = v.object({ version: v.literal(VERSION), kept: KeptSchema });

/**
 * `model`: address of its weights' folder. `modelLib`: of its kernels. `memory`: bytes on the GPU, of the first ones unknown. `created`:
 * milliseconds since 1970.
 */
export type AddedWebllmModel = v.InferOutput<typeof AddedSchema>;
export type KeptWebllm = v.InferOutput<typeof KeptSchema>;

export interface WebllmStorage {
  /** Nothing added, no sizes, where nothing was kept. @throws LabError no-storage */
  load(): Promise<KeptWebllm>;
  /** @throws LabError no-storage, storage-full */
  save(kept: KeptWebllm): Promise<void>;
  /** Takes every file out of WebLLM's caches whose address begins with one of these. @throws LabError no-storage */
  deleteFiles(addresses: readonly string[]): Promise<void>;
}

export function createWebllmStorage(name = 'thinking-lab-webllm'): WebllmStorage {
  let opened: UseStore | undefined;
  const store = () => {
    opened ??= createStore(name, 'values');
    return opened;
  };
  return {
    async load() {
      const stored = v.safeParse(StoredSchema, await known(async () => get('models', store())));
      return stored.success ? stored.output.kept : { added: [], sizes: [] };
    },
    save: (kept) => known(async () => set('models', { version: VERSION, kept }, store())),
    deleteFiles: (addresses) =>
      known(async () => {
        for (const scope of await caches.keys()) {
          if (!scope.startsWith(CACHES)) continue;
          const cache = await caches.open(scope);
          for (const request of await cache.keys()) {
            if (addresses.some((address) => request.url.startsWith(address))) await cache.delete(request);
          }
        }
      }),
  };
}

async function known<T>(operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    throw toOpenError(error);
  }
}
