/** The models and the tasks whose times are predicted. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Replay } from '../../src/engine/cost-model';
import type { Tuning } from '../../src/engine/tuning';
import { parseConfig } from '../../src/model/config';
import { cacheBytes, cacheRows, isCacheLabel } from '../../src/model/generation/generation-plans';
import type { TensorStorage } from '../../src/model/tensor-list';
import { modelPlan, type PlanTask } from '../../src/training/testing/model-plans';
import type { PlanName, WorkspacePlan } from '../../src/training/workspace-plan';
import { parseCurated } from '../../src/worker/models/curated';
import { root } from '../root';
import { keyRows, type Ranges, type ResolvedDispatch, resolveDispatch } from './dispatches';

export interface Model {
  readonly name: string;
  /** Its name in the curated list. Null: the bundled model. */
  readonly curated: string | null;
  readonly storage: TensorStorage;
}

const model = (name: string, curated: string | null, matrices: TensorStorage['matrices']): Model => ({
  name: `${name} ${matrices}`,
  curated,
  storage: { matrices, vectors: matrices === 'BF16' || matrices === 'F16' ? matrices : 'F32' },
});

export const MODELS: readonly Model[] = [
  model('tiny-thinker', null, 'F16'),
  model('SmolLM2-135M', 'SmolLM2 135M Instruct', 'Q4_1'),
  model('SmolLM2-135M', 'SmolLM2 135M Instruct', 'BF16'),
  model('Qwen2.5-0.5B', 'Qwen2.5 0.5B Instruct', 'Q4_0'),
  model('Qwen2.5-0.5B', 'Qwen2.5 0.5B Instruct', 'Q8_0'),
  model('Llama-3.2-1B', 'Llama 3.2 1B Instruct', 'Q4_0'),
];

export const TASK_NAMES = ['decode 1', 'decode 8', 'decode 16', 'prefill', 'training'] as const;
export type TaskName = (typeof TASK_NAMES)[number];

/** Lengths in tokens. */
interface Lengths {
  /** The prompt of a completion, without its last token, which is the first row of the completion. */
  readonly prompt: number;
  readonly completion: number;
  /** A text that is put into the cache. */
  readonly prefill: number;
  readonly pairs: number;
}

/** Lanes that share a prompt. */
const SHARING = 8;

function lengthsOf({ curated }: Model): Lengths {
  return curated === null
    ? { prompt: 40, completion: 80, prefill: 128, pairs: 8 }
    : { prompt: 256, completion: 384, prefill: 512, pairs: 1 };
}

/** A replay of a plan, and what its rows see. */
interface TaskReplay {
  readonly plan: PlanName;
  readonly replay: Replay;
  readonly ranges: Ranges;
}

export interface Task {
  readonly model: Model;
  readonly name: TaskName;
  /** Of the plans of a run. */
  readonly sizes: Required<Pick<PlanTask, 'recipe' | 'prompt'>>;
  readonly plan: (tuning: Tuning) => WorkspacePlan;
}

export function task(model: Model, name: TaskName): Task {
  const { prompt, completion, prefill, pairs } = lengthsOf(model);
  const config = parseConfig(configOf(model));
  const longest = name === 'prefill' ? prefill : prompt;
  const recipe = { lanes: lanesOf(name), pairsPerStep: pairs, maxNewTokens: completion };
  const sizes = { recipe, prompt: longest + 1 };
  return { model, name, sizes, plan: (tuning) => modelPlan({ config, storage: model.storage, ...sizes, tuning }) };
}

const lanesOf = (name: TaskName): number => Number(/^decode (\d+)/.exec(name)?.[1] ?? SHARING);

/** Its config.json. */
export function configOf({ curated }: Model): unknown {
  const read = (path: string): unknown => JSON.parse(readFileSync(join(root, 'public/models', path), 'utf8'));
  if (curated === null) return read('tiny-thinker/config.json');
  const found = parseCurated(read('curated.json')).find(({ name }) => name === curated);
  if (found === undefined) throw new Error(`The curated list has no ${curated}.`);
  return found.config;
}

/** All dispatches of a task, in order. */
export function taskDispatches({ model, name }: Task, plan: WorkspacePlan): readonly ResolvedDispatch[] {
  return replays(name, lengthsOf(model), plan).flatMap(({ plan: of, replay, ranges }) =>
    plan.dispatches[of].map((dispatch) => resolveDispatch(dispatch, replay, ranges)),
  );
}

function replays(name: TaskName, { prompt, completion, prefill, pairs }: Lengths, plan: WorkspacePlan): TaskReplay[] {
  if (name === 'prefill') {
    const batches = Math.ceil(prefill / plan.spec.generation.prefillRows);
    const rows = prefill / batches;
    return Array.from({ length: batches }, (_, i) => {
      const ranges = Array.from({ length: rows }, (_, n) => [0, 0, 0, i * rows + n + 1] as const);
      return { plan: 'prefill', replay: replayOf(plan, { prefillRows: rows }, ranges), ranges };
    });
  }
  if (name === 'training') {
    const ranges: Ranges = Array.from({ length: pairs }, () => pairRanges(prompt, completion)).flatMap((pair, i) =>
      pair.map(([prefix, prefixEnd, own, ownEnd]) => {
        const first = i * pair.length;
        return [first + prefix, first + prefixEnd, first + own, first + ownEnd] as const;
      }),
    );
    const values = { rows: ranges.length, scored: pairs * 2 * completion, pairs, lossWeight: 1, sftWeight: 0 };
    const update = { learningRate: 1e-3, correction1: 0.1, correction2: 0.1 };
    return [
      { plan: 'gradient', replay: replayOf(plan, values, ranges), ranges },
      { plan: 'update', replay: replayOf(plan, update, []), ranges: [] },
    ];
  }
  const lanes = lanesOf(name);
  // Half of the completion has been generated.
  const own = completion / 2;
  const prompts = Math.ceil(lanes / SHARING) * prompt;
  const ranges = Array.from({ length: lanes }, (_, lane) => {
    const first = Math.floor(lane / SHARING) * prompt;
    const start = prompts + lane * own;
    return [first, first + prompt, start, start + own] as const;
  });
  const values = { lanes, temperature: 0.8, topK: 0, topP: 0.95, seed: 1 };
  return [{ plan: 'decode', replay: replayOf(plan, values, ranges), ranges }];
}

/** A prompt, then two completions of it. */
function pairRanges(prompt: number, completion: number): Ranges {
  return Array.from({ length: prompt + 2 * completion }, (_, n) => {
    if (n < prompt) return [0, 0, 0, n + 1] as const;
    return [0, prompt, prompt + Math.floor((n - prompt) / completion) * completion, n + 1] as const;
  });
}

function replayOf(plan: WorkspacePlan, values: Replay['values'], ranges: Ranges): Replay {
  const { weights, generation } = plan.spec;
  const seen = ranges.reduce((sum, [prefix, prefixEnd, own, ownEnd]) => sum + prefixEnd - prefix + ownEnd - own, 0);
  const bytes = (keyRows(ranges) * cacheBytes(weights.model.config, generation)) / cacheRows(generation);
  return {
    values,
    keys: seen / Math.max(1, ranges.length),
    slotBytes: (label) => (isCacheLabel(label) ? bytes : null),
  };
}
