/**
 * A model of `onnx.worker.ts`, watched from outside: texts in, a row of numbers each out. Every failure is typed and ends the worker, so that
 * the next call starts afresh.
 */
import { type Remote, wrap } from 'comlink';
import { LabError } from '../../lib/errors';
import { type Batch, batches, type ModelInput } from './input';
import type { Fault, Graph, Loaded, OnnxWorker, Provider, Reply } from './onnx.worker';

export interface OnnxSessionOptions<Reader> {
  /** Absolute address of the model's file, or the file. */
  readonly model: string | Blob;
  /** What the choice of a provider is remembered by. */
  readonly name: string;
  /** How it reads texts: made once, beside the model, by whoever knows tokenizers; after a failure again. */
  reader(): Promise<Reader>;
  readonly graph: Graph;
  /** Of the policy; null without one. A software GPU is the CPU with a detour and never measured. */
  readonly gpu: { readonly name: string; readonly software: boolean } | null;
  /** Instead of the faster one. */
  readonly provider?: Provider;
  /** Address of onnxruntime's own file; from this site when absent. */
  readonly runtime?: string;
  readonly patience?: Partial<OnnxPatience>;
  readonly createWorker?: () => Worker;
}

/** Milliseconds before a worker that is silent counts as hung. */
export interface OnnxPatience {
  /** Includes a download of 5 MB compressed, and what a small model is measured with. */
  readonly load: number;
  /** More for each byte of a model that is here. */
  readonly byte: number;
  /** For one batch. */
  readonly batch: number;
  /** More for each of its tokens, until one batch has shown how long they take. */
  readonly token: number;
}

/** 400 million parameters in f32 take up to half a second a token on one slow core. */
const PATIENCE: OnnxPatience = { load: 300_000, byte: 1e-3, batch: 60_000, token: 1000 };
/** So many times as long as any before may a batch take for each token: attention grows with the square. */
const SLOWER = 10;

/** Texts of one call. A longer one goes alone: what attention takes grows with the square. */
const BATCH = { rows: 8, tokens: 4096 };

/** The faster provider by GPU and model, measured once a session. */
const measured = new Map<string, Provider>();

export const RETRY = 'Nothing is lost: the run waits. Try again, or choose the rule as the judge.';

function faultError({ fault, detail }: Fault): LabError {
  switch (fault) {
    case 'missing-file':
      return new LabError(
        'judge-failed',
        `The judge's file could not be fetched: ${detail}.`,
        `Check the connection. ${RETRY}`,
      );
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
  readonly remote: Remote<OnnxWorker>;
  /** Rejects when the worker stops; never resolves. */
  readonly stopped: Promise<never>;
  stop(error: LabError): void;
}

export class OnnxSession<Reader> {
  #session: Session | null = null;
  #loaded: Promise<Loaded> | null = null;
  #reader: Promise<Reader> | null = null;
  /** The model runs one batch at a time; a call's time-out starts with its turn. */
  #turn: Promise<unknown> = Promise.resolve();
  #closed: LabError | null = null;
  /** Milliseconds a token, the longest so far. */
  #pace: number | null = null;
  readonly #options: OnnxSessionOptions<Reader>;
  readonly #patience: OnnxPatience;

  constructor(options: OnnxSessionOptions<Reader>) {
    this.#options = options;
    this.#patience = { ...PATIENCE, ...options.patience };
  }

  /** Fetches and starts everything, once; after a failure the next call tries again. @throws LabError judge-failed */
  async open(): Promise<{ readonly loaded: Loaded; readonly reader: Reader }> {
    const [loaded, reader] = await Promise.all([this.#load(), this.#read()]);
    return { loaded, reader };
  }

  /**
   * In the order of the inputs; equal ones are computed once and tie exactly, which padding would not let them do.
   * @param signal ends it between two batches
   * @returns null where the model gave a number that is not finite
   * @throws LabError judge-failed, cancelled
   */
  run(inputs: readonly ModelInput[], signal?: AbortSignal): Promise<readonly (Float32Array | null)[]> {
    const results = this.#turn.then(() => this.#run(inputs, signal));
    this.#turn = results.catch(() => undefined);
    return results;
  }

  /** Bytes of the weights where it may hold them on the GPU; only loading shows whether it does. */
  get memory(): number {
    const { model, gpu, provider } = this.#options;
    const onGpu = provider === undefined ? gpu?.software === false : provider === 'webgpu';
    return onGpu && typeof model !== 'string' ? model.size : 0;
  }

  /** Gives back what it holds on the GPU: ends the worker, and the next call starts another. */
  async release(): Promise<void> {
    const loaded = await this.#loaded?.catch(() => null);
    if (loaded?.provider === 'webgpu')
      this.#session?.stop(new LabError('judge-failed', 'The judge gave its memory back.', RETRY));
  }

  /** Ends the worker, for good; calls in flight and later ones reject. */
  close(): void {
    this.#closed = new LabError('judge-failed', 'The judge was closed.', 'Open it again.');
    this.#session?.stop(this.#closed);
  }

  async #run(
    inputs: readonly ModelInput[],
    signal: AbortSignal | undefined,
  ): Promise<readonly (Float32Array | null)[]> {
    await this.#load();
    const key = ({ ids, types = [] }: ModelInput) => `${ids.join(' ')},${types.join(' ')}`;
    const distinct = [...new Map(inputs.map((input) => [key(input), input]))];
    const results = new Map<string, Float32Array>();
    const { pad } = this.#options.graph;
    for (const batch of batches(
      distinct.map(([, input]) => input),
      { ...BATCH, pad },
    )) {
      if (signal?.aborted)
        throw new LabError('cancelled', 'The judge was told to stop.', 'Nothing of this prompt was kept.');
      const values = await this.#batch(batch);
      const width = values.length / batch.rows.length;
      for (const [b, row] of batch.rows.entries()) {
        results.set(distinct[row]?.[0] ?? '', values.subarray(b * width, (b + 1) * width));
      }
    }
    return inputs.map((input) => {
      const found = results.get(key(input));
      return found?.every(Number.isFinite) ? found : null;
    });
  }

  async #batch(batch: Batch): Promise<Float32Array> {
    const tokens = batch.inputIds.length;
    const { batch: least, token } = this.#patience;
    const begun = performance.now();
    const values = await this.#call(least + tokens * (this.#pace === null ? token : SLOWER * this.#pace), (remote) =>
      remote.run(batch),
    );
    this.#pace = Math.max(this.#pace ?? 0, (performance.now() - begun) / tokens);
    return values;
  }

  #load(): Promise<Loaded> {
    this.#loaded ??= this.#start().catch((error: unknown) => {
      this.#loaded = null;
      throw error;
    });
    return this.#loaded;
  }

  async #start(): Promise<Loaded> {
    const { model, name, graph, gpu, provider, runtime = null } = this.#options;
    const key = gpu && !gpu.software ? `${gpu.name}\n${name}` : null;
    const wanted = provider ?? (key === null ? 'wasm' : (measured.get(key) ?? 'measure'));
    const { load, byte } = this.#patience;
    const limit = load + byte * (typeof model === 'string' ? 0 : model.size);
    const loaded = await this.#call(limit, (remote) => remote.load(model, graph, wanted, runtime));
    if (key !== null && wanted === 'measure') measured.set(key, loaded.provider);
    return loaded;
  }

  #read(): Promise<Reader> {
    this.#reader ??= this.#options.reader().catch((cause: unknown) => {
      this.#reader = null;
      const detail = cause instanceof Error ? cause.message : String(cause);
      throw new LabError('judge-failed', `The judge's tokenizer could not be read: ${detail}`, RETRY, { cause });
    });
    return this.#reader;
  }

  async #call<T>(timeout: number, action: (remote: OnnxWorker) => Promise<Reply<T>>): Promise<T> {
    const session = this.#open();
    const seconds = Math.round(timeout / 1000);
    const hung = new LabError(
      'judge-failed',
      `The judge gave no answer for ${seconds} seconds and was stopped.`,
      RETRY,
    );
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
    if (this.#closed) throw this.#closed;
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
    this.#session = { worker, remote: wrap<OnnxWorker>(worker), stopped, stop };
    return this.#session;
  }
}

function startWorker(): Worker {
  return new Worker(new URL('./onnx.worker.ts', import.meta.url), { type: 'module', name: 'judge' });
}
