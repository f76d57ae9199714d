/** Formats the benchmark's results as a table: medians by contender, and ratios to our engine. */
import type { BenchReport, Measurement } from '../../bench/report';

export const OURS = 'thinking-lab';
export const LOSS_TOLERANCE = 1e-4;

export function median(samples: readonly number[]): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const low = sorted[Math.ceil(middle) - 1];
  const high = sorted[Math.floor(middle)];
  return low === undefined || high === undefined ? Number.NaN : (low + high) / 2;
}

/**
 * Ratio to our engine: the median of the rounds, because other load slows all contenders of a round alike. Above 1
 * means ours is better. NaN if either side did not measure this.
 */
export function ratio({ better, samples }: Measurement, contender: string): number {
  const [ours = [], theirs = []] = [samples[OURS], samples[contender]];
  const rounds = ours.flatMap((own, i) => {
    const other = theirs[i];
    return other === undefined ? [] : [better === 'lower' ? other / own : own / other];
  });
  return median(rounds);
}

/** Largest difference between any contender's loss and ours, over all steps. */
export function lossDifference({ losses }: BenchReport): number {
  const ours = losses[OURS] ?? [];
  const differences = Object.values(losses).flatMap((theirs) =>
    theirs.map((loss, step) => Math.abs(loss - (ours[step] ?? Number.NaN))),
  );
  return differences.some(Number.isNaN) ? Number.NaN : Math.max(0, ...differences);
}

/** A line for each contender of each measurement. */
export function measurementLines(measurements: readonly Measurement[]): readonly string[] {
  return measurements.flatMap((measurement) =>
    Object.entries(measurement.samples).map(([contender, samples]) => {
      const times = contender === OURS ? '' : `${ratio(measurement, contender).toFixed(2)}×`;
      const value = `${median(samples).toPrecision(4)} ${measurement.unit}`;
      return (
        `${measurement.name.padEnd(28)}  ${contender.padEnd(14)}  ${value.padStart(18)}  ` + `${times.padStart(8)}`
      ).trimEnd();
    }),
  );
}

export function benchTable(report: BenchReport): string {
  const difference = lossDifference(report);
  const equal = difference <= LOSS_TOLERANCE ? 'equal work' : 'NOT EQUAL WORK';
  return [
    `${report.device}, medians of ${report.rounds} interleaved rounds; the last column: how many times better ours is`,
    ...measurementLines(report.measurements),
    `losses differ by ${difference.toExponential(1)} at most: ${equal}`,
  ].join('\n');
}
