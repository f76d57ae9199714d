/** Formats the results of the judges' benchmark as a table with one line per judge. */
import type { JudgeReport, JudgeResult } from '../../bench/judges/report';

/** Share of the pairs on which the judge agrees with the rule. A tie counts as half, so chance level is 0.5. */
export function agreement({ right, tied, pairs, silent }: JudgeResult): number {
  return (right + tied / 2) / (pairs - silent);
}

const percent = (share: number): string => (Number.isNaN(share) ? '–' : `${(100 * share).toFixed(1)}%`);

export function judgeTable({ device, results }: JudgeReport): string {
  const lines = results.map((result) => {
    const { judge, pairs, tied, silent, controls, orders, loadSeconds, seconds, calls } = result;
    return [
      judge.padEnd(40),
      percent(agreement(result)).padStart(10),
      String(tied).padStart(6),
      String(silent).padStart(12),
      (orders === null ? '–' : percent(orders.decided / orders.meetings)).padStart(8),
      percent(controls.failed / controls.rows).padStart(9),
      ((2 * pairs) / seconds).toFixed(1).padStart(12),
      (calls === 0 ? '–' : (calls / seconds).toFixed(1)).padStart(8),
      loadSeconds.toFixed(1).padStart(8),
    ].join('');
  });
  const head = [
    'judge'.padEnd(40),
    ' agreement',
    '  ties',
    '  no verdict',
    '   order',
    ' controls',
    ' responses/s',
    ' calls/s',
    '  load/s',
  ].join('');
  return [
    `${device}; a right and a wrong response to each of ${results[0]?.pairs ?? 0} held-out prompts`,
    head,
    ...lines,
  ].join('\n');
}
