import type { RemoteAccess, RemoteAccessInfo, WebllmModel } from '../../records/judges';
import type { ShortTasks } from '../runs/short-tasks';
import type { StoredRuns } from '../runs/stored-runs';
import type { JudgeLibrary } from './judge-library';

export interface JudgeServiceParts {
  readonly judges: JudgeLibrary;
  readonly runs: StoredRuns;
  readonly tasks: ShortTasks;
}

export function judgeService({ judges: { remote, webllm }, runs, tasks }: JudgeServiceParts) {
  return {
    /**
     * Sets the key and headers for all judges at the URL's origin. They are kept in memory only, unless `remember`.
     * @param access null forgets them, also where they were remembered
     * @throws LabError judge-failed: the URL is not valid; no-storage, storage-full
     */
    setRemoteAccess: async (url: string, access: RemoteAccess | null, remember: boolean): Promise<void> =>
      (await remote.get()).setAccess(url, access, remember),

    /** Whether there is a key, and the names of the headers; never their values. @throws LabError judge-failed */
    remoteAccess: async (url: string): Promise<RemoteAccessInfo> => (await remote.get()).about(url),

    /** The models that the server offers, in its order. @throws LabError judge-failed */
    remoteModels: async (url: string): Promise<readonly string[]> => (await remote.get()).models(url),

    /** WebLLM's models, those that the user added first. @throws LabError judge-failed, no-storage */
    webllmModels: async (): Promise<readonly WebllmModel[]> => (await webllm.get()).list(),

    /**
     * Size of the model's weights in bytes. Asks the model's host and downloads nothing else.
     * @throws LabError not-found, hub-unreachable, hub-failed
     */
    webllmModelSize: async (id: string): Promise<number> => (await webllm.get()).size(id),

    /**
     * Adds a model to WebLLM's list.
     * @param record its name, the URL of the folder of its weights, and the URL of its compiled kernels
     * @throws LabError bad-file, not-found, hub-unreachable, hub-failed
     */
    addWebllmModel: async (record: {
      readonly id: string;
      readonly model: string;
      readonly modelLib: string;
    }): Promise<WebllmModel> => (await webllm.get()).add(record),

    /**
     * Downloads a model and loads it once to see that it works. `judge` events report the progress.
     * @throws LabError judge-failed, cancelled, storage-full, not-found, hub-unreachable, hub-failed,
     * running-elsewhere: a run is running
     */
    async fetchWebllmModel(id: string): Promise<void> {
      await tasks.requireNoRun('the model is loaded once, and the run needs the memory');
      await (await webllm.get()).fetch(id);
    },

    /** Keeps what has been downloaded so far. */
    cancelWebllmFetch: async (): Promise<void> => (await webllm.begun())?.cancel(),

    /** @throws LabError not-found, running-elsewhere: a run uses it */
    async deleteWebllmModel(id: string): Promise<void> {
      await runs.requireUnused(({ webllmModel }) => webllmModel === id);
      await (await webllm.get()).delete(id);
    },
  };
}
