/**
 * A remote judge in the built page: tried, used in a run, and waiting at its limit. Its key is sent to its server
 * only.
 */
import { expect, type Page } from '@playwright/test';
import { startJudge } from '../cli/test/judge/server';
import { TestJudge } from '../cli/test/judge/test-judge';
import { recipeToQuery } from '../src/recipe/encoding';
import type { Recipe } from '../src/recipe/recipe';
import { ask, attempt, openLab, SMALL } from './lab-run';
import { complaintsOf, test } from './site';

const KEY = 'sk-secret-0123456789abcdef';
const TITLE = 'title-0123456789';

/** Everything that the page stores or shows. */
async function everything(page: Page): Promise<string> {
  const kept = await page.evaluate(async () => {
    const all: unknown[] = [
      location.href,
      { ...localStorage },
      { ...sessionStorage },
      document.documentElement.outerHTML,
    ];
    for (const { name = '' } of await indexedDB.databases()) {
      const database = await new Promise<IDBDatabase>((resolve, reject) => {
        const opening = indexedDB.open(name);
        opening.onsuccess = () => resolve(opening.result);
        opening.onerror = () => reject(opening.error);
      });
      for (const store of database.objectStoreNames) {
        const rows = database.transaction(store).objectStore(store).getAll();
        all.push(
          name,
          await new Promise((resolve, reject) => {
            rows.onsuccess = () => resolve(rows.result);
            rows.onerror = () => reject(rows.error);
          }),
        );
      }
      database.close();
    }
    return JSON.stringify(all);
  });
  return kept;
}

test('a remote judge is tried, judges a run, waits at its limit, and its key does not leak', async ({ page }) => {
  test.setTimeout(300_000);
  const logged = complaintsOf(page);
  page.on('console', (message) => logged.push(message.text()));
  const server = await startJudge();
  const judge = new TestJudge(server.url);
  try {
    // A server that repeats the key in its error message.
    const answers = Array.from({ length: 300 }, (_, i) => ({ text: `${KEY} ${TITLE} [[${1 + ((i * 7) % 9)}]]` }));
    await judge.script({ key: KEY, models: ['judge'], answers });
    const recipe: Recipe = {
      ...SMALL,
      judge: 'remote',
      remoteUrl: `${judge.url}/v1/chat/completions`,
      remoteModel: 'judge',
      judgeMethod: 'rating',
      judgeCallLimit: 15,
      controls: 0,
    };
    await openLab(page);
    const trial = { instruction: 'Add 2 and 2.', responses: ['4', '5'] as const, reference: null };
    const tried = () =>
      attempt(page, ({ tryJudge }, [input, sample]) => tryJudge(input, sample), [recipe, trial] as const);

    const without = await tried();
    expect(without).toMatchObject({
      failure: { code: 'judge-failed', message: expect.stringContaining('asks for a key') },
    });
    const access = { key: KEY, headers: { 'X-Title': TITLE } };
    await ask(page, ({ setRemoteAccess }, [url, input]) => setRemoteAccess(url, input, false), [
      recipe.remoteUrl,
      access,
    ] as const);
    expect(await ask(page, ({ remoteModels }, url) => remoteModels(url), recipe.remoteUrl)).toEqual(['judge']);
    expect(await ask(page, ({ remoteAccess }, url) => remoteAccess(url), recipe.remoteUrl)).toEqual({
      key: true,
      headers: ['X-Title'],
      remembered: false,
    });
    const trying = await tried();
    expect(trying).toMatchObject({
      value: { judge: 'remote judge', scores: [1, 8], calls: [{ shown: [0] }, { shown: [1] }] },
    });

    const before = (await judge.questions()).length;
    const { id } = await ask(page, ({ start }, input) => start(input), recipe);
    let waits = 0;
    for (;;) {
      const { summary } = await ask(page, ({ run }, runId) => run(runId), id);
      if (summary.status === 'finished') break;
      if (summary.status === 'paused') {
        waits += 1;
        expect(summary.failure).toMatchObject({
          code: 'judge-limit',
          message: expect.stringContaining(`${15 * waits} of ${15 * waits} calls`),
        });
        expect((await judge.questions()).length - before).toBe(15 * waits);
        // The first time in a new page, where the user enters the key again.
        if (waits === 1) {
          await openLab(page);
          await ask(page, ({ setRemoteAccess }, [url, input]) => setRemoteAccess(url, input, false), [
            recipe.remoteUrl,
            access,
          ] as const);
          // Pressing twice raises the limit only once.
          const twice = await ask(page, ({ resume }, runId) => Promise.allSettled([resume(runId), resume(runId)]), id);
          expect(twice.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
        } else await ask(page, ({ unpause }) => Promise.all([unpause(), unpause()]), null);
      } else if (summary.status !== 'running')
        throw new Error(`${summary.status}: ${JSON.stringify(summary.failure)}`);
      await page.waitForTimeout(100);
    }
    expect(waits).toBeGreaterThan(0);

    const rollouts = await ask(page, ({ rollouts: of }, runId) => of(runId, {}), id);
    const calls = rollouts.flatMap(({ judgement }) => judgement?.calls ?? []);
    expect(calls.length).toBeGreaterThan(15);
    expect(calls.every(({ reply, verdict }) => reply.startsWith('••• ••• [[') && verdict !== null)).toBe(true);
    const shown = [
      await everything(page),
      recipeToQuery(recipe),
      without,
      trying,
      rollouts,
      logged,
      await ask(page, ({ run }, runId) => run(runId), id),
      await ask(page, ({ report }, runId) => report(runId), id),
      await ask(page, ({ exportPairs }, runId) => exportPairs(runId), id),
      await ask(page, ({ exportMetrics }, runId) => exportMetrics(runId), id),
    ];
    expect(JSON.stringify(shown)).not.toContain(KEY);
    expect(JSON.stringify(shown)).not.toContain(TITLE);

    await judge.script({ cors: 'none' });
    const barred = await attempt(page, ({ remoteModels }, url) => remoteModels(url), recipe.remoteUrl);
    expect(barred).toMatchObject({
      failure: {
        message: expect.stringContaining('does not allow this page to read it (CORS)'),
        advice: expect.stringContaining('OLLAMA_ORIGINS'),
      },
    });

    await ask(page, ({ setRemoteAccess }, [url, input]) => setRemoteAccess(url, input, true), [
      recipe.remoteUrl,
      access,
    ] as const);
    expect(await everything(page)).toContain(KEY);
    await ask(page, ({ setRemoteAccess }, url) => setRemoteAccess(url, null, false), recipe.remoteUrl);
    expect(await everything(page)).not.toContain(KEY);
  } finally {
    await server.close();
  }
});
