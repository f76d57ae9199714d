/** Which judges a recipe asks, and how. */
import type { JudgeMethod } from './kind';
import { type EvaluationJudge, type JudgeKind, KINDS, PANEL_KINDS, type SingleKind } from './kinds';
import { type PanelMember, readPanel } from './panel';

/** The fields that name the judges of the training. */
export interface TrainingJudge {
  readonly judge: JudgeKind;
  readonly panel: string;
}

/** The fields that name all judges of a run. */
export interface RunJudge extends TrainingJudge {
  readonly evaluationJudge: EvaluationJudge;
}

/** Members of a panel that can be read. */
export const parsePanel = (panel: string): PanelMember<SingleKind>[] => readPanel(panel, PANEL_KINDS);

/** The kinds that judge for a kind: the members of the panel, or the kind itself. */
export const membersOf = (kind: JudgeKind, { panel }: { readonly panel: string }): SingleKind[] =>
  kind === 'panel' ? parsePanel(panel).map((member) => member.kind) : [kind];

/** The judge of the evaluation. */
export const evaluatorOf = ({ judge, evaluationJudge }: Omit<RunJudge, 'panel'>): JudgeKind =>
  evaluationJudge === 'same' ? judge : evaluationJudge;

/** Every kind that the training asks. */
export const trainingKinds = (recipe: TrainingJudge): SingleKind[] => membersOf(recipe.judge, recipe);

/** Every kind that the training or the evaluation asks, each once. */
export const askedKinds = (recipe: RunJudge): SingleKind[] => [
  ...new Set([...trainingKinds(recipe), ...membersOf(evaluatorOf(recipe), recipe)]),
];

/** Whether the training waits for a person. */
export const asksPerson = (recipe: TrainingJudge): boolean =>
  trainingKinds(recipe).some((kind) => KINDS[kind].pace === 'patient');

/** Whether the training asks the policy's own weights. */
export const asksPolicy = (recipe: TrainingJudge): boolean =>
  trainingKinds(recipe).some((kind) => KINDS[kind].model?.source === 'policy');

/** Whether a kind answers so fast that its time need not be estimated. */
export const isInstant = (kind: SingleKind): boolean =>
  KINDS[kind].method === 'none' && KINDS[kind].pace === 'at-once';

/** How a kind is asked in words; null where it is not asked in words, and for a panel. */
export function methodOf(kind: JudgeKind, { judgeMethod }: { readonly judgeMethod: JudgeMethod }): JudgeMethod | null {
  const { method } = KINDS[kind];
  return method === 'chosen' ? judgeMethod : method === 'comparison' ? method : null;
}
