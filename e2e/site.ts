/** A `test` that serves the built page under a sub-path, and helpers to collect the errors of a page. */
import { test as base, type Page } from '@playwright/test';
import { serve } from '../cli/browser/serve';
import { dist } from '../cli/build';

/** Collects the page's console errors, warnings of its content security policy, and uncaught errors. */
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
  /** URL of the page. */
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
