/** The worker as the stores see it: given once at the start, so that a test may give another. */
import type { Lab } from '../client/client';

let given: Lab | null = null;

export function provideLab(lab: Lab): void {
  given = lab;
}

export function lab(): Lab {
  if (given === null) throw new Error('provideLab comes first');
  return given;
}
