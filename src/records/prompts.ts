/** A prompt. Types only. */
import type { WeightedCheck } from '../recipe/checks';

/** An instruction, with what is needed to check responses to it. */
export interface Prompt {
  readonly id: string;
  readonly instruction: string;
  readonly category?: string;
  /** The reference answer. */
  readonly answer?: string;
  /** Name of the rule that checks it: `number`, `time`, `exact`, … Without it, the answer is not checked. */
  readonly check?: string;
  /** Further checks of a response. */
  readonly checks?: readonly WeightedCheck[];
}
