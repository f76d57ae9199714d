/** Cells of the result tables, on the page and in exported images: lines of text, the number first. */

import type { Evaluation, WinRate } from '../../../records/evaluations';
import { count, measured, percent, plural } from '../../../ui/format';

export const NONE = '–';

type Interval = readonly [number, number] | null | undefined;

/** A score with three digits after the point, or rounded if it is large. */
export const scoreText = (value: number): string =>
  Math.abs(value) < 100 ? value.toFixed(3).replace('-', '−') : measured(value);

/** A number, its 95% interval, and notes. */
export function bounded(
  value: number | null | undefined,
  interval: Interval,
  format: (value: number) => string,
  notes: readonly string[] = [],
): readonly string[] {
  if (value === null || value === undefined) return [NONE];
  return [format(value), ...(interval ? [interval.map((bound) => format(bound)).join(' – ')] : []), ...notes];
}

/** A note on how many prompts the number covers, unless it covers all. */
const partOf = (part: number | null | undefined, all: number | null): string[] =>
  part === null || part === undefined || all === null || part >= all
    ? []
    : [`${count(part)} of ${count(all)} prompts`];

export const rateOf = ({ winRates }: Evaluation, against: WinRate['against']): WinRate | undefined =>
  winRates.find((rate) => rate.against === against);

type Checked = Pick<Evaluation, 'accuracy' | 'accuracyInterval'> & {
  readonly prompts: number | null;
  readonly checkable?: number | null;
};

export const accuracyCell = ({ accuracy, accuracyInterval, checkable, prompts }: Checked): readonly string[] =>
  bounded(accuracy, accuracyInterval, percent, partOf(checkable, prompts));

const silent = (samples: number): string[] => (samples > 0 ? [`${plural(samples, 'sample')} without a verdict`] : []);

export const scoreCell = ({
  meanScore,
  meanScoreInterval,
  unparsed,
}: Pick<Evaluation, 'meanScore' | 'meanScoreInterval' | 'unparsed'>): readonly string[] =>
  bounded(meanScore, meanScoreInterval, scoreText, silent(unparsed?.count ?? 0));

export function winCell(evaluation: Evaluation, against: WinRate['against']): readonly string[] {
  const rate = rateOf(evaluation, against);
  const { prompts = 0, unparsed = 0 } = rate ?? {};
  return bounded(rate?.rate, rate?.interval, percent, [...partOf(prompts, evaluation.prompts), ...silent(unparsed)]);
}

export function controlledCell(evaluation: Evaluation, against: WinRate['against']): readonly string[] {
  const rate = rateOf(evaluation, against);
  return bounded(rate?.lengthControlled, rate?.lengthControlledInterval, percent);
}

export const tokensCell = (mean: number | null): readonly string[] => [mean === null ? NONE : mean.toFixed(1)];
