/** The page's end of the worker's API: typed calls whose failures are `LabError`s. */
import { proxy } from 'comlink';
import { fromFailure } from '../lib/errors';
import type { StorageInfo } from '../records/device';
import type { Call } from '../worker/api';
import type { WorkerApi } from '../worker/lab.worker';

/** Calls that the page answers itself because a worker cannot. */
export interface PageCalls {
  /** Asks the browser to keep what is stored until the user deletes it. */
  persist(): Promise<StorageInfo>;
}

/** Everything that the page and the command line can ask for. Each rejection is a `LabError`. */
export type Lab = WorkerApi & PageCalls;

/** @param call makes a call of the worker */
export function labOf(call: Call, page: PageCalls): Lab {
  const remote = new Proxy(page, {
    get(_, name) {
      // Symbols and `then` are read by the language itself, for instance when a Lab is awaited.
      if (typeof name === 'symbol' || name === 'then') return undefined;
      if (Object.hasOwn(page, name)) return Reflect.get(page, name);
      return async (...args: readonly unknown[]) => {
        try {
          return await call(name, ...args.map((arg) => (typeof arg === 'function' ? proxy(arg) : arg)));
        } catch (thrown) {
          throw fromFailure(thrown);
        }
      };
    },
  });
  // The only cast between page and worker. It is sound because every other property makes the worker's call of that
  // name, and `WorkerApi` is the type of the handlers that `serve` (src/worker/api.ts) finds by these names.
  return remote as Lab;
}
