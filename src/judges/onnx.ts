/**
 * A reward model as a judge: `onnx.worker.ts`, watched from outside. Every failure is typed and ends the worker, so that the
 * next call starts afresh.
 */
import { type Remote, wrap } from 'comlink';
import { LabError } from '../lib/errors';
import type { Judge, Judgement, JudgeRequest } from './judge';
import type { Fault, JudgeFiles, JudgeWorker, Loaded, Provider, Reply } from './onnx.worker';

export interface OnnxJudgeOptions {
  readonly files: JudgeFiles;
  /** Of the policy; null without one. A software GPU is the CPU with a detour and never measured. */
  readonly gpu: { readonly name: string; readonly software: boolean } | null;
  /** Instead of the faster one. */
  readonly provider?: Provider;
  /** Milliseconds before a worker that is silent counts as hung. Loading includes a download of 5 MB compressed. */
  readonly loadTimeout?: number;
  readonly scoreTimeout?: number;
  readonly createWorker?: () => Worker;
}

/** The files of a judge in one folder. @param folder absolute address, with or without the last slash */
export function judgeFiles(folder: string): JudgeFiles {
  const file = (name: string) => new URL(name, folder.endsWith('/') ? folder : `${folder}/`).href;
  return { model: file('model.onnx'), tokenizer: file('tokenizer.json'), tokenizerConfig: file('tokenizer_config.json') };
}

/** The faster provider by GPU and model, measured once a session. */
const measured = new Map<string, Provider>();

const RETRY = 'Nothing is lost: the run waits. Try again, or choose the rule as the judge.';

function faultError({ fault, detail }: Fault): LabError {
  switch (fault) {
    case 'missing-file':
      return new LabError('judge-failed', `The judge's file could not be fetched: ${detail}.`, `Check the connection. ${RETRY}`);
    case 'bad-tokenizer':
      return new LabError('judge-failed', `The judge's tokenizer could not be read: ${detail}.`, RETRY);
    case 'bad-model':
      return new LabError('judge-failed', `The judge's model could not be read: ${detail}.`, RETRY);
    case 'no-runtime':
      return new LabError('judge-failed', `onnxruntime, which runs the judge, could not start: ${detail}.`, RETRY);
    case 'run-failed':
      return new LabError('judge-failed', `The judge failed while scoring: ${detail}.`, RETRY);
    default:
      return fault satisfies never;
  }
}

interface Session {
  readonly worker: Worker;
  readonly remote: Remote<JudgeWorker>;
  /** Rejects when the worker stops; never resolves. */
  readonly stopped: Promise<never>;
  stop(error: LabError): void;
}

export class OnnxJudge implements Judge {
  #session: Session | null = null;
  #loaded: Promise<Loaded> | null = null;
  /** The model runs one batch at a time; a call's time-out starts with its turn. */
  #turn: Promise<unknown> = Promise.resolve();
  readonly #options: OnnxJudgeOptions;

  constructor(options: OnnxJudgeOptions) {
    this.#options = options;
  }

  /** Fetches and starts everything, once; after a failure the next call tries again. @throws LabError judge-failed */
  load(): Promise<Loaded> {
    this.#loaded ??= this.#load().catch((error: unknown) => {
      this.#loaded = null;
      throw error;
    });
    return this.#loaded;
  }

  /** Higher is better. @throws LabError judge-failed */
  score({ instruction, responses }: JudgeRequest): Promise<Judgement> {
    const judgement = this.#turn.then(async (): Promise<Judgement> => {
      const { provider } = await this.load();
      const scores = await this.#call(this.#options.scoreTimeout ?? 60_000, (remote) => remote.score(instruction, responses));
      return { scores, detail: `reward model in onnxruntime (${provider})` };
    });
    this.#turn = judgement.catch(() => undefined);
    return judgement;
  }

  /** Ends the worker; calls in flight reject. */
  dispose(): void {
    this.#session?.stop(new LabError('judge-failed', 'The judge was closed.'));
  }

  async #load(): Promise<Loaded> {
    const { files, gpu, provider } = this.#options;
    const key = gpu && !gpu.software ? `${gpu.name}\n${files.model}` : null;
    const wanted = provider ?? (key === null ? 'wasm' : (measured.get(key) ?? 'measure'));
    const loaded = await this.#call(this.#options.loadTimeout ?? 300_000, (remote) => remote.load(files, wanted));
    if (key !== null && wanted === 'measure') measured.set(key, loaded.provider);
    return loaded;
  }

  async #call<T>(timeout: number, action: (remote: JudgeWorker) => Promise<Reply<T>>): Promise<T> {
    const session = this.#open();
    const seconds = Math.round(timeout / 1000);
    const hung = new LabError('judge-failed', `The judge gave no answer for ${seconds} seconds and was stopped.`, RETRY);
    const timer = setTimeout(() => session.stop(hung), timeout);
    try {
      const reply = await Promise.race([action(session.remote), session.stopped]);
      if (reply.ok) return reply.value;
      const error = faultError(reply);
      session.stop(error);
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  #open(): Session {
    if (this.#session) return this.#session;
    const create = this.#options.createWorker ?? startWorker;
    const worker = create();
    const { promise: stopped, reject } = Promise.withResolvers<never>();
    // Nobody may be waiting when it stops.
    stopped.catch(() => undefined);
    const stop = (error: LabError): void => {
      worker.terminate();
      if (this.#session?.worker !== worker) return;
      this.#session = null;
      this.#loaded = null;
      reject(error);
    };
    worker.addEventListener('error', (event) => {
      event.preventDefault();
      const detail = event.message ? `: ${event.message}` : ', or its script could not be fetched';
      stop(new LabError('judge-failed', `The judge's worker stopped unexpectedly${detail}.`, RETRY));
    });
    this.#session = { worker, remote: wrap<JudgeWorker>(worker), stopped, stop };
    return this.#session;
  }
}

function startWorker(): Worker {
  return new Worker(new URL('./onnx.worker.ts', import.meta.url), { type: 'module', name: 'judge' });
}
