/** Warnings about a run or its judge. Types only. */
import type { Recipe } from '../recipe/recipe';

/** A sign that a run goes wrong, or that a judge is unreliable. */
export interface Warning {
  /** A stable name, e.g. `logps-fall`. */
  readonly code: string;
  /** What was noticed, with the number that shows it. */
  readonly message: string;
  /** What to do about it. */
  readonly advice: string;
  /** The recipe's field that the advice names. Null if it names none. */
  readonly field: keyof Recipe | null;
}
