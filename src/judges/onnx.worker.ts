/**
 * A reward model in onnxruntime-web, in a worker of its own. Reads an instruction and a response, never a thought; gives the
 * logit that the response is right. The runtime's files come from this site, and only when a judge is loaded.
 */
import { Tokenizer } from '@huggingface/tokenizers';
import { expose } from 'comlink';
import type { InferenceSession } from 'onnxruntime-web';
import gpuWasmUrl from 'onnxruntime-web/ort-wasm-simd-threaded.jspi.wasm?url';
import cpuWasmUrl from 'onnxruntime-web/ort-wasm-simd-threaded.wasm?url';
import * as v from 'valibot';
import { type Batch, batches, type Encode, judgeInput } from './onnx-input';

export type Provider = 'wasm' | 'webgpu';

/** Absolute addresses. */
export interface JudgeFiles {
  readonly model: string;
  readonly tokenizer: string;
  readonly tokenizerConfig: string;
  /** onnxruntime's own; from this site when absent. */
  readonly runtime?: string;
}

export interface Loaded {
  readonly provider: Provider;
  /** Of one realistic batch (median), where both providers were measured. */
  readonly milliseconds: Readonly<Record<Provider, number>> | null;
}

/** What can go wrong while loading or scoring; `detail` is a clause. */
export interface Fault {
  readonly fault: 'missing-file' | 'bad-tokenizer' | 'bad-model' | 'no-runtime' | 'run-failed';
  readonly detail: string;
}

/** Errors lose their class between threads, so faults are returned. */
export type Reply<T> = { readonly ok: true; readonly value: T } | ({ readonly ok: false } & Fault);

export interface JudgeWorker {
  load(files: JudgeFiles, provider: Provider | 'measure'): Promise<Reply<Loaded>>;
  /** Scores in the order of the responses; null where the model could not see the response, or gave no finite number. */
  score(instruction: string, responses: readonly string[]): Promise<Reply<readonly (number | null)[]>>;
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

const BATCH_SIZE = 8;
/** Eight responses of the usual length. */
const REALISTIC = batches(
  Array.from({ length: BATCH_SIZE }, (_, b) => Array.from({ length: 64 }, (_, t) => 3 + ((7 * b + 37 * t) % 500))),
  BATCH_SIZE,
);
/** Largest difference of two providers' scores at which they count as the same model. */
const AGREEMENT = 1e-3;

const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? '';

/** Runs an action and gives what it throws the fault's name. */
async function naming<T>(fault: Fault['fault'], action: () => T | Promise<T>): Promise<T> {
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

async function fetchFile(url: string): Promise<Response> {
  const name = new URL(url).pathname.split('/').at(-1) ?? url;
  const response = await naming('missing-file', () => fetch(url)).catch(() => null);
  if (!response) throw new FaultError('missing-file', `${name} (no answer)`);
  // Hosts of single-page applications answer with the page instead of 404.
  const isPage = response.headers.get('content-type')?.includes('text/html') ?? false;
  if (!response.ok || isPage)
    throw new FaultError('missing-file', `${name} (${isPage ? 'a page came instead' : response.status})`);
  return response;
}

async function loadTokenizer(files: JudgeFiles): Promise<Encode> {
  const [tokenizer, config] = await Promise.all([fetchFile(files.tokenizer), fetchFile(files.tokenizerConfig)]);
  return naming('bad-tokenizer', async () => {
    const json = v.looseObject({});
    const built = new Tokenizer(v.parse(json, await tokenizer.json()), v.parse(json, await config.json()));
    return (text) => built.encode(text, { add_special_tokens: false }).ids;
  });
}

/** The build with WebGPU needs JavaScript promise integration; without it the smaller build runs on the CPU alone. */
async function loadRuntime(wantsGpu: boolean, runtimeUrl: string | undefined): Promise<Runtime> {
  const runtime: Runtime = await (wantsGpu ? import('onnxruntime-web/jspi') : import('onnxruntime-web/wasm'));
  const wasm = new URL(runtimeUrl ?? (wantsGpu ? gpuWasmUrl : cpuWasmUrl), self.location.href).href;
  runtime.env.wasm.wasmPaths = { wasm };
  runtime.env.logLevel = 'error';
  // More threads need shared memory, which needs headers that a static host does not send.
  if (!self.crossOriginIsolated) runtime.env.wasm.numThreads = 1;
  return runtime;
}

class Model {
  private constructor(
    readonly provider: Provider,
    private readonly runtime: Runtime,
    private readonly session: InferenceSession,
  ) {}

  static async create(runtime: Runtime, bytes: Uint8Array, provider: Provider): Promise<Model> {
    const options = { executionProviders: [provider], logSeverityLevel: 3 } as const;
    const session = await runtime.InferenceSession.create(bytes, options).catch((error: unknown) => {
      // The first session also starts the runtime, and only the message tells the two failures apart.
      const detail = reason(error);
      throw new FaultError(detail.includes('no available backend') ? 'no-runtime' : 'bad-model', detail);
    });
    const expected = ['input_ids', 'attention_mask'].every((name) => session.inputNames.includes(name));
    if (!expected || !session.outputNames.includes('score')) {
      throw new FaultError('bad-model', 'it does not take input_ids and attention_mask and give score');
    }
    return new Model(provider, runtime, session);
  }

  /** @returns one score per row, in the batch's order */
  async run({ inputIds, attentionMask, shape }: Batch): Promise<Float32Array> {
    const { Tensor } = this.runtime;
    const { score } = await this.session.run({
      input_ids: new Tensor('int64', inputIds, shape),
      attention_mask: new Tensor('int64', attentionMask, shape),
    });
    const scores = score?.data;
    if (!(scores instanceof Float32Array) || scores.length !== shape[0]) {
      throw new FaultError('bad-model', 'its output is not one float32 score per row');
    }
    return scores;
  }

  /** Scores of a realistic batch and the median time of its runs, after one that compiles: three, or as many as start in half a second. */
  async measure(): Promise<{ scores: Float32Array; milliseconds: number }> {
    const [batch] = REALISTIC;
    if (!batch) throw new Error('no batch to measure');
    const scores = await this.run(batch);
    const times: number[] = [];
    const begin = performance.now();
    do {
      const start = performance.now();
      await this.run(batch);
      times.push(performance.now() - start);
    } while (times.length < 3 && performance.now() - begin < 500);
    const middle = times.sort((a, b) => a - b)[Math.floor(times.length / 2)];
    return { scores, milliseconds: middle ?? Number.POSITIVE_INFINITY };
  }

  dispose(): Promise<void> {
    return this.session.release();
  }
}

/** Both providers on the same batch; the faster one stays. A GPU that fails or scores differently is not used. */
async function faster(
  cpu: Model,
  createGpu: () => Promise<Model>,
): Promise<{ model: Model; milliseconds: Loaded['milliseconds'] }> {
  const onCpu = await cpu.measure();
  const gpu = await createGpu().catch(() => null);
  const onGpu = await gpu?.measure().catch(() => null);
  if (!gpu || !onGpu) return { model: cpu, milliseconds: null };
  const milliseconds = { wasm: onCpu.milliseconds, webgpu: onGpu.milliseconds };
  const agree = onCpu.scores.every((score, row) => Math.abs(score - (onGpu.scores[row] ?? Number.NaN)) <= AGREEMENT);
  const useGpu = agree && onGpu.milliseconds < onCpu.milliseconds;
  await (useGpu ? cpu : gpu).dispose();
  return { model: useGpu ? gpu : cpu, milliseconds };
}

let judge: { encode: Encode; model: Model } | null = null;

async function load(files: JudgeFiles, provider: Provider | 'measure'): Promise<Loaded> {
  const [encode, bytes] = await Promise.all([
    loadTokenizer(files),
    fetchFile(files.model).then(async (response) => new Uint8Array(await response.arrayBuffer())),
  ]);
  const wantsGpu = provider !== 'wasm' && 'Suspending' in WebAssembly;
  const runtime = await naming('no-runtime', () => loadRuntime(wantsGpu, files.runtime));
  const create = (on: Provider) => Model.create(runtime, bytes, on);
  const { model, milliseconds } = !wantsGpu
    ? { model: await create('wasm'), milliseconds: null }
    : provider === 'webgpu'
      ? { model: await create('webgpu').catch(() => create('wasm')), milliseconds: null }
      : await faster(await create('wasm'), () => create('webgpu'));
  judge = { encode, model };
  return { provider: model.provider, milliseconds };
}

async function score(instruction: string, responses: readonly string[]): Promise<(number | null)[]> {
  if (!judge) throw new FaultError('run-failed', 'it was asked before it was loaded');
  const { encode, model } = judge;
  // Padding moves a score by about 1e-6, so equal texts are scored once and tie exactly.
  const distinct = new Map<string, readonly number[]>();
  const keys = responses.map((response) => {
    const ids = judgeInput(encode, instruction, response);
    if (!ids) return null;
    const key = ids.join(' ');
    distinct.set(key, ids);
    return key;
  });
  const scores = new Map<string, number>();
  const uniqueKeys = [...distinct.keys()];
  for (const batch of batches([...distinct.values()], BATCH_SIZE)) {
    const output = await model.run(batch);
    for (const [b, row] of batch.rows.entries()) scores.set(uniqueKeys[row] ?? '', output[b] ?? Number.NaN);
  }
  return keys.map((key) => {
    const value = key === null ? undefined : scores.get(key);
    return value !== undefined && Number.isFinite(value) ? value : null;
  });
}

const worker: JudgeWorker = {
  load: (files, provider) => answer(() => load(files, provider)),
  score: (instruction, responses) => answer(() => score(instruction, responses)),
};
expose(worker);
