/**
 * Signs of a run going wrong: each a sentence with a number and a way out. Every function looks at one iteration of one arm and
 * returns what its newest record brought, so that a warning is given once.
 */
import { at } from '../../lib/at';
import { mean } from '../../lib/statistics';
import { percent } from '../../lib/text';
import type { Recipe } from '../../recipe/recipe';
import type { CellName, Rollout } from '../../records/candidates';
import type { Evaluation } from '../../records/evaluations';
import { heldoutMeasure, MEASURE_NAMES, rankOf } from '../../records/heldout-measure';
import type { NoPair, SftSample } from '../../records/pairs';
import type { Warning } from '../../records/runs';
import type { StepMetrics } from '../../records/training';

/** The mean of the last steps: one step sees few pairs. */
const WINDOW = 3;
/** A fall of `logps/chosen` counts from this many nats, and from this share of where it began. */
const FALL_NATS = 10;
const FALL_SHARE = 0.25;
/** Fewer steps say nothing of where the loss is going. */
const STEPS_TO_JUDGE_LOSS = 8;
/** The loss has fallen when its last quarter lies this far below its first. */
const LOSS_FELL = 0.002;
const MALFORMED_SHARE = 0.5;
const FEW_PAIRS_SHARE = 0.1;
const UNPARSED_SHARE = 0.1;

const meanOf = (steps: readonly StepMetrics[], name: 'loss' | 'rewards/chosen' | 'logps/chosen') =>
  mean(steps.map((s) => s[name])) ?? 0;
const placeOf = ({ iteration, arm }: CellName) => `iteration ${iteration}, ${arm} arm`;

/** A warning that does not say of which iteration and arm it is. */
export const placed = (warning: Warning, place: CellName): Warning => ({
  ...warning,
  message: warning.message.replace(/\.?$/, ` (${placeOf(place)}).`),
});

/** How far `logps/chosen` lies below where the same pairs stood when the iteration began, in nats, over the steps up to `count`. */
function fall(steps: readonly StepMetrics[], count: number, beta: number): { nats: number; large: boolean } {
  if (count < WINDOW || beta === 0) return { nats: 0, large: false };
  const window = steps.slice(count - WINDOW, count);
  // rewards/chosen = beta · (log-probability now − at the start), pair by pair: free of the noise of ever other pairs.
  const nats = Math.max(0, -meanOf(window, 'rewards/chosen') / beta);
  const began = Math.abs(meanOf(window, 'logps/chosen') + nats);
  return { nats, large: nats > Math.max(FALL_NATS, FALL_SHARE * began) };
}

/** @param leftOut training prompts that are held out too. @param all in the set */
export function leakWarnings(leftOut: number, all: number): Warning[] {
  if (leftOut === 0) return [];
  return [
    {
      code: 'held-out-prompts',
      message: `${leftOut} of the ${all} training prompts ${leftOut === 1 ? 'is a held-out one' : 'are held-out ones'} too, and ${leftOut === 1 ? 'was' : 'were'} left out of the training.`,
      advice:
        'What is trained on says nothing in an evaluation. To train on all of them, choose held-out prompts of another set.',
      field: 'heldout',
    },
  ];
}

/** @param steps of one iteration and arm, so far */
export function stepWarnings(steps: readonly StepMetrics[], recipe: Pick<Recipe, 'beta'>): Warning[] {
  const last = steps.at(-1);
  if (last === undefined) return [];
  const warnings: Warning[] = [];

  const now = fall(steps, steps.length, recipe.beta);
  const wasLarge = steps.some((_, count) => fall(steps, count, recipe.beta).large);
  if (now.large && !wasLarge) {
    warnings.push({
      code: 'logps-fall',
      message: `logps/chosen fell by ${Math.round(now.nats)} since the iteration began (step ${last.step} of ${last.steps}, ${placeOf(last)}): the learning rate is probably too high.`,
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
        message: `The loss ${rose ? 'rose' : 'did not fall'}: ${first.toFixed(3)} in the first ${quarter} steps, ${final.toFixed(3)} in the last ${quarter} (${placeOf(last)}).`,
        advice: rose
          ? 'The learning rate is probably too high: try a third of it.'
          : 'The learning rate is probably too low, or the pairs say nothing in common: try three times the rate, or more prompts.',
        field: 'learningRate',
      });
    }
  }
  return warnings;
}

/** @param rollouts of purpose `train`, all of one iteration and arm, pairs decided */
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
  const message = `${percent(malformed.length / candidates.length)} of the candidates are malformed, ${truncated} of ${malformed.length} because they did not end (${placeOf(first)}).`;
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
    text: 'best and worst were the same text',
    advice: 'Use a higher temperature.',
    field: 'temperature',
  },
  'judge-failed': {
    text: 'the judge gave no verdict',
    advice: 'Choose another judge, or prompts with reference answers.',
    field: 'judge',
  },
  excluded: {
    text: 'a reader excluded the pair',
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
    advice: 'Choose another judge, or prompts with reference answers.',
    field: 'judge',
  };
}

/** @param rollouts of the warm-up, all. @param samples what it found to imitate */
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
      message: `The warm-up found only ${samples.length} of ${candidates} completions to imitate, fewer than one step takes.`,
      advice: 'It will learn little. Use more warm-up prompts, or a thought prompt whose markers this model writes.',
      field: 'sftPrompts',
    },
  ];
}

/** What the newest evaluation brought. @param evaluations of one arm, by iteration, the seed model's first */
export function evaluationWarnings(evaluations: readonly Evaluation[]): Warning[] {
  return [worseWarning(evaluations), silenceWarning(evaluations.at(-1))].flatMap((warning) => warning ?? []);
}

/** Whether it lies below the seed model's, intervals apart; of a win rate, the whole interval below one half. */
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
        ? `On held-out prompts the ${MEASURE_NAMES.wins} is ${text(after.value)}, at most ${text(at(after.interval, 1))} (${placeOf(last)}).`
        : `On held-out prompts, ${measure === 'score' ? 'the mean score' : 'accuracy'} fell from ${text(before.value)} to ${text(after.value)} (${placeOf(last)}).`,
    advice: 'Training made the model worse: stop, and start again with a lower learning rate or fewer epochs.',
    field: 'learningRate',
  };
}

function silenceWarning(last: Evaluation | undefined): Warning | null {
  if (last?.unparsed === undefined || last.unparsed.count <= UNPARSED_SHARE * last.unparsed.of) return null;
  const { count, of } = last.unparsed;
  return {
    code: 'evaluation-silent',
    message: `The judge of the evaluation (${last.judge}) came to no verdict on ${count} of ${of} held-out samples (${placeOf(last)}).`,
    advice:
      'What it does not judge counts for nobody: choose another judge for the evaluation, or prompts with reference answers.',
    field: 'evaluationJudge',
  };
}
