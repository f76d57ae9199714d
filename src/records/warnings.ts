/** Warnings about a run or its judge. Types only. */
import type { Recipe } from '../recipe/recipe';

/** A sign that a run goes wrong, or that a judge is unreliable. */
export interface Warning {
  /** A stable name, e.g. `logps-fall`. */
  readonly code: string;
  /** The observation, with the number that shows it. */
  readonly message: string;
  /** The recommended change. */
  readonly advice: string;
  /** The recipe's field that the advice names. Null if it names none. */
  readonly field: keyof Recipe | null;
}
