/** Judges: trials, loading, access to remote servers, and WebLLM's models. Types only. */

import type { WeightedCheck } from '../recipe/checks';
import type { ControlOutcome, JudgeCall, MemberScores } from './judgements';

/** Two responses on which the user tries a judge. */
export interface JudgeTrial {
  readonly instruction: string;
  readonly responses: readonly [string, string];
  /** The reference answer and the name of the rule that checks it. Null if there is none. */
  readonly reference: { readonly answer: string; readonly check: string } | null;
  /** Further checks of the rule. */
  readonly checks?: readonly WeightedCheck[];
}

export interface JudgeTrialResult {
  readonly judge: string;
  /** In the order of the responses. Null without a verdict. */
  readonly scores: readonly (number | null)[];
  /** How the scores came about, in a few words. */
  readonly detail: string;
  readonly calls: readonly JudgeCall[];
  /** For a panel. Otherwise empty. */
  readonly members: readonly MemberScores[];
  readonly controls: readonly ControlOutcome[];
  /** Time until the verdict on the two responses. The first time, it includes loading the judge. */
  readonly seconds: number;
}

/** The progress of a judge that loads. */
export interface JudgeState {
  readonly judge: string;
  /** E.g. "fetching weights, 62 MB". */
  readonly phase: string;
  /** Progress of this phase, 0 … 1. Null if unknown. */
  readonly progress: number | null;
}

/** A language model that WebLLM can run. */
export interface WebllmModel {
  readonly id: string;
  /** Size of the weights in bytes. Null until the host has been asked. */
  readonly bytes: number | null;
  /** `bytes`, or an estimate from the model's name. Null if the name says nothing. */
  readonly about: number | null;
  /** GPU memory in bytes. */
  readonly memory: number;
  readonly needsF16: boolean;
  /** Whether this device can run it. */
  readonly usable: boolean;
  /** Whether the browser has stored it. */
  readonly stored: boolean;
  /** Whether the user has added it. */
  readonly custom: boolean;
}

/** The access to a remote server, as shown to the page: never the key itself. */
export interface RemoteAccessInfo {
  /** Whether there is a key. */
  readonly key: boolean;
  readonly headers: readonly string[];
  readonly remembered: boolean;
}

/** Access to a remote server. */
export interface RemoteAccess {
  /** Empty if the server needs none. */
  readonly key: string;
  /** E.g. OpenRouter's `HTTP-Referer` and `X-Title`. */
  readonly headers: Readonly<Record<string, string>>;
}
