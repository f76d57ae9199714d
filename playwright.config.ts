import { defineConfig } from '@playwright/test';
import { chosenAdapter, chromeFlags, chromePath } from './cli/browser/chrome';

export default defineConfig({
  testDir: 'e2e',
  outputDir: 'test-results',
  // One browser with a software GPU fills the machine.
  workers: 1,
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
