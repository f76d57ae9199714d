/** Judgements: a judge's calls, scores and control rows, how reliable it is, and a person's votes. Types only. */

import type { Arm } from '../recipe/recipe';
import type { PairChoice } from './pairs';
import type { Warning } from './progress';

/** One reply of a language model as a judge. */
export interface JudgeCall {
  /** Positions of the responses shown, in this order. One response is rated, two are compared. */
  readonly shown: readonly [number] | readonly [first: number, second: number];
  /** The rating. For a comparison 1 (the first is better), −1 or 0 (a tie). Null if the reply did not parse. */
  readonly verdict: number | null;
  /** Its text, shortened if it is long. */
  readonly reply: string;
  /** For a panel: the name of the member. */
  readonly judge?: string;
}

/** The scores of one member of a panel. */
export interface MemberScores {
  readonly judge: string;
  /** How much the member counts, relative to the others. */
  readonly weight: number;
  /** The member's own scores, in the order of the responses. Null without a verdict. */
  readonly scores: readonly (number | null)[];
}

/** Kinds of control rows: responses of known quality that test a judge. */
export type ControlName = 'empty' | 'colon' | 'truncated' | 'choose-a' | 'identical' | 'repeated';

export interface ControlResult {
  /** Whether the judge passed the test. Null if the test was inconclusive. */
  readonly passed: boolean | null;
  /**
   * Why the test was inconclusive. `no-verdict`: the judge gave no verdict. `nothing-to-tell`: the judge was not
   * asked, because there was nothing to compare the row with. Older records do not have it.
   */
  readonly none?: 'no-verdict' | 'nothing-to-tell';
}

/** A control row and its result. */
export interface ControlOutcome extends ControlResult {
  readonly control: ControlName;
  /** The text shown as a response, shortened if it is long. Older records do not have it. */
  readonly response?: string;
  /** In `shown`, 0 is the control row and 1 the best response. */
  readonly calls?: readonly JudgeCall[];
  /** For a panel: the result of each member. */
  readonly members?: readonly (ControlResult & { readonly judge: string })[];
}

/**
 * Everything a judge said about a prompt's candidates: enough to inspect it, and to compute scores again without the
 * judge.
 */
export interface StoredJudgement {
  /** Name of the judge. */
  readonly judge: string;
  /** Version of the judge's prompt: the first 8 hex digits of its SHA-256. Null if the judge has no prompt. */
  readonly promptVersion: string | null;
  /** How the scores came about, in a few words. */
  readonly detail: string;
  /** `shown` holds indices of candidates. */
  readonly calls: readonly JudgeCall[];
  /** For a panel. `scores` are by index of the candidate; null for a malformed one. Otherwise empty. */
  readonly members: readonly MemberScores[];
  /** Candidates whose response addresses the judge, with the words that do so. */
  readonly flags: readonly { readonly candidate: number; readonly words: string }[];
  /** Empty if the judge met no control rows on this prompt. */
  readonly controls: readonly ControlOutcome[];
}

/**
 * How reliable a judge is, according to its judgements of one arm iteration: of its candidates, or its held-out
 * samples.
 */
export interface JudgeFacts {
  /** Name of the judge. */
  readonly judge: string;
  /** For each kind of control row, how many were tested and failed. Inconclusive ones do not count. */
  readonly controls: Readonly<Partial<Record<ControlName, { readonly failed: number; readonly of: number }>>>;
  /** Control rows without a verdict, which are not in `controls`. Older records do not have it. */
  readonly silentControls?: number;
  /**
   * Share (0 … 1) of the pairs compared in both orders whose verdicts contradict each other. Null if there are none.
   */
  readonly positionBias: { readonly share: number; readonly of: number } | null;
  /** Pearson correlation of score and response length within prompts, −1 … 1. Null if there are too few responses. */
  readonly lengthBias: number | null;
  /**
   * Share (0 … 1) of the pairs of a right and a wrong response to the same prompt in which the right one scored
   * higher. A tie counts half. Null if there is no such pair.
   */
  readonly agreement: { readonly share: number; readonly of: number } | null;
  /** Replies (or responses, for a judge without replies) without a verdict. */
  readonly unparsed: { readonly count: number; readonly of: number };
  /** For a panel: the facts of each member. */
  readonly members?: readonly JudgeFacts[];
}

/** A relative judge's comparison of a policy's samples for a held-out prompt with another policy's. */
export interface Comparison {
  /** The other policy. */
  readonly against: { readonly iteration: number; readonly arm: Arm };
  /** By sample: 1 won, 0 lost, 0.5 a tie; other values if two verdicts disagree. Null without a verdict. */
  readonly outcomes: readonly (number | null)[];
  /** By sample. In `shown`, 0 is this policy's sample and 1 the other's. */
  readonly calls: readonly (readonly JudgeCall[])[];
  /**
   * Samples whose response addresses the judge, with the words that do so. `own`: this policy's. Absent if none does.
   */
  readonly flags?: readonly { readonly sample: number; readonly own: boolean; readonly words: string }[];
}

/** The candidates of an arm iteration, judged again by another judge. The results are stored separately, by prompt. */
export interface Rejudgement {
  readonly id: string;
  readonly runId: string;
  readonly iteration: number;
  readonly arm: Arm;
  /** Milliseconds since 1970. */
  readonly created: number;
  /** Name of the other judge. */
  readonly judge: string;
  /** Version of its prompt. Null if it has none. */
  readonly promptVersion: string | null;
  /** Null before its first judgement. */
  readonly facts: JudgeFacts | null;
  /** Warnings about the other judge. Older records do not have them. */
  readonly warnings?: readonly Warning[];
  /** Prompts judged, from the first position on. Fewer than `total` if it was cancelled. */
  readonly done: number;
  readonly total: number;
}

/** A prompt's scores by another judge, and the pair that they would have made. */
export interface RejudgedPair {
  readonly position: number;
  /** By index of the candidate. Null for a candidate without a score. */
  readonly scores: readonly (number | null)[];
  readonly pair: PairChoice;
}

/** A prompt judged by another judge, with everything that the judge said. */
export interface RejudgedPrompt extends RejudgedPair {
  readonly judgement: StoredJudgement;
}

/** A person's vote on a prompt. `best` and `worst` are indices of candidates; for a judge, positions of responses. */
export type Vote = { readonly best: number; readonly worst: number } | 'tie' | 'skip';

/** A prompt whose candidates wait for a vote. */
export interface Ballot {
  readonly id: string;
  readonly iteration: number;
  readonly arm: Arm;
  readonly position: number;
  readonly instruction: string;
  /** Shuffled. Equal responses are shown once. */
  readonly responses: readonly { readonly candidate: number; readonly text: string; readonly thought: string }[];
}

/** A vote that was cast on the prompt at this place. */
export interface CastVote {
  readonly iteration: number;
  readonly arm: Arm;
  readonly position: number;
  readonly vote: Vote;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** The ballots of one run. */
export interface Ballots {
  readonly waiting: readonly Ballot[];
  /** `done` votes can still be taken back. `total` is their number plus that of the waiting ballots. */
  readonly done: number;
  readonly total: number;
}
