/** Measures the engine's speed with a GGUF model: with its weights as stored, and with the same values as float32. */
import { browserGpu, Device } from '../src/engine/device';
import { PipelineCache } from '../src/engine/kernel';
import { tunedPlan } from '../src/engine/tuner';
import { BlobSource } from '../src/formats/byte-source';
import { dequantize } from '../src/formats/dequantize';
import { isGgmlType } from '../src/formats/ggml-types';
import { openGguf } from '../src/formats/gguf/gguf';
import type { TensorFile } from '../src/formats/tensor-file';
import { assert } from '../src/lib/assert';
import { Random } from '../src/lib/random';
import { adapterLayout, initialAdapter } from '../src/model/adapter-layout';
import type { ModelConfig } from '../src/model/config';
import { readGgufConfig } from '../src/model/gguf/gguf-config';
import { huggingFaceTensors } from '../src/model/gguf/gguf-tensors';
import { layOutWeights, weightStorages } from '../src/model/weights';
import { TARGET_MODULES } from '../src/recipe/recipe';
import { generationTimer } from '../src/training/generation-timer';
import { SFT, Trainer } from '../src/training/trainer';
import { Workspace } from '../src/training/workspace';
import { planWorkspace } from '../src/training/workspace-plan';
import { ADAM, LORA } from './problem';
import type { ModelSpeed } from './report';

const ADAPTER = 'bench';
const LANES = 8;
const NEW_TOKENS = 17;
const PROMPT = 64;
/** Length of each completion of the training pair, in tokens. Its prompt is one token. */
const COMPLETION = 128;

/** Expands every tensor to float32. */
function asFloat32(file: TensorFile): TensorFile {
  const values = (name: string, bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> => {
    const dtype = file.tensors.get(name)?.dtype ?? '';
    assert(isGgmlType(dtype), `${name} is stored as ${dtype}`);
    const { buffer, byteOffset, byteLength } = dequantize(dtype, bytes);
    return new Uint8Array(buffer, byteOffset, byteLength);
  };
  const tensors = [...file.tensors].map(([name, info]) => {
    const length = 4 * info.shape.reduce((product, size) => product * size, 1);
    return [name, { ...info, dtype: 'F32', length }] as const;
  });
  return {
    tensors: new Map(tensors),
    metadata: {},
    read: async (name) => values(name, await file.read(name)),
    readRows: async (name, first, end) => values(name, await file.readRows(name, first, end)),
  };
}

async function speeds(config: ModelConfig, file: TensorFile, log: (line: string) => void): Promise<ModelSpeed> {
  const device = await Device.open(browserGpu());
  try {
    const cache = new PipelineCache(device);
    const { maxStorageBufferBindingSize } = device.limits;
    const weights = layOutWeights(config, file.tensors, { maxStorageBufferBindingSize, expand: device.isSoftware });
    const storages = weightStorages(weights.model);
    const layout = adapterLayout(config, { ...LORA, rsLora: false, targetModules: TARGET_MODULES });
    const { plan } = await tunedPlan(device, cache, {}, (tuning) =>
      planWorkspace({
        weights,
        adapter: layout,
        adapters: [ADAPTER],
        generation: {
          lanes: LANES,
          maxNewTokens: NEW_TOKENS,
          maxPrompt: PROMPT,
          prompts: 1,
          prefillRows: PROMPT,
          steps: 16,
          cacheType: 'f32',
        },
        batch: { rows: 1 + 2 * COMPLETION, scored: 2 * COMPLETION, pairs: 1, longest: 1 + COMPLETION },
        verdicts: null,
        loss: { kind: 'sigmoid', beta: 0.1, labelSmoothing: 0 },
        optimizer: { beta1: ADAM.beta1, beta2: ADAM.beta2, eps: ADAM.epsilon, decay: 0, maxNorm: 1 },
        checkpointing: false,
        tuning,
      }),
    );
    const workspace = await Workspace.make(device, cache, plan, file);
    const trainer = new Trainer(workspace);
    trainer.setState(ADAPTER, { weights: initialAdapter(layout, 1), m: null, v: null, step: 0 });
    trainer.begin(ADAPTER);
    const random = new Random(1, 'benchmark');
    const tokens = (length: number) => Array.from({ length }, () => random.below(config.vocabulary));
    const prompt = tokens(PROMPT);
    const pair = { prompt: tokens(1), chosen: tokens(COMPLETION), rejected: tokens(COMPLETION) };

    const { seconds } = generationTimer(workspace, ADAPTER, () => prompt);
    const short = generationTimer(workspace, ADAPTER, () => prompt.slice(0, 1));
    const measured: Record<string, number> = {};
    const measure = async (name: string, run: () => Promise<number>) => {
      measured[name] = await run();
      log(`${storages.join(' ')}: ${name} ${measured[name].toPrecision(3)} tokens/s`);
    };
    // Pipelines are compiled at their first use.
    await short.seconds({ prompts: 1, k: 1, maxNewTokens: 2, temperature: 0.8 });
    await measure(
      'prefill',
      async () => PROMPT / (await seconds({ prompts: 1, k: 1, maxNewTokens: 1, temperature: 0 })),
    );
    for (const lanes of [1, LANES]) {
      const name = `decode, ${lanes === 1 ? '1 lane' : `${lanes} lanes`}`;
      await measure(`${name}, sampled`, () => short.decode(lanes, NEW_TOKENS, 0.8));
      await measure(`${name}, greedy`, () => short.decode(lanes, NEW_TOKENS, 0));
    }
    await measure('training step', async () => {
      const begun = performance.now();
      await trainer.step(ADAPTER, [pair], [{ chosen: 0, rejected: 0 }], ADAM.learningRate, SFT);
      return (1 + 2 * COMPLETION) / ((performance.now() - begun) / 1000);
    });
    return { storages, tokensPerSecond: measured };
  } finally {
    device.destroy();
  }
}

/** @param url address of a GGUF file */
export async function benchModel(url: string, log: (line: string) => void): Promise<readonly ModelSpeed[]> {
  const gguf = await openGguf(new BlobSource(url, await (await fetch(url)).blob()));
  const config = await readGgufConfig(gguf);
  const file = huggingFaceTensors(gguf, config);
  return [await speeds(config, file, log), await speeds(config, asFloat32(file), log)];
}
