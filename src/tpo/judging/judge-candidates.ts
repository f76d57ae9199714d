/** Asks a judge about a prompt's candidates: what the judge is shown, and the judgement that is stored. */

import { runControls } from '../../judges/controls';
import type { Judgement, JudgeRequest, OpenJudge } from '../../judges/judge';
import { addressesJudge } from '../../judges/language/addresses-judge';
import { isRight } from '../../judges/rule';
import { at } from '../../lib/assert';
import { isJudgeFailure, LabError } from '../../lib/errors';
import type { Recipe } from '../../recipe/recipe';
import type { Candidate } from '../../records/candidates';
import type { ControlOutcome, StoredJudgement, Vote } from '../../records/judgements';
import type { Prompt } from '../../records/prompts';
import { withLengthControl } from '../pairs/length-control';

export interface JudgeTask {
  readonly prompt: Prompt;
  /** Parsed. Scores of an earlier judgement are replaced. */
  readonly candidates: readonly Candidate[];
  /** Strength of the length control, 0 … 0.5. */
  readonly rho: number;
  /** Whether the judge is also tested with control rows. */
  readonly controls: boolean;
  /** A person's vote, by index of the candidate. */
  readonly vote?: Vote | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface JudgedCandidates {
  /** With `score` and `s`. */
  readonly candidates: readonly Candidate[];
  readonly judgement: StoredJudgement;
}

/** The positions of a batch at which control rows also test the judge: as many as the recipe says, evenly spaced. */
export function controlPositions({ controls }: Pick<Recipe, 'controls'>, size: number): ReadonlySet<number> {
  const count = Math.min(controls, size);
  return new Set(Array.from({ length: count }, (_, i) => Math.floor(((i + 0.5) * size) / count)));
}

/**
 * Scores the candidates of a prompt. The judge sees the instruction and the well-formed responses, never a thought. It
 * is not asked if no candidate is well-formed.
 * @throws LabError judge-failed, judge-limit, cancelled, device-lost
 */
export async function judgeCandidates(judge: OpenJudge, task: JudgeTask): Promise<JudgedCandidates> {
  const { candidates, rho } = task;
  const shown = candidates.filter(({ malformed }) => malformed === null);
  const indices = shown.map(({ index }) => index);
  return withJudgeErrors(async () => {
    const result = shown.length === 0 ? NOTHING_TO_JUDGE : await judge.score(requestOf(task, shown));
    if (result.scores.length !== shown.length)
      throw new Error(`${result.scores.length} scores for ${shown.length} responses`);
    const scores = byCandidate(result.scores, indices, candidates.length);
    const scored = candidates.map((candidate, i) => ({ ...candidate, score: finite(at(scores, i)), s: null }));
    const flags = shown.flatMap(({ index, response }) => {
      const words = addressesJudge(response);
      return words === null ? [] : [{ candidate: index, words }];
    });
    const judgement: StoredJudgement = {
      ...emptyJudgement(judge, result.detail),
      calls: (result.calls ?? []).map((call) => ({ ...call, shown: shownCandidates(call.shown, indices) })),
      members: (result.members ?? []).map((member) => ({
        ...member,
        scores: byCandidate(member.scores, indices, candidates.length),
      })),
      flags,
      controls: task.controls ? await controlsOf(judge, task, scored) : [],
    };
    return { candidates: withLengthControl(scored, rho), judgement };
  });
}

/**
 * Tests a judge with control rows only, for a relative judge, which does not score samples alone.
 * @throws as `judgeCandidates`
 */
export async function judgeControlRows(
  judge: OpenJudge,
  { prompt, candidates }: Pick<JudgeTask, 'prompt' | 'candidates'>,
  detail: string,
): Promise<StoredJudgement> {
  return withJudgeErrors(async () => ({
    ...emptyJudgement(judge, detail),
    controls: await controlsOf(judge, { prompt, candidates }, candidates),
  }));
}

/** Turns any other error of a judge into `judge-failed`, after which the run waits and can retry. */
async function withJudgeErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isJudgeFailure(error) || (error instanceof LabError && NOT_OF_THE_JUDGE.includes(error.code))) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new LabError(
      'judge-failed',
      `The judge failed: ${reason}.`,
      'Nothing is lost: the run waits. Go on to try again.',
      {
        cause: error,
      },
    );
  }
}

/** Errors that are not the judge's fault. A judge on the policy's device fails together with it. */
const NOT_OF_THE_JUDGE: readonly string[] = ['cancelled', 'device-lost', 'gpu-error', 'out-of-memory'];

const NOTHING_TO_JUDGE: Judgement = { scores: [], detail: 'no candidate is well-formed' };

export function emptyJudgement(
  { name, promptVersion }: Pick<OpenJudge, 'name' | 'promptVersion'>,
  detail: string,
): StoredJudgement {
  return { judge: name, promptVersion, detail, calls: [], members: [], flags: [], controls: [] };
}

/** The reference answer of a prompt and the rule that checks it, if the prompt has both. */
function referenceOf({ answer, check }: Prompt): { readonly answer: string; readonly check: string } | undefined {
  return answer === undefined || check === undefined ? undefined : { answer, check };
}

/**
 * Whether the rule finds the response right, independently of the judge. A malformed completion is wrong.
 * Null if the rule cannot check the prompt.
 */
export function isCorrect(prompt: Prompt, { malformed, response }: Candidate): boolean | null {
  const right = isRight(response, prompt);
  return right === null ? null : right && malformed === null;
}

function requestOf(
  { prompt, vote, signal }: Omit<JudgeTask, 'rho' | 'controls'>,
  shown: readonly Candidate[],
): JudgeRequest {
  const reference = referenceOf(prompt);
  const place = (candidate: number) => shown.findIndex(({ index }) => index === candidate);
  return {
    instruction: prompt.instruction,
    responses: shown.map(({ response }) => response),
    ...(reference && { reference }),
    ...(prompt.checks && { checks: prompt.checks }),
    ...(vote !== undefined && {
      vote: typeof vote === 'string' ? vote : { best: place(vote.best), worst: place(vote.worst) },
    }),
    ...(signal && { signal }),
  };
}

/**
 * The outcomes of the control rows of a prompt.
 * @param judged candidates; the best of them is what the control rows are compared with
 * @throws as the judge does
 */
async function controlsOf(
  judge: OpenJudge,
  task: Omit<JudgeTask, 'rho' | 'controls'>,
  judged: readonly Candidate[],
): Promise<readonly ControlOutcome[]> {
  const best = judged.filter(({ malformed }) => malformed === null).sort(byScore);
  const { instruction, responses, ...checked } = requestOf({ ...task, vote: undefined }, best);
  return runControls(judge, instruction, responses, checked);
}

/** Highest score first, candidates without a score last. Among equal scores, correct candidates come first. */
function byScore(a: Candidate, b: Candidate): number {
  const scores =
    a.score === null || b.score === null ? Number(a.score === null) - Number(b.score === null) : b.score - a.score;
  return scores || Number(b.correct === true) - Number(a.correct === true);
}

type Shown = StoredJudgement['calls'][number]['shown'];

/** Converts positions among the shown responses to indices of candidates. */
function shownCandidates(shown: Shown, indices: readonly number[]): Shown {
  return shown.length === 1 ? [at(indices, shown[0])] : [at(indices, shown[0]), at(indices, shown[1])];
}

/** Arranges the values of the shown responses by index of the candidate; null for candidates that were not shown. */
function byCandidate(
  values: readonly (number | null)[],
  indices: readonly number[],
  candidates: number,
): (number | null)[] {
  const all = new Array<number | null>(candidates).fill(null);
  indices.forEach((index, i) => {
    all[index] = values[i] ?? null;
  });
  return all;
}

/** A score that is NaN or infinite counts as no verdict. */
const finite = (score: number | null): number | null => (score !== null && Number.isFinite(score) ? score : null);
