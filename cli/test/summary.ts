/** What a suite came to, as its reporter writes it into the file that `LAB_SUMMARY` names. */
import { readFileSync, writeFileSync } from 'node:fs';
import * as v from 'valibot';

const SummarySchema = v.object({
  passed: v.number(),
  failed: v.number(),
  skipped: v.number(),
  /** Names of the WebGPU adapters that the tests ran on. */
  adapters: v.array(v.string()),
});

export type Summary = v.InferOutput<typeof SummarySchema>;

export function writeSummary(summary: Summary): void {
  const file = process.env.LAB_SUMMARY;
  if (file !== undefined) writeFileSync(file, JSON.stringify(summary));
}

/**
 * A runner that ended badly without counting a failure (it crashed, or found no tests) has failed once.
 * @param exitCode the runner's
 */
export function readSummary(file: string, exitCode: number): Summary {
  let summary: Summary = { passed: 0, failed: 0, skipped: 0, adapters: [] };
  try {
    summary = v.parse(SummarySchema, JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    // The runner wrote none: its exit code says the rest, and no tests at all is no success.
    if (exitCode === 0) return { ...summary, failed: 1 };
  }
  return exitCode !== 0 && summary.failed === 0 ? { ...summary, failed: 1 } : summary;
}
