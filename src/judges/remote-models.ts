/** The models of a server. */
import { LabError } from '../lib/errors';
import { modelsOf } from './remote-answers';
import { diagnose } from './remote-diagnosis';
import * as errors from './remote-errors';
import { Cut, exchange, NoAnswer, type RemoteServer } from './remote-exchange';
import { Interruption, problemOf } from './remote-problem';

/** OpenRouter's list of some hundred models is about a megabyte. */
const MOST_BYTES = 16 * 2 ** 20;
const LIST_MS = 30_000;

/** A server of so few models answers under any name (llama.cpp's does), so the name is looked up in its list. */
const FEW = 8;

/** In the server's order. @throws LabError judge-failed; the signal's reason when it is aborted */
export async function listModels(server: RemoteServer, signal: AbortSignal): Promise<readonly string[]> {
  const { host } = server.address;
  const late = AbortSignal.timeout(LIST_MS);
  try {
    const answer = await exchange(server, '/models', null, MOST_BYTES, AbortSignal.any([signal, late]));
    const problem = problemOf(server, answer);
    if (problem?.error instanceof Interruption) throw problem.error.failure;
    if (problem !== null) throw problem.error;
    const models = modelsOf(answer.body);
    if (models === null) throw errors.unexpected(host, 'its list of models is none');
    return models;
  } catch (error) {
    signal.throwIfAborted();
    if (late.aborted) throw errors.silent(host, LIST_MS / 1000);
    if (error instanceof NoAnswer) throw await diagnose(server, signal, error.cause);
    if (error instanceof Cut) throw errors.cut(host, error.cause);
    throw error;
  }
}

/** @throws LabError judge-failed where the server is known not to have the model; the signal's reason when it is aborted */
export async function checkModel(server: RemoteServer, model: string, signal: AbortSignal): Promise<void> {
  const offered = await listOrNull(server, signal);
  if (model === '') throw errors.noModel(server.address.host, model, offered);
  if (offered === null || offered.length > FEW) return;
  // Ollama's names have a tag behind a colon, `latest` where none is given.
  if (!offered.some((name) => name === model || name === `${model}:latest`)) {
    throw errors.noModel(server.address.host, model, offered);
  }
}

/** null where the server does not tell: it may answer questions all the same, and else says why itself. */
export async function listOrNull(server: RemoteServer, signal: AbortSignal): Promise<readonly string[] | null> {
  try {
    return await listModels(server, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof LabError) return null;
    throw error;
  }
}
