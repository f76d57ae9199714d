/** How far each stage of an iteration is, for one arm, derived from the records of the run. */

import type { Arm, Recipe } from '../../recipe/recipe';
import type { Phase, Progress } from '../../records/progress';
import type { SftStep } from '../../records/training';
import type { RolloutStore } from '../../state/runs/rollout-store';
import type { StepStore } from '../../state/runs/step-store';

export type Stage = 'think' | 'judge' | 'pair' | 'train' | 'evaluate' | 'warm up';
const STAGES: readonly Stage[] = ['think', 'judge', 'pair', 'train', 'evaluate'];

export const isWarmedUp = ({ arms, sftPrompts }: Recipe): boolean => sftPrompts > 0 && arms.includes('thinking');

/** Stages of an iteration. Iteration 0 evaluates the original model and, if the recipe says so, warms it up. */
export function stagesIn(recipe: Recipe, iteration: number): readonly Stage[] {
  if (iteration > 0) return STAGES;
  return isWarmedUp(recipe) ? ['evaluate', 'think', 'warm up'] : ['evaluate'];
}

export interface StageState {
  readonly done: number;
  /** Null when it is not known in advance. */
  readonly total: number | null;
  readonly lit: boolean;
}

const STAGE_OF_PHASE: Record<Phase, Stage | null> = {
  lanes: null,
  tune: null,
  load: null,
  generate: 'think',
  judge: 'judge',
  vote: 'judge',
  pair: 'pair',
  release: null,
  reference: 'train',
  train: 'train',
  'warm-up': 'warm up',
  evaluate: 'evaluate',
  save: null,
};

interface LoopRecords {
  readonly arm: Arm;
  readonly iteration: number;
  readonly recipe: Recipe;
  /** Null unless this arm of this iteration is at work. */
  readonly stageProgress: Pick<Progress, 'phase' | 'done' | 'total'> | null;
  readonly rollouts: RolloutStore;
  readonly steps: StepStore;
  readonly lastWarmUpStep: SftStep | undefined;
  /** Number of held-out prompts. Null while the prompt sets are not known. */
  readonly heldoutRows: number | null;
}

export function stagesOf(records: LoopRecords): Record<Stage, StageState> {
  const { arm, iteration, recipe, stageProgress, rollouts, steps, lastWarmUpStep, heldoutRows } = records;
  const lit = stageProgress === null ? null : STAGE_OF_PHASE[stageProgress.phase];
  const trained = rollouts.countsOf(iteration === 0 ? 'warm-up' : 'train', iteration, arm);
  const evaluated = rollouts.countsOf('evaluate', iteration, arm);
  const lastStep = steps.last(arm, iteration);
  const warmUpStep = arm === 'thinking' ? lastWarmUpStep : undefined;
  const prompts = iteration > 0 ? recipe.promptsPerIteration : arm === 'thinking' ? recipe.sftPrompts : null;
  const state = (stage: Stage, done: number, total: number | null): StageState => ({
    done,
    total,
    lit: lit === stage,
  });
  // Progress may be ahead of the stored records, because the candidates of many prompts are generated at once.
  const generated =
    stageProgress?.phase === 'generate' ? Math.max(stageProgress.done, trained.prompts) : trained.prompts;
  const evaluationTotal = heldoutRows === null ? null : Math.min(recipe.evaluationPrompts || heldoutRows, heldoutRows);
  return {
    think: state('think', generated, prompts),
    judge: state('judge', trained.prompts, recipe.promptsPerIteration),
    pair: state('pair', trained.pairs, recipe.promptsPerIteration),
    'warm up': state('warm up', warmUpStep?.step ?? 0, warmUpStep?.steps ?? null),
    train: lastStep === null ? state('train', 0, null) : state('train', lastStep.step, lastStep.steps),
    evaluate: state(
      'evaluate',
      evaluated.prompts,
      stageProgress?.phase === 'evaluate' ? stageProgress.total : evaluationTotal,
    ),
  };
}
