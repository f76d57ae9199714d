/**
 * Warnings about a run that goes wrong. Each is a sentence with a number and advice. Every function looks at one arm
 * iteration and returns the warnings that its newest record causes, so that each is given once.
 */

import { at } from '../../lib/assert';
import { mean } from '../../lib/statistics';
import { percent } from '../../lib/text';
import type { Recipe } from '../../recipe/recipe';
import type { ArmIteration, Rollout } from '../../records/candidates';
import type { Evaluation } from '../../records/evaluations';
import { heldoutMeasure, MEASURE_NAMES, rankOf } from '../../records/evaluations';
import type { NoPair, SftSample } from '../../records/pairs';
import type { Warning } from '../../records/progress';
import type { StepMetrics } from '../../records/training';

/** The number of steps over which metrics are averaged: a single step sees few pairs. */
const WINDOW = 3;
/** A fall of `logps/chosen` causes a warning if it is larger than both: nats, and a share of the initial value. */
const FALL_NATS = 10;
const FALL_SHARE = 0.25;
/** The loss is judged from this number of steps on. */
const STEPS_TO_JUDGE_LOSS = 8;
/** The loss has fallen if the mean of its last quarter is lower than that of its first by more than this. */
const LOSS_FELL = 0.002;
const MALFORMED_SHARE = 0.5;
const FEW_PAIRS_SHARE = 0.1;
const UNPARSED_SHARE = 0.1;

const meanOf = (steps: readonly StepMetrics[], name: 'loss' | 'rewards/chosen' | 'logps/chosen') =>
  mean(steps.map((s) => s[name])) ?? 0;
const placeOf = ({ iteration, arm }: ArmIteration) => `iteration ${iteration}, ${arm} arm`;

/** Adds the iteration and the arm to a warning's message. */
export const withPlace = (warning: Warning, place: ArmIteration): Warning => ({
  ...warning,
  message: warning.message.replace(/\.?$/, ` (${placeOf(place)}).`),
});

/**
 * How far `logps/chosen` has fallen since the iteration began, in nats, for the pairs of the last steps.
 * @param count the number of steps to look at
 */
function fall(steps: readonly StepMetrics[], count: number, beta: number): { nats: number; large: boolean } {
  if (count < WINDOW || beta === 0) return { nats: 0, large: false };
  const window = steps.slice(count - WINDOW, count);
  // rewards/chosen = beta · (log-probability now − at the start), for the same pairs: steps see different pairs, and
  // comparing logps/chosen directly would add that noise.
  const nats = Math.max(0, -meanOf(window, 'rewards/chosen') / beta);
  const began = Math.abs(meanOf(window, 'logps/chosen') + nats);
  return { nats, large: nats > Math.max(FALL_NATS, FALL_SHARE * began) };
}

/**
 * Warns about training prompts that are left out because they are also held out.
 * @param leftOut number of training prompts that are also held out
 * @param all number of training prompts
 */
export function leftOutWarnings(leftOut: number, all: number): Warning[] {
  if (leftOut === 0) return [];
  return [
    {
      code: 'held-out-prompts',
      message:
        leftOut === 1
          ? `1 of the ${all} training prompts is also a held-out prompt, and was left out of the training.`
          : `${leftOut} of the ${all} training prompts are also held-out prompts, and were left out of the training.`,
      advice:
        'A prompt that is trained on says nothing in an evaluation. ' +
        'To train on all of them, choose another set of held-out prompts.',
      field: 'heldout',
    },
  ];
}

/** @param steps of one arm iteration so far */
export function stepWarnings(steps: readonly StepMetrics[], recipe: Pick<Recipe, 'beta'>): Warning[] {
  const last = steps.at(-1);
  if (last === undefined) return [];
  const warnings: Warning[] = [];

  const now = fall(steps, steps.length, recipe.beta);
  const wasLarge = steps.some((_, count) => fall(steps, count, recipe.beta).large);
  if (now.large && !wasLarge) {
    warnings.push({
      code: 'logps-fall',
      message:
        `logps/chosen fell by ${Math.round(now.nats)} since the iteration began ` +
        `(step ${last.step} of ${last.steps}, ${placeOf(last)}): the learning rate is probably too high.`,
      advice: 'Stop, and start again with a learning rate of about a third, or with a larger beta.',
      field: 'learningRate',
    });
  }

  if (last.step === last.steps && steps.length >= STEPS_TO_JUDGE_LOSS) {
    const quarter = Math.floor(steps.length / 4);
    const first = meanOf(steps.slice(0, quarter), 'loss');
    const final = meanOf(steps.slice(-quarter), 'loss');
    if (final > first - LOSS_FELL) {
      const rose = final > first + LOSS_FELL;
      warnings.push({
        code: 'loss-not-falling',
        message:
          `The loss ${rose ? 'rose' : 'did not fall'}: ${first.toFixed(3)} in the first ${quarter} steps, ` +
          `${final.toFixed(3)} in the last ${quarter} (${placeOf(last)}).`,
        advice: rose
          ? 'The learning rate is probably too high: try a third of it.'
          : 'The learning rate is probably too low, or the pairs have nothing in common: ' +
            'try three times the rate, or more prompts.',
        field: 'learningRate',
      });
    }
  }
  return warnings;
}

/** @param rollouts of purpose `train`: all of one arm iteration, with their pairs decided */
export function rolloutWarnings(rollouts: readonly Rollout[], recipe: Pick<Recipe, 'pairsPerStep'>): Warning[] {
  const [first] = rollouts;
  if (first === undefined) return [];
  return [
    malformedWarning(rollouts, first),
    pairsWarning(rollouts, first, recipe.pairsPerStep),
    judgeWarning(rollouts, first),
  ].flatMap((w) => w ?? []);
}

function malformedWarning(rollouts: readonly Rollout[], first: Rollout): Warning | null {
  const candidates = rollouts.flatMap((r) => r.candidates);
  const malformed = candidates.filter((c) => c.malformed !== null);
  if (malformed.length <= MALFORMED_SHARE * candidates.length) return null;
  const truncated = malformed.filter((c) => c.malformed === 'truncated').length;
  const message =
    `${percent(malformed.length / candidates.length)} of the candidates are malformed, ` +
    `${truncated} of ${malformed.length} because they did not end (${placeOf(first)}).`;
  return truncated > malformed.length / 2
    ? {
        code: 'most-truncated',
        message,
        advice: 'Allow longer completions, or use a model that ends its turn.',
        field: first.arm === 'direct' ? 'maxNewTokensDirect' : 'maxNewTokens',
      }
    : {
        code: 'most-malformed',
        message,
        advice: 'Choose a thought prompt whose markers this model writes.',
        field: 'format',
      };
}

const NO_PAIR: Record<NoPair, { text: string; advice: string; field: keyof Recipe }> = {
  'all-equal': {
    text: 'all candidates scored the same',
    advice: 'Use more candidates or a higher temperature, or prompts that are neither too easy nor too hard.',
    field: 'k',
  },
  'all-malformed': {
    text: 'all candidates were malformed',
    advice: 'Choose a thought prompt whose markers this model writes.',
    field: 'format',
  },
  'same-text': {
    text: 'the best and the worst candidate were the same text',
    advice: 'Use a higher temperature.',
    field: 'temperature',
  },
  'judge-failed': {
    text: 'the judge gave no verdict',
    advice: 'Choose another judge, or prompts that this judge can score.',
    field: 'judge',
  },
  excluded: {
    text: 'a user excluded the pair',
    advice: 'Use more prompts in an iteration.',
    field: 'promptsPerIteration',
  },
};

function pairsWarning(rollouts: readonly Rollout[], first: Rollout, pairsPerStep: number): Warning | null {
  const pairs = rollouts.filter(({ pair }) => pair !== null && 'chosen' in pair).length;
  if (pairs >= Math.max(FEW_PAIRS_SHARE * rollouts.length, Math.min(pairsPerStep, rollouts.length))) return null;
  const counts = new Map<NoPair, number>();
  for (const { pair } of rollouts)
    if (pair !== null && 'none' in pair) counts.set(pair.none, (counts.get(pair.none) ?? 0) + 1);
  const [main] = [...counts].sort(([, a], [, b]) => b - a);
  if (main === undefined) return null;
  const [reason, count] = main;
  const { text, advice, field } = NO_PAIR[reason];
  return {
    code: 'few-pairs',
    message: `Only ${pairs} of ${rollouts.length} prompts gave a pair; for ${count}, ${text} (${placeOf(first)}).`,
    advice,
    field,
  };
}

function judgeWarning(rollouts: readonly Rollout[], first: Rollout): Warning | null {
  const judged = rollouts.flatMap((r) => r.candidates).filter((c) => c.malformed === null);
  const unparsed = judged.filter((c) => c.score === null).length;
  if (unparsed <= UNPARSED_SHARE * judged.length) return null;
  return {
    code: 'judge-silent',
    message: `The judge came to no verdict on ${unparsed} of ${judged.length} responses (${placeOf(first)}).`,
    advice: 'Choose another judge, or prompts that this judge can score.',
    field: 'judge',
  };
}

/**
 * @param rollouts all rollouts of the warm-up
 * @param samples the completions among them that it trains on
 */
export function sampleWarnings(
  rollouts: readonly Rollout[],
  samples: readonly SftSample[],
  { pairsPerStep }: Pick<Recipe, 'pairsPerStep'>,
): Warning[] {
  if (samples.length >= pairsPerStep) return [];
  const candidates = rollouts.reduce((sum, rollout) => sum + rollout.candidates.length, 0);
  return [
    {
      code: 'few-samples',
      message:
        `The warm-up found only ${samples.length} of ${candidates} completions to imitate, ` +
        'fewer than one step takes.',
      advice: 'It will learn little. Use more warm-up prompts, or a thought prompt whose markers this model writes.',
      field: 'sftPrompts',
    },
  ];
}

/**
 * Warnings about the newest evaluation.
 * @param evaluations of one arm by iteration, beginning with the seed model's
 */
export function evaluationWarnings(evaluations: readonly Evaluation[]): Warning[] {
  return [worseWarning(evaluations), silenceWarning(evaluations.at(-1))].flatMap((warning) => warning ?? []);
}

/**
 * The newest evaluation is worse than the seed model's, and their intervals do not overlap. For a win rate: its whole
 * interval is below one half.
 */
function worseWarning(evaluations: readonly Evaluation[]): Warning | null {
  const seed = evaluations[0];
  const last = evaluations.at(-1);
  const measure = heldoutMeasure(evaluations);
  if (seed === undefined || last === undefined || last === seed || measure === null) return null;
  const [before, after] = [rankOf(seed, measure), rankOf(last, measure)];
  const least = measure === 'wins' ? before?.value : before?.interval?.[0];
  if (!before || !after?.interval || least === undefined || at(after.interval, 1) >= least) return null;
  const text = (value: number) => (measure === 'score' ? value.toFixed(2) : percent(value));
  return {
    code: 'worse-than-seed',
    message:
      measure === 'wins'
        ? `On held-out prompts, the ${MEASURE_NAMES.wins} is ${text(after.value)}, ` +
          `at most ${text(at(after.interval, 1))} (${placeOf(last)}).`
        : `On held-out prompts, ${measure === 'score' ? 'the mean score' : 'accuracy'} fell ` +
          `from ${text(before.value)} to ${text(after.value)} (${placeOf(last)}).`,
    advice: 'Training made the model worse: stop, and start again with a lower learning rate or fewer epochs.',
    field: 'learningRate',
  };
}

function silenceWarning(last: Evaluation | undefined): Warning | null {
  if (last?.unparsed === undefined || last.unparsed.count <= UNPARSED_SHARE * last.unparsed.of) return null;
  const { count, of } = last.unparsed;
  return {
    code: 'evaluation-silent',
    message:
      `The judge of the evaluation (${last.judge}) came to no verdict ` +
      `on ${count} of ${of} held-out samples (${placeOf(last)}).`,
    advice:
      'Samples without a verdict do not count: ' +
      'choose another judge for the evaluation, or prompts that this judge can score.',
    field: 'evaluationJudge',
  };
}
