import { threefry2x32 } from '../lib/threefry';
import { at } from './indexing';

export interface Sample {
  /** [N, V] */
  readonly logits: Float64Array;
  readonly V: number;
  /** 0 takes the argmax. */
  readonly temperature: number;
  /** 0 turns top-k off. */
  readonly topK: number;
  /** 1 turns top-p off. */
  readonly topP: number;
  readonly seed: number;
  /** u32 [N] each. With the seed, they alone decide the draw of a row. */
  readonly streams: Uint32Array;
  readonly candidates: Uint32Array;
  readonly positions: Uint32Array;
}

/**
 * The standard Gumbel variables of one row's tokens: g = −log(−log(1 − v)), v = ((x >>> 9) + ½) · 2⁻²³, x the first
 * word of threefry(key K, counter (token, 0)), K = threefry(key (seed, stream), counter (candidate, position)). v and
 * 1 − v are exact in f32, and neither is ever 0 or 1.
 */
export function gumbels(draw: {
  seed: number;
  stream: number;
  candidate: number;
  position: number;
  V: number;
}): Float64Array {
  const key = threefry2x32(draw.seed, draw.stream, draw.candidate, draw.position);
  return Float64Array.from({ length: draw.V }, (_, token) => {
    const [x] = threefry2x32(...key, token, 0);
    const v = ((x >>> 9) + 0.5) * 2 ** -23;
    return -Math.log(-Math.log1p(-v));
  });
}

/**
 * The tokens of one row that are kept: those whose logit is at least the topK-th largest (including ties), and of
 * these the most probable whose mass, after temperature and top-k, first reaches topP (including ties with the last).
 */
export function kept(
  logits: Float64Array,
  { temperature, topK, topP }: Pick<Sample, 'temperature' | 'topK' | 'topP'>,
): boolean[] {
  const descending = logits.toSorted().reverse();
  const max = at(descending, 0);
  let threshold = topK > 0 && topK < logits.length ? at(descending, topK - 1) : -Infinity;
  if (topP < 1) {
    const candidates = descending.filter((logit) => logit >= threshold);
    const masses = candidates.map((logit) => Math.exp((logit - max) / temperature));
    const total = masses.reduce((sum, mass) => sum + mass, 0);
    let reached = 0;
    for (const [rank, mass] of masses.entries()) {
      threshold = at(candidates, rank);
      reached += mass;
      if (reached >= topP * total) break;
    }
  }
  return Array.from(logits, (logit) => logit >= threshold);
}

/**
 * [N, V]: the values whose argmax is the sampled token: logit/T + g for kept tokens and −∞ for others, or the logits
 * at T = 0.
 */
export function perturbedLogits({
  logits,
  V,
  seed,
  streams,
  candidates,
  positions,
  ...sampling
}: Sample): Float64Array {
  if (sampling.temperature === 0) return logits;
  const perturbed = new Float64Array(logits.length).fill(-Infinity);
  for (let n = 0; n < logits.length / V; n++) {
    const row = logits.subarray(n * V, (n + 1) * V);
    const keep = kept(row, sampling);
    const g = gumbels({ seed, stream: at(streams, n), candidate: at(candidates, n), position: at(positions, n), V });
    for (let token = 0; token < V; token++) {
      if (keep[token]) perturbed[n * V + token] = at(row, token) / sampling.temperature + at(g, token);
    }
  }
  return perturbed;
}

/** Gumbel-max: token[n] = argmax of the perturbed logits of row n, the lowest index for equal values, u32 [N]. */
export function sampleForward(options: Sample): Uint32Array {
  const { V } = options;
  const perturbed = perturbedLogits(options);
  return Uint32Array.from({ length: perturbed.length / V }, (_, n) => {
    let best = 0;
    for (let token = 1; token < V; token++) {
      if (at(perturbed, n * V + token) > at(perturbed, n * V + best)) best = token;
    }
    return best;
  });
}
