/**
 * A `test` for the harness: the page with a scripted API, built once per worker, under the same content security
 * policy.
 */
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import react from '@vitejs/plugin-react';
import { build } from 'vite';
import { serve } from '../../cli/browser/serve';
import { root } from '../../cli/root';
import { test as base } from '../site';

interface WorkerFixtures {
  /** URL of the harness. */
  readonly harness: string;
}

export const test = base.extend<object, WorkerFixtures>({
  harness: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the pattern to see which fixtures are asked for.
    async ({}, use, { parallelIndex }) => {
      const folder = join(root, '.cache', `harness-${parallelIndex}`);
      await build({
        configFile: false,
        root: join(root, 'e2e', 'harness'),
        base: './',
        logLevel: 'warn',
        plugins: [react()],
        build: {
          outDir: folder,
          emptyOutDir: true,
          target: 'es2023',
          assetsInlineLimit: 0,
          modulePreload: { polyfill: false },
        },
      });
      const site = await serve({ '/': folder });
      await use(site.url);
      await site.close();
    },
    { scope: 'worker', timeout: 120_000 },
  ],
});

/**
 * Records every text that elements show from now on, so that a test also finds texts that are shown only for a moment.
 * @returns the texts so far
 */
export async function recordTexts(page: Page, selector: string): Promise<() => Promise<readonly string[]>> {
  const seen = await page.evaluateHandle((selector) => {
    const texts = new Set<string>();
    const look = () => {
      for (const { textContent } of document.querySelectorAll(selector)) texts.add(textContent ?? '');
    };
    new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true });
    look();
    return texts;
  }, selector);
  return () => seen.evaluate((texts) => [...texts]);
}

export { complaintsOf, expect } from '../site';
