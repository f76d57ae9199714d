import { gzipSync } from 'node:zlib';
import type { Response } from '@playwright/test';
import { complaintsOf, expect, test } from './site';

test('the page loads under a sub-path, obeys its own policy and reports no errors', async ({ page }) => {
  const complaints = complaintsOf(page);
  const failed: string[] = [];
  page.on('response', (response) => {
    // The page requests files that a model folder may lack, such as an index of shards.
    if (!response.ok() && !response.url().includes('/models/')) failed.push(`${response.status()} ${response.url()}`);
  });
  await page.goto('./');
  await expect(page.getByRole('main')).toBeVisible();
  await page.waitForLoadState('networkidle');
  expect(complaints).toEqual([]);
  expect(failed).toEqual([]);
});

test('the policy forbids inline scripts and eval', async ({ page, site }) => {
  await page.goto('./');
  const policy = await page.locator('meta[http-equiv="Content-Security-Policy"]').getAttribute('content');
  expect(policy).toContain("script-src 'self' 'wasm-unsafe-eval';");
  expect(policy).not.toContain("'unsafe-inline'");
  const html = await (await page.request.get(site)).text();
  expect(html).not.toMatch(/<script(?![^>]*\bsrc=)/);
  expect(html).not.toMatch(/ on\w+=/);
});

test('at most 250 kB of compressed JavaScript are loaded before the Lab can be used', async ({ page }) => {
  const scripts = new Map<string, Promise<Buffer>>();
  // Scripts of the page and of its worker. Others are loaded when they are needed.
  const count = (response: Response) => {
    if (response.url().endsWith('.js')) scripts.set(response.url(), response.body());
  };
  page.on('response', count);
  await page.goto('./');
  await expect(page.getByRole('button', { name: 'Start' })).toBeEnabled();
  // The estimate next to Start renders prompts in a worker of its own, whose script may arrive a moment later.
  await expect.poll(() => [...scripts.keys()].some((url) => url.includes('template.worker'))).toBe(true);
  page.off('response', count);
  const compressed = await Promise.all(
    [...scripts].map(async ([url, body]) => ({ url, bytes: gzipSync(await body).length })),
  );
  expect(compressed.some(({ url }) => url.includes('worker'))).toBe(true);
  expect(
    compressed.reduce((sum, { bytes }) => sum + bytes, 0),
    JSON.stringify(compressed),
  ).toBeLessThanOrEqual(250_000);
});

test('the window asks the browser for persistent storage', async ({ page }) => {
  await page.addInitScript(() => {
    navigator.storage.persist = async () => {
      document.documentElement.dataset.asked = 'true';
      return false;
    };
  });
  await page.goto('./');
  await page.waitForFunction(() => globalThis.lab !== undefined);
  expect(await page.evaluate(() => globalThis.lab.persist())).toMatchObject({ persisted: false });
  await expect(page.locator('html')).toHaveAttribute('data-asked', 'true');
});
