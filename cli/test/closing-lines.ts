import type { Summary } from './summary';

export interface SuiteResult extends Summary {
  readonly name: string;
  readonly seconds: number;
}

const sum = (results: readonly SuiteResult[], count: (result: SuiteResult) => number) =>
  results.reduce((total, result) => total + count(result), 0);

/**
 * One line per suite, and the total as the last line.
 * @param seconds of all suites, if some of them ran at the same time
 */
export function closingLines(
  results: readonly SuiteResult[],
  seconds: number = sum(results, (result) => result.seconds),
): string {
  const width = Math.max(...results.map(({ name }) => name.length));
  const rows = results.map(({ name, passed, failed, skipped, seconds: taken, adapters }) => {
    const counts = `${String(passed).padStart(5)} passed ${String(failed).padStart(4)} failed`;
    const notes = [...(skipped > 0 ? [`${skipped} skipped`] : []), ...adapters];
    return [failed > 0 ? '✗' : '✓', name.padEnd(width), counts, `${taken.toFixed(1).padStart(6)} s`, ...notes].join(
      '  ',
    );
  });
  const total = `${sum(results, ({ passed }) => passed)} passed, ${sum(results, ({ failed }) => failed)} failed`;
  return ['', ...rows, '', `In ${Math.round(seconds)} seconds:`, total].join('\n');
}
