/** A prompt's candidates and whoever judges them: what the judge is shown, and what is kept of its word. */
import type { Judgement, JudgeRequest, OpenJudge } from '../../judges/judge';
import { isRight } from '../../judges/rule';
import { at } from '../../lib/at';
import { isJudgeFailure, LabError } from '../../lib/errors';
import type { Candidate } from '../../records/candidates';
import type { ControlOutcome, StoredJudgement } from '../../records/judgements';
import type { Prompt } from '../../records/prompts';
import type { Vote } from '../../records/votes';
import { withLengthControl } from '../pairs/length-control';

export interface JudgeTask {
  readonly prompt: Prompt;
  /** Parsed; scores that they have are another judge's, and go. */
  readonly candidates: readonly Candidate[];
  readonly rho: number;
  /** Whether the judge is tested with control rows as well. */
  readonly controls: boolean;
  /** A person's, by index of the candidate. */
  readonly vote?: Vote | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface JudgedCandidates {
  /** With score and s. */
  readonly candidates: readonly Candidate[];
  readonly judgement: StoredJudgement;
}

/**
 * Scores candidates. The judge sees the instruction and the well-formed responses, and none where there are none.
 * @throws LabError judge-failed, judge-limit, cancelled, device-lost
 */
export async function judgePrompt(judge: OpenJudge, task: JudgeTask): Promise<JudgedCandidates> {
  const { candidates, rho } = task;
  const shown = candidates.filter(({ malformed }) => malformed === null);
  const indices = shown.map(({ index }) => index);
  return failing(async () => {
    const { addressesJudge } = await import('../../judges/language/addresses-judge');
    const said = shown.length === 0 ? NOTHING_TO_JUDGE : await judge.score(requestOf(task, shown));
    if (said.scores.length !== shown.length)
      throw new Error(`${said.scores.length} scores for ${shown.length} responses`);
    const scores = spread(said.scores, indices, candidates.length);
    const scored = candidates.map((candidate, i) => ({ ...candidate, score: finite(at(scores, i)), s: null }));
    const flags = shown.flatMap(({ index, response }) => {
      const words = addressesJudge(response);
      return words === null ? [] : [{ candidate: index, words }];
    });
    const judgement: StoredJudgement = {
      ...emptyJudgement(judge, said.detail),
      calls: (said.calls ?? []).map((call) => ({ ...call, shown: shownAs(call.shown, indices) })),
      members: (said.members ?? []).map((member) => ({
        ...member,
        scores: spread(member.scores, indices, candidates.length),
      })),
      flags,
      controls: task.controls ? await controlsOf(judge, task, scored) : [],
    };
    return { candidates: withLengthControl(scored, rho), judgement };
  });
}

/**
 * A judge that compares policies scores no sample alone; this is how it is tested with control rows.
 * @throws as `judgePrompt`
 */
export async function testOnPrompt(
  judge: OpenJudge,
  { prompt, candidates }: Pick<JudgeTask, 'prompt' | 'candidates'>,
  detail: string,
): Promise<StoredJudgement> {
  return failing(async () => ({
    ...emptyJudgement(judge, detail),
    controls: await controlsOf(judge, { prompt, candidates }, candidates),
  }));
}

/** Whatever a judge fails with, as the errors of judges. */
async function failing<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isJudgeFailure(error) || (error instanceof LabError && OTHERS_WORDS.includes(error.code))) throw error;
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

/** Not the judge's: a judge on the policy's own device is lost with it. */
const OTHERS_WORDS: readonly string[] = ['cancelled', 'device-lost'];

const NOTHING_TO_JUDGE: Judgement = { scores: [], detail: 'no candidate is well-formed' };

export function emptyJudgement(
  { name, promptVersion }: Pick<OpenJudge, 'name' | 'promptVersion'>,
  detail: string,
): StoredJudgement {
  return { judge: name, promptVersion, detail, calls: [], members: [], flags: [], controls: [] };
}

/** What checks a response of the prompt, where anything does. */
function referenceOf({ answer, check }: Prompt): { readonly answer: string; readonly check: string } | undefined {
  return answer === undefined || check === undefined ? undefined : { answer, check };
}

/** Whoever judges: whether a response is right is the rule's word, null without a reference answer. A malformed completion is wrong. */
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
 * @param judged the best is what control rows are held against
 * @throws as the judge does
 */
async function controlsOf(
  judge: OpenJudge,
  task: Omit<JudgeTask, 'rho' | 'controls'>,
  judged: readonly Candidate[],
): Promise<readonly ControlOutcome[]> {
  const { runControls } = await import('../../judges/controls');
  const best = judged.filter(({ malformed }) => malformed === null).sort(byScore);
  const { instruction, responses, ...checked } = requestOf({ ...task, vote: undefined }, best);
  return runControls(judge, instruction, responses, checked);
}

/** The highest first, those without a verdict last; of equal ones the right ones first. */
function byScore(a: Candidate, b: Candidate): number {
  const scores =
    a.score === null || b.score === null ? Number(a.score === null) - Number(b.score === null) : b.score - a.score;
  return scores || Number(b.correct === true) - Number(a.correct === true);
}

type Shown = StoredJudgement['calls'][number]['shown'];

/** Positions among the responses as indices of candidates. */
function shownAs(shown: Shown, indices: readonly number[]): Shown {
  return shown.length === 1 ? [at(indices, shown[0])] : [at(indices, shown[0]), at(indices, shown[1])];
}

/** Values of the responses that were shown, by index of the candidate; null for the others. */
function spread(
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

/** A score that is no number is no verdict. */
const finite = (score: number | null): number | null => (score !== null && Number.isFinite(score) ? score : null);
