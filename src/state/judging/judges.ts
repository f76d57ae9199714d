/** Judges that need a download or a server: WebLLM models, and access to remote servers. */
import { createStore } from 'zustand/vanilla';
import { type Failure, toFailure } from '../../lib/errors';
import type { JudgeState, RemoteAccess, RemoteAccessInfo, WebllmModel } from '../../records/judges';
import { lab } from '../lab';
import { attempt } from '../session/session-actions';

export interface Judges {
  /** A judge that is being loaded or fetched, with its progress. */
  readonly busy: JudgeState | null;

  /** Models that WebLLM can run. Null until the list has been read. */
  readonly webllm: readonly WebllmModel[] | null;
  readonly webllmFailure: Failure | null;
  /** Size of the weights in bytes by model id. A model is missing until its host has been asked. */
  readonly sizes: ReadonlyMap<string, number>;
  /** Id of the model that is being downloaded. */
  readonly fetching: string | null;
  readonly fetchFailure: Failure | null;

  /** Stored access by address of the server. */
  readonly access: ReadonlyMap<string, RemoteAccessInfo>;
  /** Models of a server by its address, or why they are not known. */
  readonly offered: ReadonlyMap<string, readonly string[] | Failure | 'asking'>;
}

export const judgesStore = createStore<Judges>(() => ({
  busy: null,
  webllm: null,
  webllmFailure: null,
  sizes: new Map(),
  fetching: null,
  fetchFailure: null,
  access: new Map(),
  offered: new Map(),
}));

/** Reads WebLLM's list of models. It is in a large module, so it is loaded only when it is shown. */
export async function loadWebllmModels(): Promise<void> {
  judgesStore.setState({ webllmFailure: null });
  try {
    judgesStore.setState({ webllm: await lab().webllmModels() });
  } catch (error) {
    judgesStore.setState({ webllmFailure: toFailure(error) });
  }
}

/** @returns the reason why the model could not be added, or null on success */
export async function addWebllmModel(record: {
  id: string;
  model: string;
  modelLib: string;
}): Promise<Failure | null> {
  try {
    await lab().addWebllmModel(record);
    await loadWebllmModels();
    return null;
  } catch (error) {
    return toFailure(error);
  }
}

/** Asks the host for the size of a model, without downloading it. */
export async function fetchWebllmSize(id: string): Promise<void> {
  judgesStore.setState({ fetchFailure: null });
  try {
    const bytes = await lab().webllmModelSize(id);
    judgesStore.setState(({ sizes }) => ({ sizes: new Map(sizes).set(id, bytes) }));
  } catch (error) {
    judgesStore.setState({ fetchFailure: toFailure(error) });
  }
}

export async function fetchWebllmModel(id: string): Promise<void> {
  if (judgesStore.getState().fetching !== null) return;
  judgesStore.setState({ fetching: id, fetchFailure: null });
  try {
    await lab().fetchWebllmModel(id);
  } catch (error) {
    const failure = toFailure(error);
    if (failure.code !== 'cancelled') judgesStore.setState({ fetchFailure: failure });
  } finally {
    judgesStore.setState({ fetching: null, busy: null });
  }
  await loadWebllmModels();
}

export const cancelFetch = () => attempt(() => lab().cancelWebllmFetch());

export async function deleteWebllmModel(id: string): Promise<void> {
  await attempt(() => lab().deleteWebllmModel(id));
  await loadWebllmModels();
}

/** @param url address of the server. @returns the reason why the access could not be read, or null on success */
export async function loadAccess(url: string): Promise<Failure | null> {
  try {
    const info = await lab().remoteAccess(url);
    judgesStore.setState(({ access }) => ({ access: new Map(access).set(url, info) }));
    return null;
  } catch (error) {
    return toFailure(error);
  }
}

/** @returns the reason why the access could not be set, or null on success */
export async function setAccess(url: string, access: RemoteAccess | null, remember: boolean): Promise<Failure | null> {
  try {
    await lab().setRemoteAccess(url, access, remember);
  } catch (error) {
    return toFailure(error);
  }
  return loadAccess(url);
}

/** Asks a server for its list of models. */
export async function fetchOfferedModels(url: string): Promise<void> {
  const put = (value: readonly string[] | Failure | 'asking') =>
    judgesStore.setState(({ offered }) => ({ offered: new Map(offered).set(url, value) }));
  put('asking');
  try {
    put(await lab().remoteModels(url));
  } catch (error) {
    put(toFailure(error));
  }
}
