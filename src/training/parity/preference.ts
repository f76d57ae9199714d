/**
 * Compares greedy generation, preference loss, LoRA gradients and AdamW trajectories, in the workspace that runs use.
 */
import * as v from 'valibot';
import type { KeyValueType } from '../../engine/key-values';
import { tensorName } from '../../formats/peft';
import type { TensorFile } from '../../formats/tensor-file';
import { at } from '../../lib/assert';
import { LabError } from '../../lib/errors';
import { type AdapterLayout, adapterMatrices, gatherMatrix } from '../../model/adapter-layout';
import { flatten, layoutOf } from '../../model/peft-layout';
import { layOutWeights } from '../../model/weights';
import { longestSequence, type PairTokens, pairRows } from '../batch';
import { type ScoredPair, SFT, Trainer } from '../trainer';
import { Workspace } from '../workspace';
import { planWorkspace } from '../workspace-plan';
import type { ParityContext } from './forward';
import { type GoldenFolder, readBatch, readNumbers } from './golden-folder';
import { generateGreedily } from './greedy';
import { type Comparison, compare, type ToleranceName } from './tolerances';

const numbers = v.array(v.number());
const DpoSchema = v.object({
  beta: v.number(),
  loss: v.number(),
  grad_norm: v.number(),
  'logps/chosen': numbers,
  'logps/rejected': numbers,
  'reference_logps/chosen': numbers,
  'reference_logps/rejected': numbers,
  'rewards/chosen': numbers,
  'rewards/rejected': numbers,
  sft: v.object({ loss: v.number(), grad_norm: v.number() }),
});
const RunSchema = v.object({
  optimizer: v.object({
    lr: v.number(),
    betas: v.tuple([v.number(), v.number()]),
    eps: v.number(),
    weight_decay: v.number(),
  }),
  clip_grad_norm: v.nullable(v.number()),
  micro_batches: v.optional(v.unknown()),
  steps: v.array(v.object({ loss: v.number(), grad_norm: v.number(), lr: v.number() })),
  final_adapter: v.optional(v.string()),
});
const TrajectorySchema = v.record(v.string(), RunSchema);
type Run = v.InferOutput<typeof RunSchema>;

export const NO_OPTIMIZER = { beta1: 0.9, beta2: 0.95, eps: 1e-8, decay: 0, maxNorm: 0 };

/**
 * Sequences 0 … P−1 of the batch are the chosen, the others the rejected. The completion mask separates prompt and
 * completion.
 */
export async function readPairs(file: TensorFile, prefix: string): Promise<PairTokens[]> {
  const { sequences, places } = await readBatch(file, prefix);
  const completion = await readNumbers(file, `${prefix}completion_mask`);
  let start = 0;
  const rows = sequences.map((tokens) => {
    const mask = tokens.map((_, i) => at(completion, at(places, start + i)));
    start += tokens.length;
    const prompt = mask.indexOf(1);
    return { prompt: tokens.slice(0, prompt), completion: tokens.slice(prompt) };
  });
  const pairs = rows.length / 2;
  return rows.slice(0, pairs).map(({ prompt, completion: chosen }, p) => {
    const other = at(rows, pairs + p);
    if (prompt.join() !== other.prompt.join())
      throw new LabError('bad-file', `Pair ${p} of ${prefix || 'the batch'} has two prompts.`);
    return { prompt, chosen, rejected: other.completion };
  });
}

export async function comparePreference(context: ParityContext, folder: GoldenFolder): Promise<Comparison[]> {
  const rows: Comparison[] = [];
  const config = await folder.config();
  const model = await folder.model();
  const { maxStorageBufferBindingSize } = context.device.limits;
  const weights = layOutWeights(config, model.tensors, { maxStorageBufferBindingSize, expand: context.expand });

  const forward = folder.has('forward.safetensors') ? await folder.tensors('forward.safetensors') : null;
  const greedy = forward?.tensors.has('greedy_prompt')
    ? {
        prompt: [...(await readNumbers(forward, 'greedy_prompt'))],
        tokens: [...(await readNumbers(forward, 'greedy_tokens'))],
      }
    : null;
  const policy = await folder.adapter('adapter');
  const layout = layoutOf(config, policy);
  const dpoFile = await folder.tensors('dpo.safetensors');
  const pairs = await readPairs(dpoFile, '');
  const second = dpoFile.tensors.has('micro2.input_ids') ? await readPairs(dpoFile, 'micro2.') : [];
  const dpo = await folder.json('dpo.json', DpoSchema);
  const all = [...pairs, ...second];

  const open = async (o: { optimizer: typeof NO_OPTIMIZER; checkpointing: boolean; cacheType: KeyValueType }) => {
    const plan = planWorkspace({
      weights,
      adapter: layout,
      adapters: ['policy', 'reference'],
      generation: {
        lanes: 3,
        maxNewTokens: greedy?.tokens.length ?? 1,
        maxPrompt: greedy?.prompt.length ?? 1,
        prompts: 2,
        prefillRows: 5,
        steps: 4,
        cacheType: o.cacheType,
      },
      batch: {
        rows: all.reduce((sum, pair) => sum + pairRows(pair), 0),
        scored: all.reduce((sum, { chosen, rejected }) => sum + chosen.length + rejected.length, 0),
        pairs: all.length,
        longest: longestSequence(all),
      },
      verdicts: null,
      loss: { kind: 'sigmoid', beta: dpo.beta, labelSmoothing: 0 },
      optimizer: o.optimizer,
      checkpointing: o.checkpointing,
      tuning: context.tuning,
    });
    const workspace = await Workspace.make(context.device, context.cache, plan, model);
    const trainer = new Trainer(workspace);
    const load = async (name: string, from: string) =>
      trainer.setState(name, { weights: flatten(await folder.adapter(from), layout), m: null, v: null, step: 0 });
    await load('policy', 'adapter');
    await load('reference', 'reference_adapter');
    return { workspace, trainer };
  };

  // Loss, rewards and gradients, then the same gradients with recomputed activations. The SFT gradients use the same
  // plan. Each workspace generates with another type of cache.
  for (const checkpointing of [false, true]) {
    const cacheType = checkpointing ? 'f16' : 'f32';
    const { workspace, trainer } = await open({ optimizer: NO_OPTIMIZER, checkpointing, cacheType });
    try {
      const note = checkpointing ? ' (checkpointing)' : '';
      const reference = await trainer.score('reference', pairs);
      const step = await trainer.gradient('policy', pairs, reference);
      if (greedy) rows.push(await compareGreedy(workspace, greedy));
      if (!checkpointing) {
        rows.push(...compareScores(reference, step.logps, dpo));
        rows.push(compare('DPO loss', [step.loss], [dpo.loss], 'loss'));
      }
      rows.push(...(await compareGradients(workspace, layout, dpoFile, 'dpo_grad.', `DPO gradient${note} `)));
      rows.push(compare(`DPO grad_norm${note}`, [await gradNorm(workspace)], [dpo.grad_norm], 'gradNorm'));
      if (checkpointing) continue;
      const chosen = pairs.map((pair) => ({ ...pair, rejected: [] }));
      const none = chosen.map(() => ({ chosen: 0, rejected: 0 }));
      const sft = await trainer.gradient('policy', chosen, none, SFT);
      rows.push(compare('SFT loss', [sft.loss], [dpo.sft.loss], 'loss'));
      rows.push(...(await compareGradients(workspace, layout, dpoFile, 'sft_grad.', 'SFT gradient ')));
      rows.push(compare('SFT grad_norm', [await gradNorm(workspace)], [dpo.sft.grad_norm], 'gradNorm'));
    } finally {
      workspace.dispose();
    }
  }
  if (!folder.has('trajectory.json')) return rows;
  for (const [name, run] of Object.entries(await folder.json('trajectory.json', TrajectorySchema))) {
    const { lr, betas, eps, weight_decay } = run.optimizer;
    const optimizer = { beta1: betas[0], beta2: betas[1], eps, decay: weight_decay, maxNorm: run.clip_grad_norm ?? 0 };
    const { workspace, trainer } = await open({ optimizer, checkpointing: false, cacheType: 'f32' });
    try {
      const micro = Array.isArray(run.micro_batches) ? run.micro_batches.length : Number(run.micro_batches ?? 1);
      rows.push(...(await compareTrajectory(name, run, lr, trainer, micro > 1 ? all : pairs)));
      const { weights: flat } = await trainer.state('policy');
      const expected = await folder.tensors(`adapter_final.${name}.safetensors`);
      const got: number[] = [];
      const expectedAdapter: number[] = [];
      for (const matrix of adapterMatrices(layout)) {
        got.push(...gatherMatrix(flat, matrix));
        expectedAdapter.push(...(await readNumbers(expected, tensorName(matrix.layer, matrix.module, matrix.factor))));
      }
      rows.push(compare(`${name}: adapter after ${run.steps.length} steps`, got, expectedAdapter, 'finalAdapter'));
    } finally {
      workspace.dispose();
    }
  }
  return rows;
}

function compareScores(
  reference: readonly ScoredPair[],
  policy: readonly ScoredPair[],
  dpo: v.InferOutput<typeof DpoSchema>,
): Comparison[] {
  const reward = (side: keyof ScoredPair) =>
    policy.map((scores, i) => dpo.beta * (scores[side] - at(reference, i)[side]));
  return [
    compare(
      'logps/chosen',
      policy.map(({ chosen }) => chosen),
      dpo['logps/chosen'],
      'logpSums',
    ),
    compare(
      'logps/rejected',
      policy.map(({ rejected }) => rejected),
      dpo['logps/rejected'],
      'logpSums',
    ),
    compare(
      'reference logps/chosen',
      reference.map(({ chosen }) => chosen),
      dpo['reference_logps/chosen'],
      'logpSums',
    ),
    compare(
      'reference logps/rejected',
      reference.map(({ rejected }) => rejected),
      dpo['reference_logps/rejected'],
      'logpSums',
    ),
    compare('rewards/chosen', reward('chosen'), dpo['rewards/chosen'], 'rewards'),
    compare('rewards/rejected', reward('rejected'), dpo['rewards/rejected'], 'rewards'),
  ];
}

export async function readGradient(workspace: Workspace): Promise<Float32Array> {
  const bytes = workspace.plan.spec.adapter.size * 4;
  const [read] = await workspace.readback.read([{ buffer: workspace.buffer('adapter grad'), bytes }]);
  return new Float32Array(read as ArrayBuffer);
}

export async function gradNorm(workspace: Workspace): Promise<number> {
  return Math.sqrt((await readGradient(workspace)).reduce((sum, g) => sum + g * g, 0));
}

export async function compareGradients(
  workspace: Workspace,
  layout: AdapterLayout,
  expected: TensorFile,
  prefix: string,
  label: string,
  tolerance: ToleranceName = 'gradients',
): Promise<Comparison[]> {
  const flat = await readGradient(workspace);
  const rows: Comparison[] = [];
  for (const matrix of adapterMatrices(layout)) {
    const name = tensorName(matrix.layer, matrix.module, matrix.factor);
    if (!expected.tensors.has(prefix + name)) continue;
    const short = name.replace('base_model.model.model.', '').replace('.weight', '');
    rows.push(
      compare(label + short, gatherMatrix(flat, matrix), await readNumbers(expected, prefix + name), tolerance),
    );
  }
  return rows;
}

/** Uses the learning rates of the golden run, so that only the engine's steps are compared. */
async function compareTrajectory(
  name: string,
  run: Run,
  peak: number,
  trainer: Trainer,
  pairs: readonly PairTokens[],
): Promise<Comparison[]> {
  const reference = await trainer.score('reference', pairs);
  trainer.begin('policy');
  const losses: number[] = [];
  const norms: number[] = [];
  for (const { lr } of run.steps) {
    const step = await trainer.step('policy', pairs, reference, lr);
    losses.push(step.loss);
    norms.push(step.gradNorm);
  }
  const label = `${name} (lr ${peak}): `;
  return [
    compare(
      `${label}losses`,
      losses,
      run.steps.map(({ loss }) => loss),
      'trajectoryLoss',
    ),
    compare(
      `${label}grad_norm`,
      norms,
      run.steps.map(({ grad_norm }) => grad_norm),
      'trajectoryGradNorm',
    ),
  ];
}

/** Generates two candidates in three lanes, prefilled in pieces. Both must be the golden tokens. */
async function compareGreedy(
  workspace: Workspace,
  greedy: { prompt: number[]; tokens: number[] },
): Promise<Comparison> {
  // The golden greedy tokens come from the base model, and an adapter of zeros changes nothing.
  const base = new Trainer(workspace);
  const before = await base.state('policy');
  base.setState('policy', { ...before, weights: new Float32Array(before.weights.length) });
  const { prompt, tokens } = greedy;
  const got = await generateGreedily(workspace, 'policy', [prompt], tokens.length, new Set(), 2);
  base.setState('policy', before);
  const { cacheType } = workspace.plan.spec.generation;
  return compare(`greedy tokens, ${cacheType} cache`, got.flat(), [...tokens, ...tokens], 'exact');
}
