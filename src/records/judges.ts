/** Judges: trials, loading state, access to remote servers, and WebLLM models. Types only. */

import type { WeightedCheck } from '../recipe/checks';
import type { ControlOutcome, JudgeCall, MemberScores } from './judgements';

/** Two responses for a judge to be tried on. */
export interface JudgeTrial {
  readonly instruction: string;
  readonly responses: readonly [string, string];
  readonly reference: { readonly answer: string; readonly check: string } | null;
  /** More that the rule checks. */
  readonly checks?: readonly WeightedCheck[];
}

export interface JudgeTrialResult {
  readonly judge: string;
  /** In the order of the responses. */
  readonly scores: readonly (number | null)[];
  readonly detail: string;
  readonly calls: readonly JudgeCall[];
  /** Of a panel: what each gave. */
  readonly members: readonly MemberScores[];
  readonly controls: readonly ControlOutcome[];
  /** From the question to the verdict on the two; the first time, loading is part of it. */
  readonly seconds: number;
}

/** What a judge is busy with while it loads. */
export interface JudgeState {
  readonly judge: string;
  /** A clause, e.g. "fetching weights, 62 MB". */
  readonly phase: string;
  /** 0 … 1 of this phase; null where nobody knows. */
  readonly progress: number | null;
}

/** A language model that WebLLM can run. */
export interface WebllmModel {
  readonly id: string;
  /** Of its weights; null where nobody has asked their host. */
  readonly bytes: number | null;
  /** The same, else roughly, as its name has it; null where it has none. */
  readonly about: number | null;
  /** On the GPU, in bytes. */
  readonly memory: number;
  readonly needsF16: boolean;
  /** On this device. */
  readonly usable: boolean;
  readonly stored: boolean;
  /** Added by the user. */
  readonly custom: boolean;
}

export interface RemoteAccessInfo {
  readonly key: boolean;
  readonly headers: readonly string[];
  readonly remembered: boolean;
}

export interface RemoteAccess {
  /** '' where the server asks for none. */
  readonly key: string;
  /** e.g. OpenRouter's `HTTP-Referer` and `X-Title`. */
  readonly headers: Readonly<Record<string, string>>;
}
