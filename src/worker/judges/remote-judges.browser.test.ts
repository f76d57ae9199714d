/** A page and a judge's server of different origins: what the browser allows, what is stored, and the messages. */
import { beforeEach, describe, expect, inject, it } from 'vitest';
import { TestJudge } from '../../../cli/test/judge/test-judge';
import { remoteModel } from '../../judges/remote/open';
import { LabError } from '../../lib/errors';
import { PRESETS } from '../../recipe/presets';
import { createRemoteAccessStorage } from '../../storage/key-value/remote-access';
import { createSpendingStorage } from '../../storage/key-value/spending';
import { RemoteJudges } from './remote-judges';

const KEY = 'sk-secret-0123456789';
const RATING = { kind: 'rating', message: 'How good is “4” as an answer to 2 + 2? [[1]] to [[9]].' } as const;

let judge: TestJudge;
let name: string;
let recipe: typeof PRESETS.quick;
const page = location.href;
const reload = () =>
  new RemoteJudges(createRemoteAccessStorage(`${name}-access`), createSpendingStorage(`${name}-spending`), page);

const open = (judges: RemoteJudges, ofRecipe: typeof recipe, runId: string | null) =>
  remoteModel(ofRecipe, judges.connect(ofRecipe, runId));

beforeEach(() => {
  judge = new TestJudge(inject('judge'));
  name = `test-${crypto.randomUUID()}`;
  recipe = {
    ...PRESETS.quick,
    judge: 'remote',
    remoteUrl: `${judge.url}/v1`,
    remoteModel: 'judge',
    judgeReplyTokens: 64,
  };
});

const failure = async (asked: Promise<unknown>): Promise<LabError> => {
  const error = await asked.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof LabError)) throw new Error(`No LabError: ${error}`);
  return error;
};

/** Everything in this origin's databases and storages, and in the address. */
async function everythingStored(): Promise<string> {
  const kept: unknown[] = [location.href, { ...localStorage }, { ...sessionStorage }, document.cookie];
  for (const { name: database = '' } of await indexedDB.databases()) {
    const opened = await new Promise<IDBDatabase>((resolve, reject) => {
      const opening = indexedDB.open(database);
      opening.onsuccess = () => resolve(opening.result);
      opening.onerror = () => reject(opening.error);
    });
    for (const store of opened.objectStoreNames) {
      const all = opened.transaction(store).objectStore(store).getAll();
      kept.push(database, await new Promise((resolve) => (all.onsuccess = () => resolve(all.result))));
    }
    opened.close();
  }
  return JSON.stringify(kept);
}

describe('a server of another origin', () => {
  it('is read and asked, with a key and headers', async () => {
    await judge.script({ key: KEY, answers: [{ text: '[[6]]' }] });
    const judges = reload();
    await judges.setAccess(
      judge.url,
      { key: KEY, headers: { 'HTTP-Referer': 'https://lab.example', 'X-Title': 'Lab' } },
      false,
    );
    expect(await judges.models(`${recipe.remoteUrl}/chat/completions`)).toEqual(['judge']);
    expect(await open(judges, recipe, null).ask(RATING)).toEqual({ text: '[[6]]' });
    const [question] = await judge.questions();
    expect(question?.headers).toMatchObject({
      authorization: `Bearer ${KEY}`,
      'http-referer': 'https://lab.example',
      'x-title': 'Lab',
    });
    expect(question?.headers).not.toHaveProperty('referer');
    expect(question?.headers).not.toHaveProperty('cookie');
  });

  it('that no page may read says how to allow this one', async () => {
    await judge.script({ cors: 'none' });
    const ways = [() => reload().models(recipe.remoteUrl), () => open(reload(), recipe, null).ask(RATING)];
    for (const ask of ways) {
      const error = await failure(ask());
      expect(error.message).toMatch(/^127\.0\.0\.1:\d+ answers, but does not allow this page to read it \(CORS\)\.$/);
      for (const way of [`OLLAMA_ORIGINS=${location.origin}`, 'Enable CORS', '--allowed-origins', 'llama.cpp'])
        expect(error.advice).toContain(way);
    }
  });

  it('that accepts no questions names the headers to allow', async () => {
    await judge.script({ cors: 'read' });
    const judges = reload();
    expect(await judges.models(recipe.remoteUrl)).toEqual(['judge']);
    expect((await failure(open(judges, recipe, null).ask(RATING))).message).toContain(
      'lets this page read its answers, but not send the header content-type (CORS)',
    );
    await judges.setAccess(recipe.remoteUrl, { key: KEY, headers: {} }, false);
    expect((await failure(judges.models(recipe.remoteUrl))).message).toContain('authorization (CORS)');
  });

  it('that does not accept a header says so', async () => {
    await judge.script({});
    const judges = reload();
    await judges.setAccess(recipe.remoteUrl, { key: '', headers: { 'X-Other': '1' } }, false);
    expect((await failure(judges.models(recipe.remoteUrl))).message).toContain('x-other (CORS)');
  });

  it('that does not exist is distinguished from one that does not allow the page', async () => {
    expect((await failure(reload().models('http://127.0.0.1:9'))).message).toBe('127.0.0.1:9 cannot be reached.');
  });

  it('that redirects is not followed', async () => {
    await judge.script({ list: { redirect: 'other' }, answers: [{ redirect: 'same' }] });
    const judges = reload();
    await judges.setAccess(recipe.remoteUrl, { key: KEY, headers: {} }, false);
    expect((await failure(judges.models(recipe.remoteUrl))).message).toContain('redirects to another address');
    expect((await failure(open(judges, recipe, null).ask(RATING))).message).toContain('redirects to another address');
    expect((await judge.traffic()).seen.every(({ host }) => host === 'judge')).toBe(true);
  });

  it.each([
    [
      'for the time in Retry-After, if it exposes that header',
      { 'access-control-expose-headers': 'Retry-After' },
      4000,
      Infinity,
    ],
    ['for the default time, if it exposes no header', {}, 500, 3900],
  ])('that is busy is asked again after waiting %s', async (_, exposed, least, most) => {
    const busy = { status: 429, headers: { 'retry-after': '4', ...exposed } };
    await judge.script({ answers: [busy, { text: '[[3]]' }] });
    const begun = performance.now();
    expect(await open(reload(), recipe, null).ask(RATING)).toEqual({ text: '[[3]]' });
    const waited = performance.now() - begun;
    expect(waited).toBeGreaterThan(least);
    expect(waited).toBeLessThan(most);
  });

  it('is stopped if its answer never ends, and asked again if it breaks', async () => {
    await judge.script({ answers: [{ huge: 2 ** 40 }, { cut: 30 }, { text: '[[3]]' }] });
    const model = open(reload(), recipe, null);
    expect((await failure(model.ask(RATING))).message).toContain('larger than 8 MiB');
    expect(await model.ask(RATING)).toEqual({ text: '[[3]]' });
  });

  it('ends the wait when the signal aborts', async () => {
    await judge.script({ answers: [{ hang: 10 }] });
    const gone = new AbortController();
    const asked = open(reload(), recipe, null).ask(RATING, gone.signal);
    setTimeout(() => gone.abort('gone'), 50);
    await expect(asked).rejects.toBe('gone');
  });
});

describe('a page over https', () => {
  it('says that the browser blocks http to other machines', async () => {
    const judges = new RemoteJudges(
      createRemoteAccessStorage(`${name}-access`),
      createSpendingStorage(`${name}-spending`),
      'https://lab.example/',
    );
    expect(await failure(judges.models('http://nas:9/v1'))).toMatchObject({
      message: expect.stringContaining('The browser blocks http://nas:9'),
      advice: expect.stringContaining('localhost is allowed'),
    });
    expect(await failure(judges.models('http://localhost:9/v1'))).toMatchObject({
      message: 'localhost:9 cannot be reached.',
      advice: expect.stringContaining('If Chrome asked whether this page may reach your network'),
    });
  });
});

describe('a key', () => {
  it('is only in memory, and gone with the page', async () => {
    await judge.script({ key: KEY });
    const judges = reload();
    await judges.setAccess(recipe.remoteUrl, { key: KEY, headers: { 'x-title': 'Lab' } }, false);
    expect(await judges.about(judge.url)).toEqual({ key: true, headers: ['x-title'], remembered: false });
    await open(judges, recipe, 'run').ask(RATING);
    expect(await everythingStored()).not.toContain(KEY);
    expect(await reload().about(judge.url)).toEqual({ key: false, headers: [], remembered: false });
    expect((await failure(reload().models(judge.url))).message).toContain('asks for a key');
  });

  it('is remembered for its origin if the user says so, until it is forgotten', async () => {
    await judge.script({ key: KEY });
    await reload().setAccess(recipe.remoteUrl, { key: KEY, headers: {} }, true);
    expect(await everythingStored()).toContain(KEY);
    expect(await reload().about(judge.url)).toEqual({ key: true, headers: [], remembered: true });
    expect(await reload().models(recipe.remoteUrl)).toEqual(['judge']);
    expect(await reload().about('http://127.0.0.1:9')).toMatchObject({ key: false });
    const judges = reload();
    await judges.setAccess(recipe.remoteUrl, { key: KEY, headers: {} }, false);
    expect(await judges.about(judge.url)).toMatchObject({ key: true, remembered: false });
    expect(await everythingStored()).not.toContain(KEY);
    await judges.setAccess(recipe.remoteUrl, null, true);
    expect(await judges.about(judge.url)).toEqual({ key: false, headers: [], remembered: false });
  });

  it('does not occur in any answer or error', async () => {
    await judge.script({ key: 'sk-another' });
    const judges = reload();
    await judges.setAccess(recipe.remoteUrl, { key: KEY, headers: { 'x-title': KEY } }, false);
    const refused = await failure(judges.models(recipe.remoteUrl));
    const answersAndErrors = [
      await judges.about(recipe.remoteUrl),
      refused.message,
      refused.advice,
      refused.stack,
      String(refused.cause),
    ];
    expect(JSON.stringify(answersAndErrors)).not.toContain(KEY);
    const wrong = await failure(judges.setAccess(recipe.remoteUrl, { key: `${KEY} ${KEY}`, headers: {} }, true));
    expect(JSON.stringify([wrong.message, wrong.advice, await everythingStored()])).not.toContain(KEY);
  });
});

describe('the spending of a run', () => {
  const limited = () => ({ ...recipe, judgeCallLimit: 2 });
  const ask = async (judges: RemoteJudges, count: number, runId = 'run') => {
    const model = open(judges, limited(), runId);
    try {
      for (let i = 0; i < count; i++) await model.ask({ kind: 'rating', message: `${crypto.randomUUID()}` });
      return 'went on';
    } catch (error) {
      return error instanceof LabError ? error.code : 'broke';
    } finally {
      model.dispose();
    }
  };

  it('is counted over reloads, and renewed when the user continues', async () => {
    await judge.script({});
    expect(await ask(reload(), 1)).toBe('went on');
    expect(await ask(reload(), 2)).toBe('judge-limit');
    expect(await judge.questions()).toHaveLength(2);
    await reload().renew('run');
    expect(await ask(reload(), 2)).toBe('went on');
    expect(await ask(reload(), 1)).toBe('judge-limit');
    expect(await ask(reload(), 2, 'another run')).toBe('went on');
    await reload().forgetRun('run');
    expect(await ask(reload(), 2)).toBe('went on');
  });

  it('does not include trials, which have limits of their own', async () => {
    await judge.script({});
    const judges = reload();
    for (let i = 0; i < 2; i++) await open(judges, limited(), null).ask(RATING);
    expect(await judge.questions()).toHaveLength(2);
    const trial = open(judges, { ...limited(), judgeCallLimit: 1 }, null);
    await trial.ask(RATING);
    expect(await failure(trial.ask({ ...RATING, message: 'other' }))).toMatchObject({
      code: 'judge-limit',
      message: expect.stringMatching(/^The recipe’s limit .* is reached: 1 of 1 calls\.$/),
      advice: expect.stringContaining('Raise the limit in the recipe'),
    });
    await open(judges, limited(), 'run').ask(RATING);
    expect(await judge.questions()).toHaveLength(4);
  });

  it('is the sum over all its judges', async () => {
    await judge.script({});
    const judges = reload();
    const [training, evaluation] = [open(judges, limited(), 'run'), open(judges, limited(), 'run')];
    await training.ask(RATING);
    await evaluation.ask({ ...RATING, message: 'other' });
    expect(await failure(training.ask({ ...RATING, message: 'third' }))).toMatchObject({ code: 'judge-limit' });
    await judges.renew('run');
    await training.ask({ ...RATING, message: 'third' });
  });
});
