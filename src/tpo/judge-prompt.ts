import type { Judge } from '../judges/judge';
import { isRight } from '../judges/rule';
import { at } from '../lib/at';
import { isJudgeFailure, LabError } from '../lib/errors';
import type { ThoughtPrompt } from '../recipe/thought-prompts';
import { toCandidate } from './candidate';
import { withLengthControl } from './length-control';
import type { Completion } from './policy';
import type { Candidate, Prompt } from './types';

export interface Judging {
  readonly judge: Judge;
  readonly format: ThoughtPrompt;
  readonly rho: number;
  decode(tokens: readonly number[]): string;
}

/**
 * A prompt's completions as scored candidates. The judge sees the instruction and the well-formed responses; whatever it is, whether a
 * response is right is the rule's word (a malformed completion is wrong).
 * @throws LabError judge-failed
 */
export async function judgePrompt(prompt: Prompt, completions: readonly Completion[], judging: Judging): Promise<Candidate[]> {
  const candidates = completions.map((completion, i) => toCandidate(i, completion, judging.format, judging.decode));
  const wellFormed = candidates.filter(({ malformed }) => malformed === null);
  const scores = await scoresOf(prompt, wellFormed, judging.judge);
  const scored = candidates.map((candidate) => ({
    ...candidate,
    score: scores.get(candidate.index) ?? null,
    correct: isCorrect(prompt, candidate),
  }));
  return withLengthControl(scored, judging.rho);
}

function isCorrect(prompt: Prompt, { malformed, response }: Candidate): boolean | null {
  const right = isRight(response, prompt);
  return right === null ? null : right && malformed === null;
}

async function scoresOf(
  { instruction, answer, check, checks }: Prompt,
  wellFormed: readonly Candidate[],
  judge: Judge,
): Promise<ReadonlyMap<number, number | null>> {
  if (wellFormed.length === 0) return new Map();
  const responses = wellFormed.map(({ response }) => response);
  const reference = answer === undefined || check === undefined ? {} : { reference: { answer, check } };
  try {
    const { scores } = await judge.score({ instruction, responses, ...reference, ...(checks && { checks }) });
    if (scores.length !== responses.length) throw new Error(`${scores.length} scores for ${responses.length} responses`);
    return new Map(wellFormed.map(({ index }, i) => [index, finite(at(scores, i))]));
  } catch (error) {
    if (isJudgeFailure(error)) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new LabError('judge-failed', `The judge failed: ${reason}.`, 'Nothing is lost: the run waits. Go on to try again.', {
      cause: error,
    });
  }
}

/** A score that is no number is no verdict. */
const finite = (score: number | null): number | null => (score !== null && Number.isFinite(score) ? score : null);
