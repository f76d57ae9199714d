import type { Summary } from './summary';

export interface SuiteResult extends Summary {
  readonly name: string;
  readonly seconds: number;
}

/** One line per suite, and the total as the last line. */
export function closingLines(results: readonly SuiteResult[]): string {
  const sum = (count: (result: SuiteResult) => number) => results.reduce((total, result) => total + count(result), 0);
  const width = Math.max(...results.map(({ name }) => name.length));
  const rows = results.map(({ name, passed, failed, skipped, seconds, adapters }) => {
    const counts = `${String(passed).padStart(5)} passed ${String(failed).padStart(4)} failed`;
    const notes = [...(skipped > 0 ? [`${skipped} skipped`] : []), ...adapters];
    return [failed > 0 ? '✗' : '✓', name.padEnd(width), counts, `${seconds.toFixed(1).padStart(6)} s`, ...notes].join(
      '  ',
    );
  });
  const total = `${sum(({ passed }) => passed)} passed, ${sum(({ failed }) => failed)} failed`;
  return ['', ...rows, '', `In ${Math.round(sum(({ seconds }) => seconds))} seconds:`, total].join('\n');
}
