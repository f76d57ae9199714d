/** Where the loop stands, from its records: for every arm of the iteration shown, how far each stage is. */
import type { Arm, Recipe } from '../../recipe/recipe';
import type { Phase, Progress } from '../../records/progress';
import type { PromptSetInfo } from '../../records/prompts';
import type { SftStep } from '../../records/training';
import type { RolloutLog } from '../../state/rollout-log';
import type { StepLog } from '../../state/step-log';

export type Stage = 'think' | 'judge' | 'pair' | 'train' | 'evaluate' | 'warm up';
const STAGES: readonly Stage[] = ['think', 'judge', 'pair', 'train', 'evaluate'];

export const isWarmedUp = ({ arms, sftPrompts }: Recipe): boolean => sftPrompts > 0 && arms.includes('thinking');

/** Of an iteration; before the first one the model is evaluated as it came, then warmed up where the recipe says so. */
export function stagesIn(recipe: Recipe, iteration: number): readonly Stage[] {
  if (iteration > 0) return STAGES;
  return isWarmedUp(recipe) ? ['evaluate', 'think', 'warm up'] : ['evaluate'];
}

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
  vote: 'judge',
  pair: 'pair',
  release: null,
  reference: 'train',
  train: 'train',
  'warm-up': 'warm up',
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
  sftSteps: readonly SftStep[],
  heldout: PromptSetInfo | undefined,
): Record<Stage, StageState> {
  const here = progress !== null && progress.arm === arm && progress.iteration === iteration ? progress : null;
  const lit = here === null ? null : STAGE_OF[here.phase];
  const trained = rollouts.tally(iteration === 0 ? 'warm-up' : 'train', iteration, arm);
  const evaluated = rollouts.tally('evaluate', iteration, arm);
  const last = steps.last(arm, iteration);
  const warmedUp = arm === 'thinking' ? sftSteps.at(-1) : undefined;
  const asked = iteration > 0 ? recipe.promptsPerIteration : arm === 'thinking' ? recipe.sftPrompts : null;
  const of = (stage: Stage, done: number, total: number | null): StageState => ({ done, total, lit: lit === stage });
  // A stage may be further than its stored records: the candidates of many prompts are written at once.
  const thought = here?.phase === 'generate' ? Math.max(here.done, trained.prompts) : trained.prompts;
  const evaluationTotal =
    heldout === undefined ? null : Math.min(recipe.evaluationPrompts || heldout.rows, heldout.rows);
  return {
    think: of('think', thought, asked),
    judge: of('judge', trained.prompts, recipe.promptsPerIteration),
    pair: of('pair', trained.pairs, recipe.promptsPerIteration),
    'warm up': of('warm up', warmedUp?.step ?? 0, warmedUp?.steps ?? null),
    train: last === null ? of('train', 0, null) : of('train', last.step, last.steps),
    evaluate: of('evaluate', evaluated.prompts, here?.phase === 'evaluate' ? here.total : evaluationTotal),
  };
}
