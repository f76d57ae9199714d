import type { Reporter, TestModule } from 'vitest/node';
import { writeSummary } from './summary';

/** A file or a `describe` that fails outside of its tests counts as one failure. */
function brokenOutside(module: TestModule): number {
  const suites = [module, ...module.children.allSuites()];
  return suites.filter((suite) => suite.errors().length > 0).length;
}

export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const states = modules.flatMap((module) => [...module.children.allTests()].map((test) => test.result().state));
    const count = (state: string) => states.filter((each) => each === state).length;
    const broken = modules.reduce((sum, module) => sum + brokenOutside(module), unhandledErrors.length);
    const adapters = modules.map((module) => module.meta().adapter).filter((name) => name !== undefined);
    writeSummary({
      passed: count('passed'),
      failed: count('failed') + broken,
      skipped: count('skipped') + count('pending'),
      adapters: [...new Set(adapters)],
    });
  }
}
