import { defineConfig } from '@playwright/test';
import { chosenAdapter, chromeFlags, chromePath } from './cli/browser/chrome';

export default defineConfig({
  outputDir: 'test-results',
  // One browser with a software GPU fills the machine. Pages without a GPU can have more workers.
  workers: 1,
  projects: [
    { name: 'e2e', testDir: 'e2e', testIgnore: 'pages/**' },
    { name: 'pages', testDir: 'e2e/pages', fullyParallel: true },
  ],
  timeout: 300_000,
  expect: { timeout: 20_000 },
  forbidOnly: Boolean(process.env.CI),
  reporter: [['list'], ['./cli/test/playwright-reporter.ts']],
  use: {
    viewport: { width: 1280, height: 720 },
    launchOptions: { executablePath: chromePath(), args: chromeFlags(chosenAdapter('software')) },
    screenshot: 'only-on-failure',
  },
});
