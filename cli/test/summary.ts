/** The result of a suite, which its reporter writes into the file named by `LAB_SUMMARY`. */
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
 * Reads the summary. A runner that ended with an error but counted no failure (it crashed, or found no tests) counts
 * as one failure.
 * @param exitCode exit code of the runner
 */
export function readSummary(file: string, exitCode: number): Summary {
  let summary: Summary = { passed: 0, failed: 0, skipped: 0, adapters: [] };
  try {
    summary = v.parse(SummarySchema, JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    // The runner wrote no summary. Running no tests at all is a failure, whatever the exit code.
    if (exitCode === 0) return { ...summary, failed: 1 };
  }
  return exitCode !== 0 && summary.failed === 0 ? { ...summary, failed: 1 } : summary;
}
