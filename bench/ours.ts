/** The problem in our engine, with the plans, trainer and generator that a run uses. */

import { layoutArena } from '../src/engine/arena';
import { browserGpu, Device } from '../src/engine/device';
import { PipelineCache } from '../src/engine/kernel';
import { linear } from '../src/engine/ops/linear';
import { Plan, uniformBytes } from '../src/engine/plan';
import { Planner } from '../src/engine/planner';
import { READBACK_USAGE, Readback } from '../src/engine/readback';
import { tunedPlan } from '../src/engine/tuner';
import { MemorySource } from '../src/formats/byte-source';
import { openSafetensors, writeSafetensors } from '../src/formats/safetensors';
import type { TensorFile } from '../src/formats/tensor-file';
import { at } from '../src/lib/assert';
import { adapterLayout, adapterMatrices, scatterMatrix } from '../src/model/adapter-layout';
import { parseConfig } from '../src/model/config';
import { layOutWeights } from '../src/model/weights';
import { TARGET_MODULES } from '../src/recipe/recipe';
import type { PairTokens } from '../src/training/batch';
import { generationTimer } from '../src/training/generation-timer';
import { SFT, Trainer } from '../src/training/trainer';
import { Workspace } from '../src/training/workspace';
import { planWorkspace } from '../src/training/workspace-plan';
import type { Contender, OwnMeasurement, Product } from './contender';
import { ADAM, BATCH, LORA, loraNames, MODEL, type Problem, SEQUENCE, type Tensor, weightOf } from './problem';

const ADAPTER = 'bench';
const LANES = 8;
const NEW_TOKENS = 64;
const PROMPT = 128;

const config = parseConfig({
  architectures: ['LlamaForCausalLM'],
  num_hidden_layers: MODEL.layers,
  hidden_size: MODEL.channels,
  num_attention_heads: MODEL.heads,
  intermediate_size: MODEL.hidden,
  vocab_size: MODEL.vocabulary,
  max_position_embeddings: PROMPT + NEW_TOKENS,
  rms_norm_eps: MODEL.epsilon,
  rope_theta: MODEL.ropeTheta,
  tie_word_embeddings: true,
});

const layout = adapterLayout(config, { ...LORA, rsLora: false, targetModules: TARGET_MODULES });

function modelFile({ weights }: Problem): Promise<TensorFile> {
  const tensors = new Map(
    [...weights].map(([name, { shape, data }]) => [
      name,
      { dtype: 'F32' as const, shape, bytes: new Uint8Array(data.buffer) },
    ]),
  );
  return openSafetensors(new MemorySource('problem', writeSafetensors(tensors)));
}

function initialAdapter({ adapter }: Problem): Float32Array<ArrayBuffer> {
  const flat = new Float32Array(layout.size);
  for (const matrix of adapterMatrices(layout)) {
    const [a, b] = loraNames(matrix.layer, matrix.module);
    scatterMatrix(flat, matrix, weightOf(adapter, matrix.factor === 'A' ? a : b).data);
  }
  return flat;
}

/** Treats each sequence as a completion of its first token. */
function sequences({ tokens }: Problem): PairTokens[] {
  return Array.from({ length: BATCH }, (_, b) => {
    const [first = 0, ...rest] = tokens.subarray(b * SEQUENCE, (b + 1) * SEQUENCE);
    return { prompt: [first], chosen: rest, rejected: [] };
  });
}

async function makeWorkspace(device: Device, cache: PipelineCache, problem: Problem): Promise<Workspace> {
  const file = await modelFile(problem);
  const limits = { maxStorageBufferBindingSize: device.limits.maxStorageBufferBindingSize, expand: false };
  const { plan } = await tunedPlan(device, cache, {}, (tuning) =>
    planWorkspace({
      weights: layOutWeights(config, file.tensors, limits),
      adapter: layout,
      adapters: [ADAPTER],
      generation: {
        lanes: LANES,
        maxNewTokens: NEW_TOKENS,
        maxPrompt: PROMPT,
        prompts: LANES,
        prefillRows: 256,
        steps: 16,
        cacheType: 'f32',
      },
      batch: { rows: BATCH * SEQUENCE, scored: BATCH * SEQUENCE, pairs: BATCH, longest: SEQUENCE },
      verdicts: null,
      loss: { kind: 'sigmoid', beta: 1, labelSmoothing: 0 },
      optimizer: { beta1: ADAM.beta1, beta2: ADAM.beta2, eps: ADAM.epsilon, decay: 0, maxNorm: 0 },
      checkpointing: false,
      tuning,
    }),
  );
  return Workspace.make(device, cache, plan, file);
}

/** @param right [inner, columns] or [inner]; uploaded in the engine's weight layout [columns, inner] */
async function product(device: Device, cache: PipelineCache, left: Tensor, right: Tensor): Promise<Product> {
  const [rows = 0, inner = 0] = left.shape;
  const [columns = 0] = right.shape;
  const { plan: p } = await tunedPlan(device, cache, {}, (tuning) => {
    const planner = new Planner(tuning);
    const bound = { tensor: planner.slot('weight', [columns, inner]) };
    const part = { first: 0, end: columns, storage: 'f32' as const, bound };
    const weight = { label: 'weight', rows: columns, cols: inner, parts: [part] };
    const out = linear(planner, { inp: planner.slot('inp', [rows, inner]), weight });
    return { dispatches: planner.dispatches, decisions: planner.decisions, out };
  });
  const { out } = p;
  const arenaLayout = layoutArena(p.dispatches, [out]);
  const storage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC;
  const bytes = rows * columns * 4;
  const buffers = await device.allocate([
    { label: 'product', bytes: left.data.byteLength, usage: storage },
    { label: 'product', bytes: right.data.byteLength, usage: storage },
    { label: 'product', bytes: 16, usage: storage },
    { label: 'product', bytes, usage: READBACK_USAGE },
    { label: 'product', bytes: uniformBytes(p.dispatches), usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST },
    ...arenaLayout.sizes.map((size) => ({ label: 'product', bytes: size, usage: storage })),
  ]);
  const [inpBuffer, weightBuffer, none, staging, uniforms, ...arena] = buffers;
  if (!inpBuffer || !weightBuffer || !none || !staging || !uniforms)
    throw new Error('The device gave too few buffers.');
  const { queue } = device.gpu;
  queue.writeBuffer(inpBuffer, 0, left.data);
  queue.writeBuffer(weightBuffer, 0, right.data);
  const plan = await Plan.make(cache, p.dispatches, arenaLayout, arena, uniforms);
  const slots = new Map([
    ['inp', inpBuffer],
    ['weight', weightBuffer],
    ['none', none],
  ]);
  const readback = new Readback(device, staging);
  return {
    async run(times) {
      plan.prepare({});
      const encoder = device.gpu.createCommandEncoder({ label: 'product' });
      const pass = encoder.beginComputePass({ label: 'product' });
      for (let i = 0; i < times; i++) plan.encode(pass, slots, {});
      pass.end();
      queue.submit([encoder.finish()]);
      await queue.onSubmittedWorkDone();
    },
    async result() {
      return new Float32Array(at(await readback.read([{ buffer: plan.buffer(out), bytes }]), 0));
    },
  };
}

function transposed({ shape: [rows = 0, columns = 0], data }: Tensor): Tensor {
  const result = new Float32Array(data.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) result[j * rows + i] = at(data, i * columns + j);
  return { shape: [columns, rows], data: result };
}

/** Generates the candidates of every lane, all of the full length. */
function generation(workspace: Workspace, { tokens }: Problem): OwnMeasurement[] {
  const promptTokens = (n: number) => [...tokens.subarray((n % BATCH) * PROMPT, ((n % BATCH) + 1) * PROMPT)];
  const { seconds, decode } = generationTimer(workspace, ADAPTER, promptTokens);
  const prefill = { prompts: LANES, k: 1, maxNewTokens: 1, temperature: 0.8 };
  return [
    { name: 'prefill, 8 prompts', unit: 'tokens/s', run: async () => (LANES * PROMPT) / (await seconds(prefill)) },
    { name: 'decode, 1 lane', unit: 'tokens/s', run: () => decode(1, NEW_TOKENS, 0.8) },
    { name: 'decode, 8 lanes', unit: 'tokens/s', run: () => decode(LANES, NEW_TOKENS, 0.8) },
    { name: 'decode, 8 lanes, greedy', unit: 'tokens/s', run: () => decode(LANES, NEW_TOKENS, 0) },
  ];
}

export async function ours(problem: Problem): Promise<Contender> {
  const device = await Device.open(browserGpu());
  const cache = new PipelineCache(device);
  const workspace = await makeWorkspace(device, cache, problem);
  const trainer = new Trainer(workspace);
  const pairs = sequences(problem);
  const reference = pairs.map(() => ({ chosen: 0, rejected: 0 }));
  trainer.setState(ADAPTER, { weights: initialAdapter(problem), m: null, v: null, step: 0 });
  trainer.begin(ADAPTER);
  const [left, right] = problem.matmul;
  const [weight, vector] = problem.matvec;
  const row: Tensor = { shape: [1, vector.data.length], data: vector.data };
  return {
    name: 'thinking-lab',
    trainStep: async () => (await trainer.step(ADAPTER, pairs, reference, ADAM.learningRate, SFT)).loss,
    matmul: await product(device, cache, left, transposed(right)),
    matvec: await product(device, cache, row, weight),
    own: generation(workspace, problem),
  };
}
