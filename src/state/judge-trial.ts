/** Two responses judged on the spot, in the Lab, before a run depends on the judge. */
import { create } from 'zustand';
import { type Failure, LabError, toFailure } from '../lib/errors';
import type { Recipe } from '../recipe/recipe';
import type { JudgeTrial, JudgeTrialResult } from '../records/judges';
import { askEstimate } from './actions';
import { lab } from './lab';
import { useSession } from './session';

export interface JudgeTrialState {
  /** In place of the Lab's run. */
  readonly shown: boolean;
  /** As the reader edits it. */
  readonly trial: JudgeTrial;
  readonly judging: boolean;
  /** With the recipe whose judge gave it. */
  readonly result: { readonly found: JudgeTrialResult; readonly of: JudgeTrial; readonly recipe: Recipe } | null;
  readonly failure: Failure | null;
}

/** One right and one wrong answer to a question that every judge should know. */
export const SAMPLE: JudgeTrial = {
  instruction: 'Sam has 6 pens. Sam buys 5 bags with 5 pens each and gives away 4. How many pens are left?',
  responses: ['The answer is 27.', 'The answer is 31.'],
  reference: { answer: '27', check: 'number' },
};

export const useJudgeTrial = create<JudgeTrialState>()(() => ({
  shown: false,
  trial: SAMPLE,
  judging: false,
  result: null,
  failure: null,
}));

export function showTrial(): void {
  useJudgeTrial.setState({ shown: true });
}

export async function closeTrial(): Promise<void> {
  const { judging } = useJudgeTrial.getState();
  useJudgeTrial.setState({ shown: false });
  if (judging) await cancelTrial();
}

export function editTrial(change: Partial<JudgeTrial>): void {
  useJudgeTrial.setState(({ trial }) => ({ trial: { ...trial, ...change } }));
}

/** Without what is still empty. */
export function asAsked({ reference, checks = [], ...shown }: JudgeTrial): JudgeTrial {
  const filled = checks.filter(({ answer }) => answer.trim() !== '');
  const known = reference !== null && reference.answer.trim() !== '';
  return { ...shown, reference: known ? reference : null, ...(filled.length > 0 && { checks: filled }) };
}

export async function judgeNow(): Promise<void> {
  if (useJudgeTrial.getState().judging) return;
  const { trial } = useJudgeTrial.getState();
  const { recipe } = useSession.getState();
  useJudgeTrial.setState({ judging: true, failure: null });
  try {
    const found = await lab().tryJudge(recipe, asAsked(trial));
    useJudgeTrial.setState({ result: { found, of: trial, recipe } });
    // It is known now how long this judge takes.
    void askEstimate();
  } catch (error) {
    if (!(error instanceof LabError && error.code === 'cancelled'))
      useJudgeTrial.setState({ failure: toFailure(error) });
  } finally {
    useJudgeTrial.setState({ judging: false });
  }
}

export async function cancelTrial(): Promise<void> {
  await lab()
    .cancelTrial()
    .catch((error: unknown) => useJudgeTrial.setState({ failure: toFailure(error) }));
}
