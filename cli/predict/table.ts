/** Predicted times as text and as JSON. */
import { GPUS, type Gpu, type GpuName, peak } from './gpus';
import { PARTS, type Prediction } from './prediction';

export interface Result {
  readonly gpu: GpuName;
  readonly model: string;
  readonly task: string;
  /** With the variants that the autotuner would choose. */
  readonly tuned: Prediction;
  /** With those that are used where nothing has been measured. */
  readonly untuned: Prediction;
  readonly target: number | null;
  /** The tuned variants that differ from the untuned ones, by decision. */
  readonly choices: Readonly<Record<string, string>>;
}

export const shareOf = ({ ideal, seconds }: Prediction): number => ideal / seconds;

export const missesTarget = ({ tuned, target }: Result): boolean => target !== null && shareOf(tuned) < target;

const percent = (share: number): string => `${Math.round(100 * share)}%`;

function milliseconds(seconds: number): string {
  const value = 1000 * seconds;
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

const HEADER = ['', '', 'ideal', 'tuned', 'of ideal', 'target', 'untuned', 'where the time goes'];

/** One block for each GPU. A task that misses its target is marked with `<`. */
export function predictionTable(results: readonly Result[]): string {
  const rows = results.map((result) => [result.model, result.task, ...cells(result)]);
  const widths = HEADER.map((title, column) =>
    Math.max(...[HEADER, ...rows].map((row) => (row[column] ?? title).length)),
  );
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) =>
        i < 2 || i === HEADER.length - 1 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0),
      )
      .join('  ')
      .trimEnd();
  const gpus = [...new Set(results.map(({ gpu }) => gpu))];
  const blocks = gpus.map((gpu) => {
    const own = rows.filter((_, i) => results[i]?.gpu === gpu);
    return [describeGpu(GPUS[gpu]), line(HEADER), ...own.map(line)].join('\n');
  });
  const missed = results.filter(missesTarget).length;
  const targets = results.filter(({ target }) => target !== null).length;
  return [...blocks, `${targets - missed} of ${targets} targets reached; times in milliseconds`].join('\n\n');
}

function describeGpu(gpu: Gpu): string {
  return `${gpu.name}: ${(peak(gpu) / 1e12).toFixed(1)} TFLOP/s, ${gpu.bandwidth} GB/s`;
}

function cells(result: Result): string[] {
  const { tuned, untuned, target } = result;
  return [
    milliseconds(tuned.ideal),
    milliseconds(tuned.seconds),
    percent(shareOf(tuned)),
    target === null ? '' : `${missesTarget(result) ? '<' : '≥'} ${percent(target)}`,
    percent(shareOf(untuned)),
    partsText(tuned),
  ];
}

/** The largest parts first, those below 2% left out. */
function partsText({ seconds, dispatches, parts }: Prediction): string {
  return PARTS.map((name) => ({ name, ...parts[name] }))
    .filter((part) => part.seconds >= 0.02 * seconds)
    .sort((a, b) => b.seconds - a.seconds)
    .map(({ name, seconds: time, bound }) => {
      const what = name === 'dispatches' ? `${dispatches} dispatches` : name;
      return `${what} ${milliseconds(time)}${bound === null ? '' : ` ${bound}`}`;
    })
    .join(', ');
}
