/** Models → This device, with a scripted API: reports of the self-test. */
import { expect, test } from '../harness/harness';

const panel = 'section[aria-labelledby="device-title"]';

test('a report is shown, copied as JSON, and replaced by one that failed', async ({ page, harness, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.goto(`${harness}?scene=models#/models`);
  const device = page.locator(panel);
  await expect(device).toContainText('Computes correctly');
  await expect(device.locator('.device-speeds')).toContainText('decode, 64 lanes (fastest)');
  await expect(device.locator('.device-checks')).toBeHidden();
  await device.getByText('4 checks passed').click();
  await expect(device.locator('.device-checks')).toContainText('unpack2x16float keeps');
  await device.getByText('Kernel variants (3)').click();
  await expect(device).toContainText('linear.backward');
  await device.getByRole('button', { name: 'Copy report' }).click();
  await expect(device.getByText('Copied as JSON.')).toBeVisible();
  const copied: unknown = JSON.parse(await page.evaluate(() => navigator.clipboard.readText()));
  expect(copied).toMatchObject({ version: 1, model: 'tiny-thinker', device: { name: 'SwiftShader' } });

  await device.getByRole('button', { name: 'Repeat the self-test' }).click();
  await expect(device.getByText('Timing training (2 of 2)')).toBeVisible();
  await expect(device.getByRole('heading', { name: '1 of 4 checks failed' })).toBeVisible();
  await expect(device).toContainText('Training is refused on this device');
});

test('the self-test can be cancelled', async ({ page, harness }) => {
  await page.goto(`${harness}?scene=no-models#/models`);
  const device = page.locator(panel);
  await device.getByRole('button', { name: 'Run the self-test' }).click();
  await device.getByRole('button', { name: 'Cancel' }).click();
  await expect(device.getByRole('button', { name: 'Run the self-test' })).toBeVisible();
});
