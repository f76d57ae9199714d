/** The models of a server. */
import { LabError } from '../../lib/errors';
import { modelsOf } from './answers';
import { diagnose } from './diagnosis';
import * as errors from './errors';
import { Cut, exchange, NoAnswer, type RemoteServer } from './exchange';
import { Interruption, problemOf } from './problem';

/** OpenRouter's list of some hundred models is about a megabyte. */
const MOST_BYTES = 16 * 2 ** 20;
const LIST_MS = 30_000;

/** A server of so few models answers under any name (llama.cpp's does), so the name is looked up in its list. */
const FEW = 8;

/** In the server's order. @throws LabError judge-failed; the signal's reason when it is aborted */
export async function listModels(server: RemoteServer, signal: AbortSignal): Promise<readonly string[]> {
  const listed = await askForModels(server, LIST_MS, signal);
  if (listed instanceof LabError) throw listed;
  return listed;
}

/**
 * @param waitMs how long an answer may take
 * @throws LabError judge-failed where the server does not answer, or is known not to have the model; the signal's reason when it is aborted
 */
export async function checkModel(
  server: RemoteServer,
  model: string,
  waitMs: number,
  signal: AbortSignal,
): Promise<void> {
  const listed = await askForModels(server, waitMs, signal);
  // One that does not list its models may answer questions all the same, and else says why itself.
  const offered = listed instanceof LabError ? null : listed;
  if (model === '') throw errors.noModel(server.address.host, model, offered, server.access);
  if (offered === null || offered.length > FEW) return;
  // Ollama's names have a tag behind a colon, `latest` where none is given.
  if (!offered.some((name) => name === model || name === `${model}:latest`)) {
    throw errors.noModel(server.address.host, model, offered, server.access);
  }
}

/** null where it does not tell. @throws the signal's reason when it is aborted */
export async function listOrNull(server: RemoteServer, signal: AbortSignal): Promise<readonly string[] | null> {
  const listed = await askForModels(server, LIST_MS, signal).catch((error: unknown) => {
    signal.throwIfAborted();
    return error;
  });
  return Array.isArray(listed) ? listed : null;
}

/** @returns what is wrong with an answer that is no list. @throws LabError judge-failed where none came */
async function askForModels(
  server: RemoteServer,
  waitMs: number,
  signal: AbortSignal,
): Promise<readonly string[] | LabError> {
  const { host } = server.address;
  const late = AbortSignal.timeout(waitMs);
  try {
    const answer = await exchange(server, '/models', null, MOST_BYTES, AbortSignal.any([signal, late]));
    const error = problemOf(server, answer)?.error ?? null;
    const failure = error instanceof Interruption ? error.failure : error;
    return failure ?? modelsOf(answer.body) ?? errors.unexpected(host, 'its list of models is none');
  } catch (error) {
    signal.throwIfAborted();
    if (late.aborted) throw errors.silent(host, waitMs / 1000);
    if (error instanceof NoAnswer) throw await diagnose(server, signal, error.cause);
    if (error instanceof Cut) throw errors.cut(host, error.cause);
    throw error;
  }
}
