/**
 * Runs an encoder in onnxruntime-web, in its own worker: the logits of a reward model, or the embedding of a text. The
 * runtime is served by this site and fetched when the first model is loaded.
 */
import { expose } from 'comlink';
import type { InferenceSession, Tensor } from 'onnxruntime-web';
import gpuWasmUrl from 'onnxruntime-web/ort-wasm-simd-threaded.jspi.wasm?url';
import cpuWasmUrl from 'onnxruntime-web/ort-wasm-simd-threaded.wasm?url';
import { float16ToFloat32 } from '../../lib/half';
import { graphFault, type Head, outputOf, type Pooling, sentenceVectors } from './graph';
import { type Batch, batches } from './input';

export type Provider = 'wasm' | 'webgpu';

export interface Graph {
  readonly head: Head;
  /** How an embedding model's token vectors become one vector. Not used if the graph gives one vector per text. */
  readonly pooling: Pooling;
  /** Token id of the padding. */
  readonly pad: number;
  /** Number of token ids, or a lower bound. */
  readonly vocabulary: number;
}

export interface Loaded {
  readonly provider: Provider;
  /** Median time of a realistic batch, if both providers were measured. */
  readonly milliseconds: Readonly<Record<Provider, number>> | null;
}

/** A failure of loading or scoring. `detail` is a clause. */
export interface Fault {
  readonly fault: 'missing-file' | 'bad-model' | 'no-runtime' | 'run-failed';
  readonly detail: string;
}

/** Faults are returned instead of thrown, because errors lose their class between threads. */
export type Reply<T> = { readonly ok: true; readonly value: T } | ({ readonly ok: false } & Fault);

export interface OnnxWorker {
  /**
   * @param model absolute URL of the file, or the file
   * @param provider `measure`: the faster one
   * @param runtime URL of onnxruntime's WebAssembly; null for this site's
   */
  load(
    model: string | Blob,
    graph: Graph,
    provider: Provider | 'measure',
    runtime: string | null,
  ): Promise<Reply<Loaded>>;
  /** @returns [batch, width]: logits, or embeddings of length 1 */
  run(batch: Batch): Promise<Reply<Float32Array>>;
}

type Runtime = Pick<typeof import('onnxruntime-web'), 'InferenceSession' | 'Tensor' | 'env'>;

class FaultError extends Error {
  constructor(
    readonly fault: Fault['fault'],
    detail: string,
  ) {
    super(detail);
  }
}

/** Eight texts of typical length. */
function realisticBatch({ pad, vocabulary }: Graph): Batch | undefined {
  const ids = (b: number) => Array.from({ length: 64 }, (_, t) => (3 + ((7 * b + 37 * t) % 500)) % vocabulary);
  const [batch] = batches(
    Array.from({ length: 8 }, (_, b) => ({ ids: ids(b) })),
    { rows: 8, tokens: 512, pad },
  );
  return batch;
}

/** Largest difference of the two providers' outputs at which they count as equal. */
const AGREEMENT = 1e-3;

const reason = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? '';

/** Runs an action. An error becomes the named fault. */
async function withFault<T>(fault: Fault['fault'], action: () => T | Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw error instanceof FaultError ? error : new FaultError(fault, reason(error));
  }
}

async function answer<T>(action: () => Promise<T>): Promise<Reply<T>> {
  try {
    return { ok: true, value: await action() };
  } catch (error) {
    return { ok: false, fault: error instanceof FaultError ? error.fault : 'run-failed', detail: reason(error) };
  }
}

async function bytesOf(model: string | Blob): Promise<Uint8Array> {
  if (typeof model !== 'string')
    return withFault('missing-file', async () => new Uint8Array(await model.arrayBuffer()));
  const name = new URL(model).pathname.split('/').at(-1) ?? model;
  const response = await fetch(model).catch(() => null);
  if (!response) throw new FaultError('missing-file', `${name} (no answer)`);
  // Hosts of single-page applications answer with their page instead of status 404.
  const isPage = response.headers.get('content-type')?.includes('text/html') ?? false;
  if (!response.ok || isPage)
    throw new FaultError('missing-file', `${name} (${isPage ? 'a page came instead' : response.status})`);
  return new Uint8Array(await response.arrayBuffer());
}

/** The build with WebGPU needs JavaScript promise integration. Without it, the smaller build runs on the CPU only. */
async function loadRuntime(wantsGpu: boolean, runtimeUrl: string | null): Promise<Runtime> {
  const runtime: Runtime = await (wantsGpu ? import('onnxruntime-web/jspi') : import('onnxruntime-web/wasm'));
  const wasm = new URL(runtimeUrl ?? (wantsGpu ? gpuWasmUrl : cpuWasmUrl), self.location.href).href;
  runtime.env.wasm.wasmPaths = { wasm };
  runtime.env.logLevel = 'error';
  // Threads need shared memory, which needs HTTP headers that a static host does not send.
  if (!self.crossOriginIsolated) runtime.env.wasm.numThreads = 1;
  return runtime;
}

class Model {
  private constructor(
    readonly provider: Provider,
    private readonly graph: Graph,
    private readonly output: string,
    private readonly runtime: Runtime,
    private readonly session: InferenceSession,
  ) {}

  static async create(runtime: Runtime, bytes: Uint8Array, graph: Graph, provider: Provider): Promise<Model> {
    const options = { executionProviders: [provider], logSeverityLevel: 3 } as const;
    const session = await runtime.InferenceSession.create(bytes, options).catch((error: unknown) => {
      // The first session also starts the runtime. Only the message distinguishes the two failures.
      const detail = reason(error);
      throw new FaultError(detail.includes('no available backend') ? 'no-runtime' : 'bad-model', detail);
    });
    const { inputNames, outputNames } = session;
    const output = outputOf(graph.head, outputNames);
    const fault = graphFault(graph.head, inputNames, outputNames);
    if (fault !== null || output === null) {
      await session.release();
      throw new FaultError('bad-model', fault ?? 'it has no output');
    }
    return new Model(provider, graph, output, runtime, session);
  }

  /** @returns [batch, width] */
  async run(batch: Batch): Promise<Float32Array> {
    const feeds = Object.fromEntries(
      this.session.inputMetadata.map((input) => {
        const type = input.isTensor && input.type === 'int32' ? 'int32' : 'int64';
        const values = valuesOf(input.name, batch);
        const data = type === 'int32' ? values : BigInt64Array.from(values, BigInt);
        return [input.name, new this.runtime.Tensor(type, data, batch.shape)];
      }),
    );
    const result = (await this.session.run(feeds))[this.output];
    if (result === undefined) throw new FaultError('bad-model', `it gave no ${this.output}`);
    const values = floats(result);
    const [rows] = batch.shape;
    if (values === null || result.dims[0] !== rows)
      throw new FaultError('bad-model', 'its output does not have one row of numbers per text');
    if (this.graph.head === 'reward') {
      if (result.dims.length > 2)
        throw new FaultError('bad-model', `its ${this.output} has values per token, not per text`);
      return values;
    }
    return sentenceVectors(values, result.dims, batch, this.graph.pooling);
  }

  /**
   * The outputs of a realistic batch, and the median time of its runs. A first run compiles and is not counted; then
   * there are three runs, or as many as start within half a second.
   */
  async measure(): Promise<{ values: Float32Array; milliseconds: number }> {
    const batch = realisticBatch(this.graph);
    if (!batch) throw new Error('no batch to measure');
    const values = await this.run(batch);
    const times: number[] = [];
    const begin = performance.now();
    do {
      const start = performance.now();
      await this.run(batch);
      times.push(performance.now() - start);
    } while (times.length < 3 && performance.now() - begin < 500);
    const middle = times.sort((a, b) => a - b)[Math.floor(times.length / 2)];
    return { values, milliseconds: middle ?? Number.POSITIVE_INFINITY };
  }

  dispose(): Promise<void> {
    return this.session.release();
  }
}

function valuesOf(name: string, { inputIds, attentionMask, tokenTypes, shape }: Batch): Int32Array {
  if (name === 'input_ids') return inputIds;
  if (name === 'attention_mask') return attentionMask;
  if (name === 'token_type_ids') return tokenTypes;
  return Int32Array.from(inputIds, (_, i) => i % shape[1]);
}

/** float16 values arrive as bits if the browser has no Float16Array. */
function floats({ type, data }: Tensor): Float32Array | null {
  if (data instanceof Float32Array) return data;
  if (data instanceof Uint16Array) return type === 'float16' ? float16ToFloat32(data) : null;
  return type === 'float16' || type === 'float64'
    ? Float32Array.from(Array.from<unknown, number>(data, Number))
    : null;
}

/**
 * Runs the same batch on both providers and keeps the faster one. A GPU that fails or scores differently is not used.
 */
async function faster(
  cpu: Model,
  createGpu: () => Promise<Model>,
): Promise<{ model: Model; milliseconds: Loaded['milliseconds'] }> {
  const onCpu = await cpu.measure();
  const gpu = await createGpu().catch(() => null);
  const onGpu = await gpu?.measure().catch(() => null);
  if (!gpu || !onGpu) return { model: cpu, milliseconds: null };
  const milliseconds = { wasm: onCpu.milliseconds, webgpu: onGpu.milliseconds };
  const agree = onCpu.values.every((value, i) => Math.abs(value - (onGpu.values[i] ?? Number.NaN)) <= AGREEMENT);
  const useGpu = agree && onGpu.milliseconds < onCpu.milliseconds;
  await (useGpu ? cpu : gpu).dispose();
  return { model: useGpu ? gpu : cpu, milliseconds };
}

let loaded: Model | null = null;

async function load(
  source: string | Blob,
  graph: Graph,
  provider: Provider | 'measure',
  runtimeUrl: string | null,
): Promise<Loaded> {
  const bytes = await bytesOf(source);
  const wantsGpu = provider !== 'wasm' && 'Suspending' in WebAssembly;
  const runtime = await withFault('no-runtime', () => loadRuntime(wantsGpu, runtimeUrl));
  const create = (on: Provider) => Model.create(runtime, bytes, graph, on);
  const { model, milliseconds } = !wantsGpu
    ? { model: await create('wasm'), milliseconds: null }
    : provider === 'webgpu'
      ? { model: await create('webgpu').catch(() => create('wasm')), milliseconds: null }
      : await faster(await create('wasm'), () => create('webgpu'));
  loaded = model;
  return { provider: model.provider, milliseconds };
}

async function run(batch: Batch): Promise<Float32Array> {
  if (loaded === null) throw new FaultError('run-failed', 'it was asked before it was loaded');
  return loaded.run(batch);
}

const worker: OnnxWorker = {
  load: (model, graph, provider, runtime) => answer(() => load(model, graph, provider, runtime)),
  run: (batch) => answer(() => run(batch)),
};
expose(worker);
