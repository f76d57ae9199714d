import { useMemo } from 'react';
import type { Histogram } from '../../../lib/statistics';
import type { PromptLengths } from '../../../records/prompt-sets';
import { Chart } from '../../../ui/chart/Chart';
import type { ChartData } from '../../../ui/chart/chart-data';
import { count, plural } from '../../../ui/format';

interface Props {
  /** Null while they are being counted. */
  readonly lengths: PromptLengths | null;
  /** Id of the model whose tokens are counted. */
  readonly model: string;
  readonly inTokens: boolean;
  readonly onUnit: (inTokens: boolean) => void;
}

const HEIGHT = 132;

export function Lengths({ lengths, model, inTokens, onUnit }: Props) {
  const unit = inTokens ? 'tokens' : 'characters';
  return (
    <div className="lengths">
      <fieldset className="lengths-unit">
        <legend className="visually-hidden">Unit of length</legend>
        {[false, true].map((tokens) => (
          <button
            key={String(tokens)}
            type="button"
            className="icon-button"
            aria-pressed={inTokens === tokens}
            title={tokens ? `Tokens of ${model}, the recipe’s model` : 'Characters, counted as UTF-16 code units'}
            onClick={() => onUnit(tokens)}
          >
            {tokens ? 'tokens' : 'characters'}
          </button>
        ))}
      </fieldset>
      {lengths === null ? (
        <p className="quiet lengths-wait">Counting {unit} …</p>
      ) : (
        <>
          <HistogramChart key={unit} histogram={lengths.histogram} unit={unit} />
          <p className="quiet tabular">
            Median {count(lengths.histogram.median)}, longest{' '}
            {plural(lengths.histogram.longest, inTokens ? 'token' : 'character')}
            {inTokens && ` of ${model.split('/').at(-1)}`}
            {lengths.measured < lengths.rows && `; ${count(lengths.measured)} of ${count(lengths.rows)} measured`}.
          </p>
        </>
      )}
    </div>
  );
}

function HistogramChart({ histogram, unit }: { readonly histogram: Histogram; readonly unit: string }) {
  const source = useMemo(() => {
    const { from, width, counts } = histogram;
    const series = { label: 'prompts', colour: 'thinking', dash: false, values: counts, bars: true } as const;
    const data: ChartData = { x: counts.map((_, i) => from + i * width), series: [series], marks: [] };
    return { subscribe: () => () => undefined, version: () => 0, read: () => data };
  }, [histogram]);
  const end = histogram.from + histogram.width * histogram.counts.length;
  return (
    <Chart
      title="Length of the instructions"
      explanation={
        `Number of instructions in each interval of lengths, in ${unit}. The last interval includes ` +
        'all that are longer.'
      }
      source={source}
      xLabel={`length in ${unit}`}
      height={HEIGHT}
      xRange={[histogram.from, end]}
      yRange={[0, 1]}
      format={count}
      xFormat={count}
      empty="No prompts."
      level={2}
    />
  );
}
