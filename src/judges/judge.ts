/**
 * The interface that every judge implements. Types only. A judge sees responses, never thoughts.
 *
 * CONTRIBUTING.md, "A judge", lists the steps to add a kind.
 */

import type { WeightedCheck } from '../recipe/checks';
import type { JudgeKindRecord } from '../recipe/judges/kind';
import type { JudgeCall, MemberScores, Vote } from '../records/judgements';

/** When a judge can be asked: see `Judge.pace`. The record of each kind declares it. */
export type JudgePace = NonNullable<JudgeKindRecord['pace']>;

/** One prompt with the responses to be scored. The request may not be changed by the judge. */
export interface JudgeRequest {
  /** The user's instruction as it is in the prompt set, without the thought prompt around it. */
  readonly instruction: string;
  /** Well-formed responses, trimmed, in the order of the scores to return. At least one; some may be equal. */
  readonly responses: readonly string[];
  /** The prompt's right answer, and the name of the check that compares a response with it (src/recipe/checks.ts). */
  readonly reference?: { readonly answer: string; readonly check: string };
  /** Further checks of the prompt, each with its weight. Only the rule judge reads them. */
  readonly checks?: readonly WeightedCheck[];
  /**
   * Ask about every response, even if it equals another. By default a judge that is asked in words is asked once for
   * equal responses and gives them the same score. Control rows set this to test the judge itself.
   */
  readonly askEqual?: boolean;
  /** The person's vote, as positions in `responses`. Only for a judge whose pace is `patient`. */
  readonly vote?: Vote;
  /**
   * Aborted when the result is no longer needed. `score` then rejects with `cancelled` or with the signal's reason.
   */
  readonly signal?: AbortSignal;
}

export interface Judgement {
  /**
   * One score per response, in the same order; higher is better. Any scale: scores are standardised per prompt before
   * they are compared. Null where the judge reached no verdict, for example because its reply could not be parsed.
   */
  readonly scores: readonly (number | null)[];
  /** How the scores were made, as a short clause. It is stored and shown next to them. */
  readonly detail: string;
  /** The questions to a language model and its replies. Absent for a judge that is not asked in words. */
  readonly calls?: readonly JudgeCall[];
  /** Each member's scores. Only for a panel. */
  readonly members?: readonly MemberScores[];
}

export interface Judge {
  /**
   * True if scores are comparable only within one call, such as ELO ratings. An evaluation then asks the judge to
   * compare two policies' responses instead of averaging scores. False by default.
   */
  readonly relative?: boolean;
  /**
   * When the loop may call `score`:
   * - `at-once` (default): at any time, while the policy generates;
   * - `policy-idle`: only while the policy does not generate, because the judge runs on the policy's weights;
   * - `patient`: when a person has voted, which may take days. The request then has a `vote`.
   */
  readonly pace?: JudgePace;
  /** The judge to test with control rows instead of this one: for a panel with people, the panel without them. */
  readonly tested?: Judge;
  /**
   * Scores the responses to one prompt. May be called again before earlier calls have ended, and again after a
   * failure: a judge that failed to load tries to load again.
   * @throws LabError judge-failed (the run pauses and can be resumed), judge-limit (a spending limit is reached),
   * cancelled; device-lost, gpu-error, out-of-memory (the policy's device). Any other error is wrapped as
   * judge-failed.
   */
  score(request: JudgeRequest): Promise<Judgement>;
}

/**
 * A judge that was opened for a run or a trial. The caller of `openJudge` (src/judges/openers.ts) calls `dispose`
 * once, also after a failure.
 */
export interface OpenJudge extends Judge {
  /** Stored with every judgement, for example `rule`, `tiny-judge` or `webllm SmolLM2-135M-Instruct`. */
  readonly name: string;
  /**
   * Version of the prompt template that the judge is asked with: the first 8 hexadecimal digits of a sha-256. Null for
   * a judge that is not asked in words. It is stored, so verdicts from different templates can be told apart.
   */
  readonly promptVersion: string | null;
  /** Bytes of GPU memory in use while the judge is loaded. Absent or 0 if it uses none. */
  readonly memory?: number;
  /** Frees the GPU memory, for example before training. The next `score` loads the judge again. Never rejects. */
  release?(): Promise<void>;
  /** Ends the judge for good. Calls in flight and later calls reject with judge-failed. */
  dispose(): void;
}
