/** The page answers while a run floods it with candidates. */
import type { Browser, Page } from '@playwright/test';
import { expect, test } from './harness/harness';

test('three thousand candidates do not block the page', async ({ browser, page, harness }) => {
  await page.goto(`${harness}?scene=flood`);
  await page.evaluate(() => document.fonts.ready);
  await page.getByRole('button', { name: 'Start', exact: true }).click();
  // The drawing code of the charts is loaded once. After that, no task may take long.
  await expect(page.locator('.uplot').first()).toBeVisible();
  const tasks = await tracedTasks(browser, page, async () => {
    await expect(page.locator('.candidates-at')).toHaveText(/of 40\d/, { timeout: 30_000 });
    await page.keyboard.press('Home');
    for (let i = 0; i < 20; i++) await page.keyboard.press('ArrowRight');
    await page.keyboard.press('End');
    await expect(page.locator('.tile')).not.toHaveCount(0);
    expect(await page.locator('.tile').count()).toBeLessThan(80);
  });
  expect(tasks.length).toBeGreaterThan(100);
  expect(Math.max(...tasks)).toBeLessThan(100);
});

interface TraceEvent {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  /** Microseconds of CPU time of the thread. */
  readonly tdur?: number;
  readonly args: { readonly name?: string };
}

/** CPU time in milliseconds of each task of the main thread during an action, which other programs do not lengthen. */
async function tracedTasks(browser: Browser, page: Page, action: () => Promise<void>): Promise<readonly number[]> {
  await browser.startTracing(page, { categories: ['toplevel', '__metadata'] });
  await action();
  const trace: { traceEvents: readonly TraceEvent[] } = JSON.parse((await browser.stopTracing()).toString());
  const threadOf = ({ pid, tid }: TraceEvent) => `${pid} ${tid}`;
  const main = new Set(
    trace.traceEvents
      .filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain')
      .map(threadOf),
  );
  return trace.traceEvents.flatMap((event) =>
    event.name.endsWith('RunTask') && event.tdur !== undefined && main.has(threadOf(event)) ? [event.tdur / 1000] : [],
  );
}
