/** Formats a run's progress for a terminal. */

import { warmUpPrompts } from '../../src/recipe/presets';
import type { Recipe } from '../../src/recipe/recipe';
import type { DrySample } from '../../src/records/candidates';
import type { Evaluation } from '../../src/records/evaluations';
import type { JudgeFacts } from '../../src/records/judgements';
import type { Progress } from '../../src/records/progress';
import type { IterationSummary, SftStep, StepMetrics } from '../../src/records/training';
import { duration, percent, plural } from '../../src/ui/format';

/** e.g. "iteration 1/3 · thinking · generate 12/32 prompts · 830 tokens/s · 2 min left" */
export function progressText({
  phase,
  iteration,
  iterations,
  arm,
  done,
  total,
  counts,
  tokensPerSecond,
  secondsLeft,
}: Progress): string {
  return [
    iteration === 0 ? 'before training' : `iteration ${iteration}/${iterations}`,
    ...(arm === null ? [] : [arm]),
    `${phase} ${done}/${total} ${counts}`,
    ...(tokensPerSecond === null ? [] : [`${Math.round(tokensPerSecond)} tokens/s`]),
    ...(secondsLeft === null ? [] : [`${duration(secondsLeft)} left`]),
  ].join(' · ');
}

/** Identifies the stage. If lines cannot be rewritten, each new stage gets its own line. */
export function stageOf({ phase, iteration, arm }: Progress): string {
  return [phase, iteration, arm].join();
}

const between = (interval: readonly [number, number] | null): string =>
  interval === null ? '' : ` (${percent(interval[0])} to ${percent(interval[1])})`;

const OPPONENTS = { seed: 'the seed model', direct: 'the direct arm' } as const;

/**
 * e.g. "M1 thinking: 61.3% right (57.2% to 65.1%), beats the seed model in 58.0% on 300 prompts, 1.8% malformed, 20 +
 * 6 tokens"
 */
export function evaluationText({
  iteration,
  arm,
  prompts,
  checkable = prompts,
  accuracy,
  accuracyInterval,
  meanScore,
  malformed,
  unparsed,
  thoughtTokens,
  responseTokens,
  winRates,
}: Evaluation): string {
  const found = [
    ...(accuracy === null
      ? []
      : [`${percent(accuracy)} right${between(accuracyInterval)}${partOf(checkable, prompts)}`]),
    ...(meanScore === null ? [] : [`mean score ${meanScore.toFixed(3)}`]),
    ...winRates.map(
      ({ against, rate, interval, prompts: met }) =>
        `beats ${OPPONENTS[against]} in ${percent(rate)}${between(interval)}${partOf(met, prompts)}`,
    ),
  ].join(', ');
  const of = `M${iteration} ${arm}: ${found === '' ? '' : `${found} on `}${plural(prompts, 'prompt')}`;
  const lengths =
    thoughtTokens === null || responseTokens === null
      ? []
      : [`${Math.round(thoughtTokens)} tokens of thought and ${Math.round(responseTokens)} of response`];
  const silent = unparsed && unparsed.count > 0 ? [`no verdict on ${unparsed.count} of ${unparsed.of}`] : [];
  return [of, `${percent(malformed)} malformed`, ...silent, ...lengths].join(', ');
}

/** The number of prompts, shown only if it is not all of them. */
const partOf = (part: number, all: number): string => (part >= all ? '' : ` of ${plural(part, 'prompt')}`);

/** @param last the last optimiser step of the iteration */
export function iterationText(
  { iteration, arm, prompts, candidates, pairs, samples, seconds, judge }: IterationSummary,
  last: StepMetrics | SftStep | null,
): string {
  const took = seconds.generate + seconds.judge + seconds.reference + seconds.train;
  const trained =
    last === null ? 'nothing to train on' : `loss ${last.loss.toFixed(4)} after ${plural(last.step, 'step')}`;
  if (samples !== undefined) {
    return (
      `warm-up ${arm}: ${plural(samples, 'well-formed sample')} of ${plural(prompts, 'prompt')} ` +
      `(${plural(candidates, 'candidate')}), ${trained}, ${duration(took)}`
    );
  }
  return (
    `iteration ${iteration} ${arm}: ${plural(pairs, 'pair')} of ${plural(prompts, 'prompt')} ` +
    `(${plural(candidates, 'candidate')}), ${trained}, ` +
    `${duration(took)}${judge === undefined ? '' : controlsText(judge)}`
  );
}

/** e.g. "; tiny-judge failed 3 of 24 control rows" */
function controlsText({ judge, controls, silentControls: silent = 0 }: JudgeFacts): string {
  const rows = Object.values(controls);
  const of = rows.reduce((sum, row) => sum + row.of, 0);
  const text =
    of === 0
      ? ''
      : `; ${judge} failed ${rows.reduce((sum, row) => sum + row.failed, 0)} of ${plural(of, 'control row')}`;
  return silent === 0 ? text : `${text}; ${judge} came to no verdict on ${plural(silent, 'control row')}`;
}

/**
 * The finding of a dry sample, and how to act on it from the command line, e.g. "Dry sample: 5 of 8 malformed: …, 212
 * tokens each, 85 tokens/s".
 */
export function drySampleText(
  { finding, advice, field, meanTokens, tokensPerSecond, arm }: DrySample,
  recipe: Recipe,
): string {
  const speed = tokensPerSecond === null ? '' : `, ${Math.round(tokensPerSecond)} tokens/s`;
  const found = `Dry sample: ${finding.replace(/\.$/, '')}; ${plural(Math.round(meanTokens), 'token')} each${speed}.`;
  if (advice === null) return found;
  const warmUp =
    arm === 'thinking' && recipe.sftPrompts === 0 ? [`--set sftPrompts=${warmUpPrompts(recipe)} warms it up`] : [];
  const change = field === null ? [] : [`--set ${field}=… changes ${field} (now ${String(recipe[field])})`];
  return `${found} ${advice}\nThe run goes on all the same. Ctrl-C stops it; ${[...warmUp, ...change].join(', ')}.`;
}
