/** Where the loop stands, from its records: for every arm of the iteration shown, how far each stage is. */
import type { Arm, Recipe } from '../../recipe/recipe';
import type { RolloutLog } from '../../state/rollout-log';
import type { StepLog } from '../../state/step-log';
import type { Phase, Progress, PromptSetInfo } from '../../worker/protocol';

export type Stage = 'think' | 'judge' | 'pair' | 'train' | 'evaluate';
export const STAGES: readonly Stage[] = ['think', 'judge', 'pair', 'train', 'evaluate'];

export interface StageState {
  readonly done: number;
  /** Null where it is not known before. */
  readonly total: number | null;
  readonly lit: boolean;
}

const STAGE_OF: Record<Phase, Stage | null> = {
  load: null,
  generate: 'think',
  judge: 'judge',
  pair: 'pair',
  reference: 'train',
  train: 'train',
  evaluate: 'evaluate',
  save: null,
};

export function stagesOf(
  arm: Arm,
  iteration: number,
  recipe: Recipe,
  progress: Progress | null,
  rollouts: RolloutLog,
  steps: StepLog,
  heldout: PromptSetInfo | undefined,
): Record<Stage, StageState> {
  const here = progress !== null && progress.arm === arm && progress.iteration === iteration ? progress : null;
  const lit = here === null ? null : STAGE_OF[here.phase];
  const trained = rollouts.tally('train', iteration, arm);
  const evaluated = rollouts.tally('evaluate', iteration, arm);
  const last = steps.last(arm, iteration);
  const of = (stage: Stage, done: number, total: number | null): StageState => ({ done, total, lit: lit === stage });
  // A stage may be further than its stored records: the candidates of many prompts are written at once.
  const thought = here?.phase === 'generate' ? Math.max(here.done, trained.prompts) : trained.prompts;
  const evaluationTotal = heldout === undefined ? null : Math.min(recipe.evaluationPrompts || heldout.rows, heldout.rows);
  return {
    think: of('think', thought, recipe.promptsPerIteration),
    judge: of('judge', trained.prompts, recipe.promptsPerIteration),
    pair: of('pair', trained.pairs, recipe.promptsPerIteration),
    train: last === null ? of('train', 0, null) : of('train', last.step, last.steps),
    evaluate: of('evaluate', evaluated.prompts, here?.phase === 'evaluate' ? here.total : evaluationTotal),
  };
}
