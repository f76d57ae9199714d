/** The records that the loop makes, in the order in which it makes them. Types only. */
import type { JudgeCall, MemberScores, Vote } from '../judges/judge';
import type { Categorised } from '../recipe/category-results';
import type { WeightedCheck } from '../recipe/checks';
import type { Measure } from '../recipe/heldout-measure';
import type { Arm, Recipe } from '../recipe/recipe';

export type { Vote } from '../judges/judge';

/** One iteration of one arm. */
export interface CellName {
  /** 0: the seed model, which is evaluated and, where the recipe says so, warmed up. */
  readonly iteration: number;
  readonly arm: Arm;
}

export interface Prompt {
  readonly id: string;
  readonly instruction: string;
  readonly category?: string;
  /** Reference answer and the name of the rule that checks it (`number`, `time`, `exact`, …). */
  readonly answer?: string;
  readonly check?: string;
  /** What else a response is to fulfil. */
  readonly checks?: readonly WeightedCheck[];
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

/** `truncated`: no end of turn within the limit (checked first). */
export type Malformed = 'truncated' | 'no-marker' | 'empty-response';

/** What the policy wrote for one prompt, parsed. */
export interface Candidate {
  /** 0 … K−1 */
  readonly index: number;
  /** Token ids, the end of turn included when `ended`. */
  readonly tokens: readonly number[];
  /** Decoded, without the end of turn. */
  readonly text: string;
  readonly ended: boolean;
  readonly thought: string;
  readonly response: string;
  readonly malformed: Malformed | null;
  readonly thoughtTokens: number;
  readonly responseTokens: number;
  /** The judge's; null when malformed or when its verdict did not parse. */
  readonly score: number | null;
  /** Whether the rule finds the response right; null when the prompt has no reference answer. */
  readonly correct: boolean | null;
  /** s = z(score) − rho·z(length), null when malformed. */
  readonly s: number | null;
}

/** `excluded`: by a reader. */
export type NoPair = 'all-malformed' | 'all-equal' | 'same-text' | 'judge-failed' | 'excluded';

export type PairChoice =
  | { readonly chosen: number; readonly rejected: number; readonly rejectedMalformed: boolean }
  | { readonly none: NoPair };

/** `warm-up`: to imitate what is well-formed. Neither judged nor paired. */
export type Purpose = 'train' | 'evaluate' | 'warm-up';

/** One prompt with all its candidates, scored: the unit of generation that is stored and never done twice. */
export interface Rollout {
  readonly purpose: Purpose;
  /** Of training: 1 … N. Of evaluation: the policy's iteration, 0 for the seed model. Of the warm-up: 0. */
  readonly iteration: number;
  readonly arm: Arm;
  /** Position in the iteration's block of prompts (or among the held-out). */
  readonly position: number;
  readonly prompt: Prompt;
  readonly promptTokens: readonly number[];
  readonly candidates: readonly Candidate[];
  /** Of training only. */
  readonly pair: PairChoice | null;
  /** null while it waits for its judge; the warm-up has none. */
  readonly judgement: StoredJudgement | null;
  /** Of evaluation only. */
  readonly comparisons: readonly Comparison[];
  /** Share of the generation's wall time, and of the judge's. */
  readonly seconds: { readonly generate: number; readonly judge: number };
}

/** A prompt whose candidates wait for a person. */
export interface Ballot {
  readonly id: string;
  readonly iteration: number;
  readonly arm: Arm;
  readonly position: number;
  readonly instruction: string;
  /** Shuffled; equal responses once. */
  readonly responses: readonly { readonly candidate: number; readonly text: string; readonly thought: string }[];
}

/** A vote that was cast; its prompt's ballot has the same place. */
export interface CastVote {
  readonly iteration: number;
  readonly arm: Arm;
  readonly position: number;
  readonly vote: Vote;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** A pair that a reader changed. */
export interface PairEdit {
  readonly iteration: number;
  readonly arm: Arm;
  readonly position: number;
  readonly pair: { readonly chosen: number; readonly rejected: number } | 'excluded';
  /** Made when the iteration had already begun to train: it changes what is exported, not what was learnt. */
  readonly late: boolean;
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

/** A pair as it is trained on. */
export interface PreferencePair {
  /** `position` of its rollout. */
  readonly position: number;
  readonly promptTokens: readonly number[];
  readonly chosenTokens: readonly number[];
  readonly rejectedTokens: readonly number[];
}

/** A completion that the warm-up trains on. */
export interface SftSample {
  /** `position` of its rollout. */
  readonly position: number;
  readonly promptTokens: readonly number[];
  readonly tokens: readonly number[];
}

/** Sums of log-probabilities over completion tokens under the policy at the start of the iteration. */
export interface ReferenceLogps {
  readonly position: number;
  readonly chosen: number;
  readonly rejected: number;
}

/** One optimiser step, under TRL's names. */
export interface StepMetrics {
  readonly iteration: number;
  readonly arm: Arm;
  /** 1 … steps of this iteration and arm. */
  readonly step: number;
  readonly steps: number;
  readonly loss: number;
  readonly 'rewards/chosen': number;
  readonly 'rewards/rejected': number;
  readonly 'rewards/accuracies': number;
  readonly 'rewards/margins': number;
  readonly 'logps/chosen': number;
  readonly 'logps/rejected': number;
  readonly grad_norm: number;
  readonly learning_rate: number;
  /** Prompt and completion tokens of the step, the prompt counted once a pair. */
  readonly tokens: number;
  readonly seconds: number;
}

/** One optimiser step of the warm-up (SFT), under TRL's names. It has no pairs, so neither rewards nor a rejected. */
export interface SftStep {
  readonly iteration: 0;
  readonly arm: Arm;
  /** 1 … steps. */
  readonly step: number;
  readonly steps: number;
  /** Mean negative log-likelihood of a completion token, before the update. */
  readonly loss: number;
  /** Completions trained on. */
  readonly samples: number;
  readonly grad_norm: number;
  readonly learning_rate: number;
  /** Prompt and completion tokens of the step. */
  readonly tokens: number;
  readonly seconds: number;
}

/** A policy against another one on the held-out prompts, sample by sample, both orders. */
export interface WinRate {
  /** The seed model of the same arm, or the direct arm after the same iteration. */
  readonly against: 'seed' | 'direct';
  /** A tie is half a win; a malformed sample loses to a well-formed one. */
  readonly rate: number;
  /** 95%, paired bootstrap over prompts. */
  readonly interval: readonly [number, number] | null;
  /** What it would be at equal lengths; null where it cannot be fitted. */
  readonly lengthControlled: number | null;
  readonly lengthControlledInterval: readonly [number, number] | null;
  /** Of those with a verdict on at least one of their samples. */
  readonly prompts: number;
  /** Samples on which the judge came to no verdict: they count for neither. */
  readonly unparsed?: number;
  readonly byCategory: Readonly<Record<string, number>>;
  /** 95%; null of too few prompts. */
  readonly byCategoryInterval?: Readonly<Record<string, readonly [number, number] | null>>;
}

/** The thinking arm less the direct arm after the same iteration, on the prompts of one category. */
export interface CategoryDifference {
  readonly category: string;
  readonly prompts: number;
  readonly difference: number;
  /** 95%, paired bootstrap over prompts. */
  readonly interval: readonly [number, number] | null;
}

export interface CategoryDifferences {
  /** Of shares of right samples; or the share of the samples won less the share lost. `score`, of mean scores, is of runs of before. */
  readonly measure: Measure;
  /** The greatest first. */
  readonly categories: readonly CategoryDifference[];
}

export interface Evaluation extends Categorised {
  readonly iteration: number;
  readonly arm: Arm;
  readonly prompts: number;
  /** Of the prompts: those with a reference answer. */
  readonly checkable?: number;
  readonly samples: number;
  /** Share of samples the rule finds right, with a 95% interval (bootstrap over prompts); null without reference answers. */
  readonly accuracy: number | null;
  readonly accuracyInterval: readonly [number, number] | null;
  /** Of the well-formed samples. */
  readonly meanScore: number | null;
  readonly meanScoreInterval: readonly [number, number] | null;
  /** Share of the samples. */
  readonly malformed: number;
  /** Well-formed samples, or comparisons, on which the judge came to no verdict. */
  readonly unparsed?: { readonly count: number; readonly of: number };
  /** Means over the well-formed samples: a malformed one has no response to measure. null where all are. */
  readonly thoughtTokens: number | null;
  readonly responseTokens: number | null;
  /** Name of the judge of the scores. */
  readonly judge: string;
  /** How far it is to be believed, where it is not the judge of the training; its control rows are with the seed model's. */
  readonly judgeFacts?: JudgeFacts;
  /** The thinking arm's against direct comes when the direct arm of the same iteration has been evaluated. */
  readonly winRates: readonly WinRate[];
  /** Of the thinking arm, once the direct arm has been evaluated. */
  readonly differences?: CategoryDifferences;
  readonly seconds: number;
  /** The judge's part of them. Evaluations of before do not say. */
  readonly judgeSeconds?: number;
}

/** What generation and training of one iteration of one arm came to. */
export interface IterationSummary {
  /** 0: the warm-up, which makes no pairs. */
  readonly iteration: number;
  readonly arm: Arm;
  readonly prompts: number;
  readonly candidates: number;
  readonly malformed: number;
  readonly pairs: number;
  readonly noPair: Readonly<Partial<Record<NoPair, number>>>;
  /** Of the warm-up: completions that it trained on. */
  readonly samples?: number;
  /** Not of the warm-up. */
  readonly judge?: JudgeFacts;
  readonly tokens: { readonly prefill: number; readonly decoded: number; readonly trained: number };
  readonly seconds: {
    readonly generate: number;
    readonly judge: number;
    readonly reference: number;
    readonly train: number;
    readonly evaluate: number;
  };
}

/** A sign of a run going wrong, or of a judge that is not to be believed. */
export interface Warning {
  /** Stable name, e.g. `logps-fall`. */
  readonly code: string;
  /** A sentence with a number. */
  readonly message: string;
  /** The way out, and the recipe's field it names. */
  readonly advice: string;
  readonly field: keyof Recipe | null;
}
