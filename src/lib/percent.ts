/** A share as a sentence has it: 0.254 is 25%. */
export const percent = (share: number): string => `${Math.round(100 * share)}%`;
