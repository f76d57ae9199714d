import type { FullConfig, Reporter, Suite, TestError } from '@playwright/test/reporter';
import { writeSummary } from './summary';

export default class SummaryReporter implements Reporter {
  private all: Suite | null = null;
  private errors = 0;

  onBegin(_config: FullConfig, all: Suite): void {
    this.all = all;
  }

  onError(_error: TestError): void {
    this.errors += 1;
  }

  onEnd(): void {
    const outcomes = this.all?.allTests().map((test) => test.outcome()) ?? [];
    const count = (outcome: string) => outcomes.filter((each) => each === outcome).length;
    // Nothing is retried, so no test can be flaky.
    writeSummary({
      passed: count('expected'),
      failed: count('unexpected') + count('flaky') + this.errors,
      skipped: count('skipped'),
      adapters: [],
    });
  }
}
