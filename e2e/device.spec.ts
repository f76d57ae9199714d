/** Models → This device: the measured limits and the self-test. */
import { ask, attempt, openLab, SMALL } from './lab-run';
import { expect, test } from './site';

const panel = 'section[aria-labelledby="device-title"]';

test('the self-test of this adapter passes, and is kept', async ({ page }) => {
  await openLab(page);
  await page.goto('./#/models');
  const device = page.locator(panel);
  await expect(device).toContainText(/Memory bandwidth\s*[\d.]+ [MG]B\/s/);
  await expect(device).toContainText(/Arithmetic, f32\s*[\d.]+ [MGT]FLOP\/s/);
  await expect(device).toContainText(/One dispatch\s*[\d.]+ µs/);
  await device.getByRole('button', { name: 'Run the self-test' }).click();
  await expect(device.getByRole('status').first()).toContainText(/\(1 of \d+\)/);
  await expect(device.getByRole('heading', { name: 'Computes correctly' })).toBeVisible({ timeout: 240_000 });
  await expect(device.locator('.device-checks li')).toHaveCount(5);
  await expect(device.locator('[data-passed="false"]')).toHaveCount(0);
  const rows = device.locator('.device-speeds tbody tr');
  await expect(rows.filter({ hasText: 'decode, 1 lane' })).toHaveCount(1);
  await expect(rows.filter({ hasText: 'fastest' })).toHaveCount(1);
  await expect(rows.filter({ hasText: 'training' })).toHaveCount(1);

  const report = await ask(page, (lab) => lab.deviceReport(), null);
  expect(report?.version).toBe(1);
  for (const { share, tokensPerSecond } of report?.speeds ?? []) {
    expect(tokensPerSecond).toBeGreaterThan(0);
    expect(share).toBeGreaterThan(0);
    expect(share).toBeLessThan(1);
  }
  expect(Object.keys(report?.variants ?? {}).length).toBeGreaterThan(0);
  await page.reload();
  await expect(device.getByRole('heading', { name: 'Computes correctly' })).toBeVisible();
});

test('a device that failed its self-test does not train until it passes', async ({ page }) => {
  await openLab(page);
  // Flushed numbers, as of a device that does not keep subnormals: the stored report says so.
  await page.evaluate(async () => {
    const found = await globalThis.lab.device();
    if (!found.ok) throw new Error(found.failure.message);
    const report = {
      ...{ version: 1, date: new Date().toISOString(), browser: navigator.userAgent, device: found.device },
      ...{ model: 'tiny-thinker', speeds: [], variants: {} },
      checks: [{ name: 'Small f16 numbers', passed: false, detail: 'They are lost.' }],
    };
    await new Promise<void>((resolve, reject) => {
      const opening = indexedDB.open('thinking-lab-devices');
      opening.onupgradeneeded = () => opening.result.createObjectStore('reports');
      opening.onerror = () => reject(opening.error);
      opening.onsuccess = () => {
        const writing = opening.result.transaction('reports', 'readwrite');
        writing.objectStore('reports').put(report, `${found.device.name}, ${navigator.userAgent}`);
        writing.oncomplete = () => {
          opening.result.close();
          resolve();
        };
      };
    });
  });
  const estimate = await ask(page, (lab, recipe) => lab.estimate(recipe), SMALL);
  expect(estimate.refused).toContain('failed its self-test (small f16 numbers)');
  expect(await attempt(page, ({ start }, recipe) => start(recipe), SMALL)).toMatchObject({
    failure: { code: 'gpu-error' },
  });
  expect(await ask(page, (lab) => lab.runs(), null)).toEqual([]);
});
