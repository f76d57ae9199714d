/** The tests' own `test`: serves the built page under a sub-path, and fails a test whose page complains. */
import { test as base, type Page } from '@playwright/test';
import { serve } from '../cli/browser/serve';
import { dist } from '../cli/build';

/** Everything that the page says to the console as an error or a warning of its policy, and every uncaught error. */
export function complaintsOf(page: Page): string[] {
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    const text = message.text();
    if (message.type() === 'error' || /Content Security Policy/i.test(text)) complaints.push(text);
  });
  return complaints;
}

interface WorkerFixtures {
  /** The address of the page. */
  readonly site: string;
}

export const test = base.extend<{ baseURL: string }, WorkerFixtures>({
  site: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the pattern to see which fixtures are asked for.
    async ({}, use) => {
      const site = await serve({ '/some/where/': dist });
      await use(site.url);
      await site.close();
    },
    { scope: 'worker' },
  ],
  baseURL: async ({ site }, use) => use(site),
});

export { expect } from '@playwright/test';
