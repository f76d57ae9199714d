/** Verdicts of judges: calls, scores, control rows, and statistics about a judge. Types only. */

import type { Arm } from '../recipe/recipe';
import type { PairChoice } from './pairs';
import type { Warning } from './runs';

/** One answer of a judge that is asked in words, as it came. */
export interface JudgeCall {
  /** Positions in `responses`, in the order in which they were shown: one is rated, two are compared. */
  readonly shown: readonly [number] | readonly [first: number, second: number];
  /** A rating; of a comparison 1 (the first is better), −1, or 0 (a tie); null where the reply did not parse. */
  readonly verdict: number | null;
  /** Capped. */
  readonly reply: string;
  /** Of a panel: which member gave it. */
  readonly judge?: string;
}

/** What one member of a panel gave. */
export interface MemberScores {
  readonly judge: string;
  readonly weight: number;
  /** In the order of the responses, the member's own numbers. */
  readonly scores: readonly (number | null)[];
}

/** Responses of which everyone knows what they are worth: a judge is tested with them. */
export type ControlName = 'empty' | 'colon' | 'truncated' | 'choose-a' | 'identical' | 'repeated';

export interface ControlResult {
  /** null: it tells nothing of the judge. */
  readonly passed: boolean | null;
  /** Why it tells nothing: no verdict came, or there was nothing to hold the row against. Records of before do not say. */
  readonly none?: 'no-verdict' | 'nothing-to-tell';
}

export interface ControlOutcome extends ControlResult {
  readonly control: ControlName;
  /** What stood in place of a response; capped. Records of before have no texts. */
  readonly response?: string;
  /** `shown`: 0 is that, 1 the best response. */
  readonly calls?: readonly JudgeCall[];
  /** Of a panel: what came of it before each member. */
  readonly members?: readonly (ControlResult & { readonly judge: string })[];
}

/** What a judge said of a prompt's candidates, in full: enough to look at it, and to score again without asking again. */
export interface StoredJudgement {
  /** Name of the judge. */
  readonly judge: string;
  /** Of the words it was asked with; null where it is asked in none. */
  readonly promptVersion: string | null;
  readonly detail: string;
  /** `shown` holds indices of candidates. */
  readonly calls: readonly JudgeCall[];
  /** Of a panel; `scores` by index of the candidate, null for a malformed one. */
  readonly members: readonly MemberScores[];
  /** Candidates whose response speaks to the judge, and the words with which it does. */
  readonly flags: readonly { readonly candidate: number; readonly words: string }[];
  /** Empty where the prompt carried none. */
  readonly controls: readonly ControlOutcome[];
}

/** How far a judge is to be believed, over one iteration of one arm: of its candidates, or of its held-out samples. */
export interface JudgeFacts {
  readonly judge: string;
  readonly controls: Readonly<Partial<Record<ControlName, { readonly failed: number; readonly of: number }>>>;
  /** Control rows on which it came to no verdict; they are in none of the counts. Records of before do not say. */
  readonly silentControls?: number;
  /** Of every two that were compared in both orders: in what share the order decided. */
  readonly positionBias: { readonly share: number; readonly of: number } | null;
  /** Pearson's correlation of score and response length (tokens), both less their prompt's mean. */
  readonly lengthBias: number | null;
  /** Of every right and wrong response to one prompt: in what share the right one scored higher (a tie is half). */
  readonly agreement: { readonly share: number; readonly of: number } | null;
  /** Replies that were no verdict. */
  readonly unparsed: { readonly count: number; readonly of: number };
  /** Of a panel: each member's own. */
  readonly members?: readonly JudgeFacts[];
}

/** A policy's samples of a held-out prompt against another's, by a judge whose scores cannot be compared from call to call. */
export interface Comparison {
  readonly against: { readonly iteration: number; readonly arm: Arm };
  /** In the order of the samples: 1 won, 0 lost, what lies between is shared (0.5 a tie); null no verdict. */
  readonly outcomes: readonly (number | null)[];
  /** `shown`: 0 is this policy's sample, 1 the other's. In the order of the samples. */
  readonly calls: readonly (readonly JudgeCall[])[];
  /** Responses that speak to the judge, and the words with which they do; absent where none does. */
  readonly flags?: readonly { readonly sample: number; readonly own: boolean; readonly words: string }[];
}

/** Another judge's word on an iteration's candidates; what it would have made of each prompt is kept apart. */
export interface Rejudgement {
  readonly id: string;
  readonly runId: string;
  readonly iteration: number;
  readonly arm: Arm;
  /** Milliseconds since 1970. */
  readonly created: number;
  readonly judge: string;
  readonly promptVersion: string | null;
  readonly facts: JudgeFacts | null;
  /** What the facts warn of; absent where nobody looked. */
  readonly warnings?: readonly Warning[];
  /** Prompts, from the first position on; fewer than `total` where it was cancelled. */
  readonly done: number;
  readonly total: number;
}

/** A prompt before another judge, and the pair that it would have made. */
export interface RejudgedPair {
  readonly position: number;
  /** By index of the candidate. */
  readonly scores: readonly (number | null)[];
  readonly pair: PairChoice;
}

/** With what it said. */
export interface RejudgedPrompt extends RejudgedPair {
  readonly judgement: StoredJudgement;
}
