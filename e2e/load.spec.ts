import { complaintsOf, expect, test } from './site';

test('the page loads under a sub-path, obeys its own policy and complains of nothing', async ({ page }) => {
  const complaints = complaintsOf(page);
  const failed: string[] = [];
  page.on('response', (response) => {
    if (!response.ok()) failed.push(`${response.status()} ${response.url()}`);
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
