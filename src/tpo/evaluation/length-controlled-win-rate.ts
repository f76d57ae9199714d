/**
 * The length-controlled win rate, after AlpacaEval 2 (Dubois et al., 2024, arXiv 2404.04475): a logistic regression
 * estimates how much of the outcomes is explained by the difference in length, and the win rate is predicted without
 * it. The length control of training's scores, s = z(score) − rho·z(length), is in pairs/length-control.ts.
 *
 *   P(own sample wins) = σ(θ + φ·tanh(d / sd(d)) + u_x)      d = own length − other length, tokens; x the prompt
 *   length-controlled win rate = mean of σ(θ + u_x)
 *
 * As in AlpacaEval, sd is the sample standard deviation and d is not centred. The rest differs because there is only
 * one pair of models:
 * - AlpacaEval's instruction term is (ψ_m − ψ_b)·γ_x, with γ_x fitted on a whole leaderboard. Here it is u_x, the
 *   deviation of a prompt's samples from all others, with prior N(0, 1). If no prompt has two samples, u_x could not
 *   be distinguished from chance and is left out.
 * - AlpacaEval uses an L1 penalty whose strength is chosen by cross-validation. Here it is a fixed ridge: ½·u_x², and
 *   ½·0.01·φ² (prior N(0, 10²), so that φ is finite even for a judge that judges by length alone). θ has no penalty.
 * - AlpacaEval's two gamed baselines, which influence φ, have no counterpart here.
 * - Length is measured in tokens of the response, not in characters. A malformed response has no length: its outcome
 *   counts unchanged and takes no part in the fit.
 *
 * Fitted by Newton's method with step halving, starting from 0. The Hessian has a 2 × 2 block for θ and φ, a diagonal
 * block for u, and the block between them, so that a step costs no more than a pass over the outcomes. The objective
 * is strictly convex, and has a minimum unless all outcomes are the same.
 */
import { at } from '../../lib/assert';
import type { Random } from '../../lib/random';
import { FEWEST_GROUPS, interval95 } from '../../lib/statistics';

/** A sample against another model's sample for the same prompt. */
export interface SampleOutcome {
  /** 1 won, 0 lost, 0.5 a tie; other values if two verdicts disagree. */
  readonly outcome: number;
  /** Own length minus other length, in tokens; null if either response is malformed. */
  readonly difference: number | null;
}

/** For each prompt, its samples. */
export type OutcomesByPrompt = readonly (readonly SampleOutcome[])[];

interface Parameters {
  readonly theta: number;
  readonly phi: number;
  /** One value per prompt; empty if the instruction term is left out. */
  readonly u: readonly number[];
}

export interface LengthFit extends Parameters {
  /** sd(d), in tokens. */
  readonly spread: number;
}

const RIDGE_PHI = 0.01;
const RIDGE_U = 1;
const MOST_STEPS = 100;
/** Converged when no entry of the gradient is larger. */
const CONVERGED = 1e-9;
/** The influence of length is fitted from at least this many pairs of well-formed samples. */
const FEWEST = 20;
/** Bootstrap resamples of the interval. */
const REFITS = 200;
/** At most this share of the resamples may fail to fit. */
const FAILED_REFITS = 0.05;

/** The length-controlled win rate; null if it cannot be fitted (see `fitLengths`). */
export function lengthControlled(prompts: OutcomesByPrompt): number | null {
  const once = prompts.map(() => 1);
  return predicted(prompts, once, fitted(rowsOf(prompts), once, null));
}

/**
 * The 95% interval, by a percentile bootstrap over prompts with a new fit for each resample. A prompt that is drawn
 * twice counts twice, and so do its u and its prior. Null for fewer than 5 prompts, or if more than 5% of the
 * resamples cannot be fitted.
 */
export function lengthControlledInterval(prompts: OutcomesByPrompt, random: Random): readonly [number, number] | null {
  if (prompts.length < FEWEST_GROUPS) return null;
  const rows = rowsOf(prompts);
  const start = fitted(
    rows,
    prompts.map(() => 1),
    null,
  );
  const values: number[] = [];
  for (let i = 0; i < REFITS; i++) {
    const weights = prompts.map(() => 0);
    for (let draw = 0; draw < prompts.length; draw++) {
      const drawn = random.below(prompts.length);
      weights[drawn] = at(weights, drawn) + 1;
    }
    const value = predicted(prompts, weights, fitted(rows, weights, start));
    if (value !== null) values.push(value);
  }
  return values.length < (1 - FAILED_REFITS) * REFITS ? null : interval95(values);
}

/**
 * Fits the regression. Null for fewer than 20 pairs of well-formed samples, if all are won or all lost, if all
 * differences in length are equal, or if Newton's method has not converged after 100 steps.
 */
export function fitLengths(prompts: OutcomesByPrompt): LengthFit | null {
  const fit = fitted(
    rowsOf(prompts),
    prompts.map(() => 1),
    null,
  );
  return fit === null ? null : { ...fit, u: prompts.map((_, i) => fit.u[i] ?? 0) };
}

/** The mean outcome at equal lengths. */
function predicted(prompts: OutcomesByPrompt, weights: readonly number[], fit: LengthFit | null): number | null {
  let [total, count, differs] = [0, 0, false];
  prompts.forEach((samples, prompt) => {
    const weight = at(weights, prompt);
    for (const { outcome, difference } of weight === 0 ? [] : samples) {
      differs ||= difference !== null && difference !== 0;
      total += weight * (difference === null || fit === null ? outcome : sigmoid(fit.theta + (fit.u[prompt] ?? 0)));
      count += weight;
    }
  });
  // If no lengths differ, there is nothing to control for.
  return count === 0 || (fit === null && differs) ? null : total / count;
}

interface Row {
  readonly prompt: number;
  readonly y: number;
  readonly d: number;
}

const rowsOf = (prompts: OutcomesByPrompt): Row[] =>
  prompts.flatMap((samples, prompt) =>
    samples.flatMap(({ outcome, difference }) => (difference === null ? [] : [{ prompt, y: outcome, d: difference }])),
  );

/**
 * @param weights how often each prompt counts
 * @param start parameters to begin with, of another fit of the same prompts
 */
function fitted(all: readonly Row[], weights: readonly number[], start: LengthFit | null): LengthFit | null {
  const rows = all.filter(({ prompt }) => at(weights, prompt) > 0);
  const spread = deviation(rows, weights);
  const [first] = rows;
  if (
    first === undefined ||
    all.length < FEWEST ||
    spread === 0 ||
    rows.every(({ y }) => y === first.y && (y === 0 || y === 1))
  )
    return null;
  const problem = {
    rows: rows.map(({ prompt, y, d }) => ({ prompt, y, t: Math.tanh(d / spread), weight: at(weights, prompt) })),
    weights,
  };
  const repeated = new Set(all.map(({ prompt }) => prompt)).size < all.length;
  const zero = { theta: 0, phi: 0, u: repeated ? weights.map(() => 0) : [] };
  const fit = newton(problem, start ?? zero);
  return fit && { ...fit, spread };
}

interface Problem {
  readonly rows: readonly {
    readonly prompt: number;
    readonly y: number;
    readonly t: number;
    readonly weight: number;
  }[];
  /** How often each prompt counts, and the prior of its u with it. */
  readonly weights: readonly number[];
}

const linear = ({ theta, phi, u }: Parameters, { prompt, t }: Problem['rows'][number]): number =>
  theta + phi * t + (u[prompt] ?? 0);

/** Negative log-posterior. */
function objective({ rows, weights }: Problem, parameters: Parameters): number {
  let penalty = RIDGE_PHI * parameters.phi ** 2;
  parameters.u.forEach((one, i) => {
    penalty += at(weights, i) * RIDGE_U * one * one;
  });
  let loss = 0;
  for (const row of rows) {
    const eta = linear(parameters, row);
    loss += row.weight * (Math.max(eta, 0) + Math.log1p(Math.exp(-Math.abs(eta))) - row.y * eta);
  }
  return loss + penalty / 2;
}

function newton(problem: Problem, start: Parameters): Parameters | null {
  let now = start;
  let value = objective(problem, now);
  for (let step = 0; step < MOST_STEPS; step++) {
    const { gradient, direction } = newtonStep(problem, now);
    if (gradient < CONVERGED) return now;
    let next = moved(now, direction, 1);
    let after = objective(problem, next);
    // Near the minimum, the objective no longer changes measurably; a full step is then accepted.
    for (let share = 0.5; share > 1e-6 && after > value + 1e-12 * Math.abs(value); share /= 2) {
      next = moved(now, direction, share);
      after = objective(problem, next);
    }
    [now, value] = [next, after];
  }
  return null;
}

const moved = ({ theta, phi, u }: Parameters, by: Parameters, share: number): Parameters => ({
  theta: theta + share * by.theta,
  phi: phi + share * by.phi,
  u: u.map((one, i) => one + share * at(by.u, i)),
});

/**
 * The largest entry of the gradient, and the step −H⁻¹·gradient. Eliminating u (Schur complement) leaves 2 equations.
 */
function newtonStep(
  { rows, weights }: Problem,
  now: Parameters,
): { readonly gradient: number; readonly direction: Parameters } {
  const { phi, u } = now;
  let [g0, g1, h00, h01, h11] = [0, RIDGE_PHI * phi, 0, 0, RIDGE_PHI];
  const gu = u.map((one, i) => at(weights, i) * RIDGE_U * one);
  const w = u.map(() => 0);
  const wt = u.map(() => 0);
  for (const row of rows) {
    const { prompt, y, t, weight } = row;
    const p = sigmoid(linear(now, row));
    const residual = weight * (p - y);
    const curvature = weight * p * (1 - p);
    g0 += residual;
    g1 += residual * t;
    h00 += curvature;
    h01 += curvature * t;
    h11 += curvature * t * t;
    if (u.length === 0) continue;
    gu[prompt] = at(gu, prompt) + residual;
    w[prompt] = at(w, prompt) + curvature;
    wt[prompt] = at(wt, prompt) + curvature * t;
  }
  const gradient = gu.reduce((largest, g) => Math.max(largest, Math.abs(g)), Math.max(Math.abs(g0), Math.abs(g1)));
  let [r0, r1] = [-g0, -g1];
  const diagonal = u.map((_, i) => at(w, i) + at(weights, i) * RIDGE_U);
  diagonal.forEach((entry, i) => {
    if (entry === 0) return;
    const [a, b, g] = [at(w, i), at(wt, i), at(gu, i)];
    h00 -= (a * a) / entry;
    h01 -= (a * b) / entry;
    h11 -= (b * b) / entry;
    r0 += (a * g) / entry;
    r1 += (b * g) / entry;
  });
  const determinant = h00 * h11 - h01 * h01;
  const theta = (h11 * r0 - h01 * r1) / determinant;
  const slope = (h00 * r1 - h01 * r0) / determinant;
  const du = diagonal.map((entry, i) =>
    entry === 0 ? 0 : (-at(gu, i) - at(w, i) * theta - at(wt, i) * slope) / entry,
  );
  return { gradient, direction: { theta, phi: slope, u: du } };
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** The sample standard deviation (n − 1) of the differences; 0 for fewer than two. */
function deviation(rows: readonly Row[], weights: readonly number[]): number {
  let [n, sum, squares] = [0, 0, 0];
  for (const { prompt, d } of rows) {
    const weight = at(weights, prompt);
    n += weight;
    sum += weight * d;
    squares += weight * d * d;
  }
  // Lengths are integers, so the sums are exact.
  const spread = n < 2 ? 0 : (squares - (sum * sum) / n) / (n - 1);
  return spread > 1e-9 ? Math.sqrt(spread) : 0;
}
