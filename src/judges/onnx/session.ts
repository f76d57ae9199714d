/**
 * A model in `onnx.worker.ts`, with time limits: token ids in, one row of numbers per text out. A failure ends the
 * worker, so that the next call starts a new one.
 */
import { type Remote, wrap } from 'comlink';
import { LabError } from '../../lib/errors';
import { type Batch, batches, type ModelInput } from './input';
import type { Fault, Graph, Loaded, OnnxWorker, Provider, Reply } from './onnx.worker';

/** The policy's GPU. A software GPU is slower than the CPU, so it is never tried. */
export interface Gpu {
  readonly name: string;
  readonly software: boolean;
}

export interface OnnxSessionOptions<Reader> {
  /** Absolute URL of the model's file, or the file itself. */
  readonly model: string | Blob;
  /** Identifies the model. The faster provider is remembered by GPU and name. */
  readonly name: string;
  /** Opens the reader that turns texts into token ids. Called once; after a failure again. */
  reader(): Promise<Reader>;
  readonly graph: Graph;
  /** Null if there is none. */
  readonly gpu: Gpu | null;
  /** The provider to use; by default the faster one. */
  readonly provider?: Provider;
  /** URL of onnxruntime's WebAssembly; by default this site's. */
  readonly runtime?: string;
  readonly patience?: Partial<OnnxPatience>;
  readonly createWorker?: () => Worker;
}

/** Milliseconds without an answer after which the worker is stopped. */
export interface OnnxPatience {
  /** For loading: a download of 5 MB, and measuring a small model. */
  readonly load: number;
  /** In addition for each byte of a stored model. */
  readonly byte: number;
  /** For a batch. */
  readonly batch: number;
  /** In addition for each token of a batch, until the first batch has shown the model's speed. */
  readonly token: number;
}

/** 400 million parameters in f32 take up to half a second per token on one slow core. */
const PATIENCE: OnnxPatience = { load: 300_000, byte: 1e-3, batch: 60_000, token: 1000 };
/** A batch may take this many times longer per token than any batch before: attention is quadratic in the length. */
const SLOWDOWN = 10;

/** Limits of a batch. A longer text is a batch of its own, because attention is quadratic in the length. */
const BATCH = { rows: 8, tokens: 4096 };

/** The faster provider by GPU and model, measured once per page. */
const measured = new Map<string, Provider>();

export const RETRY = 'Nothing is lost: the run is paused. Try again, or choose the rule as the judge.';

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

/** A running worker. */
interface Connection {
  readonly worker: Worker;
  readonly remote: Remote<OnnxWorker>;
  /** Rejects when the worker stops; never resolves. */
  readonly stopped: Promise<never>;
  stop(error: LabError): void;
}

export class OnnxSession<Reader> {
  private connection: Connection | null = null;
  private loaded: Promise<Loaded> | null = null;
  private reader: Promise<Reader> | null = null;
  /** The last call of `run`. Calls run one after the other, so that a call's time limit starts with its turn. */
  private last: Promise<unknown> = Promise.resolve();
  private closed: LabError | null = null;
  /** The longest time per token so far, in milliseconds. */
  private slowest: number | null = null;
  private readonly patience: OnnxPatience;

  constructor(private readonly options: OnnxSessionOptions<Reader>) {
    this.patience = { ...PATIENCE, ...options.patience };
  }

  /** Fetches and starts everything, once. After a failure the next call tries again. @throws LabError judge-failed */
  async open(): Promise<{ readonly loaded: Loaded; readonly reader: Reader }> {
    const [loaded, reader] = await Promise.all([this.load(), this.openReader()]);
    return { loaded, reader };
  }

  /**
   * Runs the model on all inputs. Equal inputs are computed once and get exactly equal results, whatever their
   * padding.
   * @param signal stops between two batches
   * @returns one row per input; null if the model gave a number that is not finite
   * @throws LabError judge-failed, cancelled
   */
  run(inputs: readonly ModelInput[], signal?: AbortSignal): Promise<readonly (Float32Array | null)[]> {
    const results = this.last.then(() => this.runBatches(inputs, signal));
    this.last = results.catch(() => undefined);
    return results;
  }

  /** Bytes of the weights if they may be on the GPU. Only loading shows whether they are. */
  get memory(): number {
    const { model, gpu, provider } = this.options;
    const onGpu = provider === undefined ? gpu?.software === false : provider === 'webgpu';
    return onGpu && typeof model !== 'string' ? model.size : 0;
  }

  /** Frees GPU memory by ending the worker. The next call starts another. */
  async release(): Promise<void> {
    const loaded = await this.loaded?.catch(() => null);
    if (loaded?.provider !== 'webgpu') return;
    this.connection?.stop(new LabError('judge-failed', 'The judge was unloaded to free its memory.', RETRY));
  }

  /** Ends the worker for good. Calls in flight and later calls reject. */
  close(): void {
    this.closed = new LabError('judge-failed', 'The judge was closed.', 'Open it again.');
    this.connection?.stop(this.closed);
  }

  private async runBatches(
    inputs: readonly ModelInput[],
    signal: AbortSignal | undefined,
  ): Promise<readonly (Float32Array | null)[]> {
    await this.load();
    const key = ({ ids, types = [] }: ModelInput) => `${ids.join(' ')},${types.join(' ')}`;
    const distinct = [...new Map(inputs.map((input) => [key(input), input]))];
    const results = new Map<string, Float32Array>();
    const limits = { ...BATCH, pad: this.options.graph.pad };
    const rows = distinct.map(([, input]) => input);
    for (const batch of batches(rows, limits)) {
      if (signal?.aborted) {
        throw new LabError('cancelled', 'The judge was stopped.', 'Nothing was stored for this prompt.');
      }
      const values = await this.runBatch(batch);
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

  private async runBatch(batch: Batch): Promise<Float32Array> {
    const tokens = batch.inputIds.length;
    const perToken = this.slowest === null ? this.patience.token : SLOWDOWN * this.slowest;
    const begun = performance.now();
    const values = await this.call(this.patience.batch + tokens * perToken, (remote) => remote.run(batch));
    this.slowest = Math.max(this.slowest ?? 0, (performance.now() - begun) / tokens);
    return values;
  }

  private load(): Promise<Loaded> {
    this.loaded ??= this.start().catch((error: unknown) => {
      this.loaded = null;
      throw error;
    });
    return this.loaded;
  }

  private async start(): Promise<Loaded> {
    const { model, name, graph, gpu, provider, runtime = null } = this.options;
    const key = gpu && !gpu.software ? `${gpu.name}\n${name}` : null;
    const choice = provider ?? (key === null ? 'wasm' : (measured.get(key) ?? 'measure'));
    const { load, byte } = this.patience;
    const limit = load + byte * (typeof model === 'string' ? 0 : model.size);
    const loaded = await this.call(limit, (remote) => remote.load(model, graph, choice, runtime));
    if (key !== null && choice === 'measure') measured.set(key, loaded.provider);
    return loaded;
  }

  private openReader(): Promise<Reader> {
    this.reader ??= this.options.reader().catch((cause: unknown) => {
      this.reader = null;
      const detail = cause instanceof Error ? cause.message : String(cause);
      throw new LabError('judge-failed', `The judge's tokenizer could not be read: ${detail}`, RETRY, { cause });
    });
    return this.reader;
  }

  private async call<T>(milliseconds: number, action: (remote: OnnxWorker) => Promise<Reply<T>>): Promise<T> {
    const connection = this.connect();
    const seconds = Math.round(milliseconds / 1000);
    const late = new LabError(
      'judge-failed',
      `The judge gave no answer for ${seconds} seconds and was stopped.`,
      RETRY,
    );
    const timer = setTimeout(() => connection.stop(late), milliseconds);
    try {
      const reply = await Promise.race([action(connection.remote), connection.stopped]);
      if (reply.ok) return reply.value;
      const error = faultError(reply);
      connection.stop(error);
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  private connect(): Connection {
    if (this.closed) throw this.closed;
    if (this.connection) return this.connection;
    const worker = (this.options.createWorker ?? startWorker)();
    const { promise: stopped, reject } = Promise.withResolvers<never>();
    // Without this, a worker that stops while no call is in flight would be an unhandled rejection.
    stopped.catch(() => undefined);
    const stop = (error: LabError): void => {
      worker.terminate();
      if (this.connection?.worker !== worker) return;
      this.connection = null;
      this.loaded = null;
      reject(error);
    };
    worker.addEventListener('error', (event) => {
      event.preventDefault();
      const detail = event.message ? `: ${event.message}` : ', or its script could not be fetched';
      stop(new LabError('judge-failed', `The judge's worker stopped unexpectedly${detail}.`, RETRY));
    });
    this.connection = { worker, remote: wrap<OnnxWorker>(worker), stopped, stop };
    return this.connection;
  }
}

function startWorker(): Worker {
  return new Worker(new URL('./onnx.worker.ts', import.meta.url), { type: 'module', name: 'judge' });
}
