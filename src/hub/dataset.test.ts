import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Hub } from './ask-hub';
import { fetchDatasetFile, lookUpDataset } from './dataset';

const url = 'https://hub.test';
const commit = '12fd25f77366fa6b3b4b768ec3050bf629380bac';
const json = (value: unknown) =>
  new Response(JSON.stringify(value), { headers: { 'content-type': 'application/json' } });
const info = {
  _id: '1',
  id: 'owner/set',
  gated: false,
  sha: commit,
  tags: ['license:mit'],
  lastModified: '2025-01-01T00:00:00.000Z',
};
const text = '{"question":"q","answer":"4"}\n';
const sha1 = createHash('sha1').update(`blob ${text.length}\0${text}`).digest('hex');
const sha256 = createHash('sha256').update(text).digest('hex');
const git = (path: string, size = text.length) => ({ type: 'file', path, size, oid: sha1 });
const large = (path: string, size = text.length, oid = sha256) => ({
  ...git(path, size),
  lfs: { oid, size, pointerSize: 134 },
});
const tree = [
  { type: 'directory', path: 'main', size: 0, oid: 'ab'.repeat(20) },
  git('README.md'),
  git('dataset_infos.json'),
  git('.gitattributes'),
  git('main/train part 10.jsonl'),
  git('main/train part 2.jsonl'),
  large('main/all.parquet', 900_000_000),
  large('other.csv', text.length, 'ef'.repeat(32)),
  large('test.jsonl'),
];
const limits = { text: 64e6, parquet: 256e6 };

function hubOf(
  entries: unknown,
  change: Readonly<Record<string, () => Response>> = {},
): { hub: Hub; asked: string[] } {
  const asked: string[] = [];
  const answers: Readonly<Record<string, () => Response>> = {
    '/api/datasets/owner/set/revision/HEAD': () => json(info),
    [`/api/datasets/owner/set/tree/${commit}`]: () => json(entries),
    ...change,
  };
  const fake: typeof fetch = async (input, init) => {
    const request = new Request(input, init);
    const { pathname, search } = new URL(request.url);
    asked.push(pathname + search);
    if (pathname.includes('/resolve/') && answers[pathname] === undefined)
      return new Response(text, { headers: { etag: '"x"' } });
    return answers[pathname]?.() ?? new Response('no', { status: 404 });
  };
  return { hub: { url, fetch: fake }, asked };
}

const transport = () => ({ signal: new AbortController().signal, onProgress: () => {} });
const patience = { stallMs: 1000, firstPauseMs: 1, longestPauseMs: 10, failures: 2 };

describe('a data set of the Hub', () => {
  it('is offered at its commit, with the files that may hold prompts, also in folders', async () => {
    const { hub, asked } = hubOf(tree);
    const offer = await lookUpDataset(hub, 'datasets/owner/set', null, limits);
    expect(offer).toMatchObject({
      repository: 'owner/set',
      revision: commit,
      licence: 'mit',
      gated: false,
      linkedFile: null,
    });
    expect(offer.files).toEqual([
      { name: 'main/all.parquet', bytes: 900_000_000, refused: 'Larger than the 256 MB that are read.' },
      { name: 'main/train part 2.jsonl', bytes: text.length, refused: null },
      { name: 'main/train part 10.jsonl', bytes: text.length, refused: null },
      { name: 'other.csv', bytes: text.length, refused: null },
      { name: 'test.jsonl', bytes: text.length, refused: null },
    ]);
    expect(asked.at(-1)).toContain('recursive=true');
    const link = `https://huggingface.co/datasets/owner/set/blob/${commit}/test.jsonl`;
    const pinned = hubOf(tree, { [`/api/datasets/owner/set/revision/${commit}`]: () => json(info) });
    expect((await lookUpDataset(pinned.hub, link, null, limits)).files[0]?.name).toBe('test.jsonl');
  });

  it('without such a file is refused', async () => {
    await expect(lookUpDataset(hubOf([git('README.md')]).hub, 'owner/set', null, limits)).rejects.toMatchObject({
      code: 'bad-prompts',
      message: 'owner/set holds no file that the lab reads.',
    });
    await expect(lookUpDataset(hubOf(tree).hub, 'owner/other', null, limits)).rejects.toMatchObject({
      code: 'not-found',
      message: 'The Hub has no data set owner/other.',
    });
  });

  it('gives a file, checked against the digest on the Hub', async () => {
    const { hub, asked } = hubOf(tree);
    const offer = await lookUpDataset(hub, 'owner/set', null, limits);
    for (const name of ['test.jsonl', 'main/train part 2.jsonl']) {
      expect(await (await fetchDatasetFile(hub, offer, name, null, transport())).text()).toBe(text);
    }
    expect(asked.at(-1)).toBe(`/datasets/owner/set/resolve/${commit}/main/train%20part%202.jsonl`);
    await expect(fetchDatasetFile(hub, offer, 'other.csv', null, transport())).rejects.toMatchObject({
      code: 'bad-file',
    });
  });

  it('asks for a token if it is gated, and says that nothing was imported if the connection breaks', async () => {
    const { hub } = hubOf(tree, {
      [`/datasets/owner/set/resolve/${commit}/test.jsonl`]: () => new Response('', { status: 503 }),
    });
    const offer = await lookUpDataset(hub, 'owner/set', null, limits);
    await expect(
      fetchDatasetFile(hub, { ...offer, gated: true }, 'test.jsonl', null, transport()),
    ).rejects.toMatchObject({
      code: 'gated',
    });
    await expect(fetchDatasetFile(hub, offer, 'test.jsonl', null, { ...transport(), patience })).rejects.toMatchObject(
      {
        code: 'hub-failed',
        advice: 'Nothing was imported. Try again later.',
      },
    );
  });

  it('gives advice on too many requests and on a log-in page, and says that nothing was imported', async () => {
    const path = `/datasets/owner/set/resolve/${commit}/test.jsonl`;
    const answering = async (answer: () => Response) => {
      const offer = await lookUpDataset(hubOf(tree).hub, 'owner/set', null, limits);
      return fetchDatasetFile(hubOf(tree, { [path]: answer }).hub, offer, 'test.jsonl', null, {
        ...transport(),
        patience,
      });
    };
    await expect(
      answering(() => new Response('', { status: 429, headers: { 'retry-after': '300' } })),
    ).rejects.toMatchObject({
      message: 'hub.test reports too many requests from this address.',
      advice: 'Nothing was imported. Wait 5 minutes, then try again.',
    });
    await expect(
      answering(() => new Response('<p>Log in', { headers: { 'content-type': 'text/html' } })),
    ).rejects.toMatchObject({
      advice: expect.stringMatching(/^Nothing was imported\. This is most likely a log-in page/),
    });
  });

  it('does not promise to continue a look-up that failed', async () => {
    const hub: Hub = { url, fetch: () => Promise.reject(new TypeError('offline')) };
    await expect(lookUpDataset(hub, 'owner/set', null, limits)).rejects.toMatchObject({
      code: 'hub-unreachable',
      advice: 'Nothing was imported. Check the connection, then try again. Stored data needs no connection.',
    });
  });

  it('says how many files are not shown, and whether the list was cut', async () => {
    const many = Array.from({ length: 250 }, (_, i) => git(`part-${i}.jsonl`));
    expect(await lookUpDataset(hubOf(many).hub, 'owner/set', null, limits)).toMatchObject({
      ...{ more: 50, cut: false },
      files: { length: 200 },
    });
    const endless = Array.from({ length: 5001 }, (_, i) => git(`part-${i}.jsonl.gz`));
    expect(await lookUpDataset(hubOf(endless).hub, 'owner/set', null, limits)).toMatchObject({
      more: 4800,
      cut: true,
    });
    expect(await lookUpDataset(hubOf(endless.slice(0, 5000)).hub, 'owner/set', null, limits)).toMatchObject({
      cut: false,
    });
  });
});
