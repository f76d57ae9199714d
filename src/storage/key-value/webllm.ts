/**
 * Facts about WebLLM's models: the models that the user added, and download sizes that were looked up.
 * The files themselves are in WebLLM's own caches; this module can only delete them there.
 */
import * as v from 'valibot';
import { toOpenError } from '../storage-errors';
import { KeyValueStore } from './key-value-store';

const VERSION = 1;
/** The names of WebLLM's caches begin with this. */
const CACHE_PREFIX = 'webllm/';

const text = v.pipe(v.string(), v.maxLength(2048));
const AddedSchema = v.object({
  id: text,
  /** Address of the folder with the weights. */
  model: text,
  /** Address of the WebAssembly library with the kernels. */
  modelLib: text,
  /** Bytes on the GPU. Records of the first version lack it. */
  memory: v.exactOptional(v.number()),
  /** Milliseconds since 1970. */
  created: v.number(),
});
const KeptSchema = v.object({
  added: v.array(AddedSchema),
  sizes: v.array(v.object({ id: text, bytes: v.number() })),
});
const StoredSchema = v.object({ version: v.literal(VERSION), kept: KeptSchema });

export type AddedWebllmModel = v.InferOutput<typeof AddedSchema>;
export type KeptWebllm = v.InferOutput<typeof KeptSchema>;

export interface WebllmStorage {
  /** Empty lists if nothing was saved. @throws LabError no-storage */
  load(): Promise<KeptWebllm>;
  /** @throws LabError no-storage, storage-full */
  save(kept: KeptWebllm): Promise<void>;
  /** Deletes the files in WebLLM's caches whose address begins with one of these. @throws LabError no-storage */
  deleteFiles(addresses: readonly string[]): Promise<void>;
}

export function createWebllmStorage(name = 'thinking-lab-webllm'): WebllmStorage {
  const store = new KeyValueStore(name, 'values');
  return {
    async load() {
      const stored = v.safeParse(StoredSchema, await store.get('models'));
      return stored.success ? stored.output.kept : { added: [], sizes: [] };
    },
    save: (kept) => store.set('models', { version: VERSION, kept }),
    async deleteFiles(addresses) {
      try {
        for (const scope of await caches.keys()) {
          if (!scope.startsWith(CACHE_PREFIX)) continue;
          const cache = await caches.open(scope);
          for (const request of await cache.keys()) {
            if (addresses.some((address) => request.url.startsWith(address))) await cache.delete(request);
          }
        }
      } catch (error) {
        throw toOpenError(error);
      }
    },
  };
}
