/** What the page asks of the worker about judges and their models. What fails is said beside what was asked. */
import { type Failure, toFailure } from '../lib/errors';
import type { RemoteAccess } from '../records/judges';
import { attempt } from './actions';
import { useJudges } from './judges';
import { lab } from './lab';

/** The list is in a large module: it is read when somebody looks. */
export async function loadWebllmModels(): Promise<void> {
  useJudges.setState({ webllmFailure: null });
  try {
    useJudges.setState({ webllm: await lab().webllmModels() });
  } catch (error) {
    useJudges.setState({ webllmFailure: toFailure(error) });
  }
}

/** @returns why it could not be added; null where it was */
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

/** Asks its host how large it is: nothing is fetched unasked. */
export async function askWebllmSize(id: string): Promise<void> {
  useJudges.setState({ fetchFailure: null });
  try {
    const bytes = await lab().webllmModelSize(id);
    useJudges.setState(({ sizes }) => ({ sizes: new Map(sizes).set(id, bytes) }));
  } catch (error) {
    useJudges.setState({ fetchFailure: toFailure(error) });
  }
}

export async function fetchWebllmModel(id: string): Promise<void> {
  if (useJudges.getState().fetching !== null) return;
  useJudges.setState({ fetching: id, fetchFailure: null });
  try {
    await lab().fetchWebllmModel(id);
  } catch (error) {
    const failure = toFailure(error);
    if (failure.code !== 'cancelled') useJudges.setState({ fetchFailure: failure });
  } finally {
    useJudges.setState({ fetching: null, busy: null });
  }
  await loadWebllmModels();
}

export const cancelFetch = () => attempt(() => lab().cancelWebllmFetch());

export async function deleteWebllmModel(id: string): Promise<void> {
  await attempt(() => lab().deleteWebllmModel(id));
  await loadWebllmModels();
}

/** @param url an address of a server. @returns why it is not known; null where it is */
export async function loadAccess(url: string): Promise<Failure | null> {
  try {
    const info = await lab().remoteAccess(url);
    useJudges.setState(({ access }) => ({ access: new Map(access).set(url, info) }));
    return null;
  } catch (error) {
    return toFailure(error);
  }
}

/** @returns why the access could not be set; null where it was */
export async function giveAccess(
  url: string,
  access: RemoteAccess | null,
  remember: boolean,
): Promise<Failure | null> {
  try {
    await lab().setRemoteAccess(url, access, remember);
  } catch (error) {
    return toFailure(error);
  }
  return loadAccess(url);
}

/** Asks the server what it has. */
export async function askOffered(url: string): Promise<void> {
  const put = (value: readonly string[] | Failure | 'asking') =>
    useJudges.setState(({ offered }) => ({ offered: new Map(offered).set(url, value) }));
  put('asking');
  try {
    put(await lab().remoteModels(url));
  } catch (error) {
    put(toFailure(error));
  }
}
