/** Asks a server for the list of its models. */
import { LabError } from '../../lib/errors';
import { modelsOf } from './answers';
import { diagnose } from './diagnosis';
import * as errors from './errors';
import { Cut, exchange, NoAnswer, type RemoteServer } from './exchange';
import { problemOf } from './problem';
import { RetryableError } from './retry';

/** Longest list. OpenRouter's, of some hundred models, is about a megabyte. */
const MOST_BYTES = 16 * 2 ** 20;
const LIST_MS = 30_000;

/**
 * A server with at most this many models may answer under any model name, as llama.cpp's does. The name is therefore
 * compared with its list.
 */
const FEW = 8;

/** Model names in the server's order. @throws LabError judge-failed; the signal's reason when it is aborted */
export async function listModels(server: RemoteServer, signal: AbortSignal): Promise<readonly string[]> {
  const listed = await askForModels(server, LIST_MS, signal);
  if (listed instanceof LabError) throw listed;
  return listed;
}

/**
 * @param waitMs how long the answer may take
 * @throws LabError judge-failed: the server does not answer, or its list shows that it does not have the model; the
 * signal's reason when it is aborted
 */
export async function checkModel(
  server: RemoteServer,
  model: string,
  waitMs: number,
  signal: AbortSignal,
): Promise<void> {
  const listed = await askForModels(server, waitMs, signal);
  // A server that does not list its models may still answer questions. If not, it says so itself.
  const offered = listed instanceof LabError ? null : listed;
  if (model === '') throw errors.noModel(server.address.host, model, offered, server.access);
  if (offered === null || offered.length > FEW) return;
  // Ollama's names end in a tag. `latest` is the default.
  if (!offered.some((name) => name === model || name === `${model}:latest`)) {
    throw errors.noModel(server.address.host, model, offered, server.access);
  }
}

/** Null if the server does not list its models. @throws the signal's reason when it is aborted */
export async function listOrNull(server: RemoteServer, signal: AbortSignal): Promise<readonly string[] | null> {
  const listed = await askForModels(server, LIST_MS, signal).catch((error: unknown) => {
    signal.throwIfAborted();
    return error;
  });
  return Array.isArray(listed) ? listed : null;
}

/**
 * @returns the list, or the fault of an answer that is not a list.
 * @throws LabError judge-failed: there was no answer
 */
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
    const failure = error instanceof RetryableError ? error.failure : error;
    return failure ?? modelsOf(answer.body) ?? errors.unexpected(host, 'it is not a list of models');
  } catch (error) {
    signal.throwIfAborted();
    if (late.aborted) throw errors.silent(host, waitMs / 1000);
    if (error instanceof NoAnswer) throw await diagnose(server, signal, error.cause);
    if (error instanceof Cut) throw errors.cut(host, error.cause);
    throw error;
  }
}
