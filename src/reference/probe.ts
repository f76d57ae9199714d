import { at } from './indexing';

export interface MultiplyAdd {
  readonly inp: Float64Array;
  readonly chains: number;
  readonly rounds: number;
  readonly factor: number;
  readonly term: number;
}

/** out[i] = Σ_j x_j, where x_j begins as inp[i] + j and becomes x_j · factor + term in each round */
export function multiplyAdd({ inp, chains, rounds, factor, term }: MultiplyAdd): Float64Array {
  const out = new Float64Array(inp.length);
  for (let i = 0; i < inp.length; i++) {
    for (let j = 0; j < chains; j++) {
      let x = at(inp, i) + j;
      for (let round = 0; round < rounds; round++) x = x * factor + term;
      out[i] = at(out, i) + x;
    }
  }
  return out;
}
