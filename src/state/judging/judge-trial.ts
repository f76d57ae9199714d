/** A trial of the recipe's judge on two responses, before a run depends on it. */
import { createStore } from 'zustand/vanilla';
import { type Failure, LabError, toFailure } from '../../lib/errors';
import type { Recipe } from '../../recipe/recipe';
import type { JudgeTrial, JudgeTrialResult } from '../../records/judges';
import { lab } from '../lab';
import { sessionStore } from '../session/session';
import { refreshEstimate } from '../session/session-actions';

export interface JudgeTrialState {
  /** The Lab shows the trial instead of a run. */
  readonly shown: boolean;
  /** The inputs, as the user edits them. */
  readonly trial: JudgeTrial;
  readonly judging: boolean;
  /** The result with the inputs and the recipe that it was computed from. */
  readonly result: { readonly found: JudgeTrialResult; readonly of: JudgeTrial; readonly recipe: Recipe } | null;
  readonly failure: Failure | null;
}

/** A right and a wrong answer to a question that every judge should be able to answer. */
export const SAMPLE: JudgeTrial = {
  instruction: 'Sam has 6 pens. Sam buys 5 bags with 5 pens each and gives away 4. How many pens are left?',
  responses: ['The answer is 27.', 'The answer is 31.'],
  reference: { answer: '27', check: 'number' },
};

export const judgeTrialStore = createStore<JudgeTrialState>(() => ({
  shown: false,
  trial: SAMPLE,
  judging: false,
  result: null,
  failure: null,
}));

export function showTrial(): void {
  judgeTrialStore.setState({ shown: true });
}

export async function closeTrial(): Promise<void> {
  const { judging } = judgeTrialStore.getState();
  judgeTrialStore.setState({ shown: false });
  if (judging) await cancelTrial();
}

export function editTrial(change: Partial<JudgeTrial>): void {
  judgeTrialStore.setState(({ trial }) => ({ trial: { ...trial, ...change } }));
}

/** The trial without its empty fields. */
export function withoutEmptyFields({ reference, checks = [], ...shown }: JudgeTrial): JudgeTrial {
  const filled = checks.filter(({ answer }) => answer.trim() !== '');
  const known = reference !== null && reference.answer.trim() !== '';
  return { ...shown, reference: known ? reference : null, ...(filled.length > 0 && { checks: filled }) };
}

export async function runTrial(): Promise<void> {
  if (judgeTrialStore.getState().judging) return;
  const { trial } = judgeTrialStore.getState();
  const { recipe } = sessionStore.getState();
  judgeTrialStore.setState({ judging: true, failure: null });
  try {
    const found = await lab().tryJudge(recipe, withoutEmptyFields(trial));
    judgeTrialStore.setState({ result: { found, of: trial, recipe } });
    // The trial measured how long this judge takes.
    void refreshEstimate();
  } catch (error) {
    if (!(error instanceof LabError && error.code === 'cancelled'))
      judgeTrialStore.setState({ failure: toFailure(error) });
  } finally {
    judgeTrialStore.setState({ judging: false });
  }
}

export async function cancelTrial(): Promise<void> {
  await lab()
    .cancelTrial()
    .catch((error: unknown) => judgeTrialStore.setState({ failure: toFailure(error) }));
}
