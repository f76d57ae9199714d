import { add, at } from './indexing';
import {
  type Adapter,
  type AdapterGradients,
  type Architecture,
  type Branch,
  layOut,
  Transformer,
  type Weights,
} from './transformer';

/** The tokens of P preference pairs. */
export interface Pairs {
  readonly prompts: readonly (readonly number[])[];
  readonly chosen: readonly (readonly number[])[];
  readonly rejected: readonly (readonly number[])[];
}

export interface PairScores {
  /** [2P]: summed log-probabilities of the chosen completions, then of the rejected. */
  readonly sums: Float64Array;
  /** Gradients of the adapter from those of `sums` [2P]. Can be called once. */
  backward(dsums: Float64Array): AdapterGradients;
}

/**
 * Scores the completions of pairs under the policy. With `shared`, chosen and rejected are two branches on one copy
 * of their prompt, whose last row predicts the first token of both. Otherwise every completion has its own copy of
 * the prompt.
 */
export function scorePairs(options: {
  readonly architecture: Architecture;
  readonly weights: Weights;
  readonly adapter: Adapter | null;
  readonly pairs: Pairs;
  readonly shared: boolean;
}): PairScores {
  const { architecture, weights, adapter, pairs, shared } = options;
  const P = pairs.prompts.length;
  const completions = [...pairs.chosen, ...pairs.rejected].map((tokens, i) => ({
    tokens,
    pair: i % P,
    prompt: pairs.prompts[i % P] ?? [],
  }));
  const branches: Branch[] = shared
    ? [
        ...pairs.prompts.map((tokens) => ({ tokens })),
        ...completions.map(({ tokens, pair }) => ({ tokens, prefix: pair })),
      ]
    : completions.map(({ tokens, prompt }) => ({ tokens: [...prompt, ...tokens] }));
  const layout = layOut(branches);

  // Each token is predicted by the row before it. The last row predicts nothing.
  const scored = completions.flatMap(({ tokens, pair, prompt }, i) => {
    const promptStart = layout.starts[shared ? pair : i] ?? 0;
    const lastOfPrompt = promptStart + prompt.length - 1;
    const first = shared ? (layout.starts[P + i] ?? 0) : lastOfPrompt + 1;
    return tokens.map((target, t) => ({ target, row: t === 0 ? lastOfPrompt : first + t - 1, completion: i }));
  });
  const transformer = new Transformer(architecture, weights, layout, adapter);
  const { norm } = transformer.forward();
  const rows = scored.map(({ row }) => row);
  const logps = transformer.logps(
    norm,
    rows,
    Uint32Array.from(scored, ({ target }) => target),
  );
  const sums = new Float64Array(completions.length);
  for (const [j, { completion }] of scored.entries()) add(sums, completion, at(logps.value, j));
  return {
    sums,
    backward: (dsums) =>
      transformer.backward(
        logps,
        Float64Array.from(scored, ({ completion }) => at(dsums, completion)),
      ),
  };
}
