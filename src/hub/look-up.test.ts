import { describe, expect, it } from 'vitest';
import { LabError } from '../lib/errors';
import type { Hub } from './ask-hub';
import { filesOf, lookUp } from './look-up';

const url = 'https://hub.test';
const commit = '12fd25f77366fa6b3b4b768ec3050bf629380bac';
const json = (value: unknown, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(value), { headers: { 'content-type': 'application/json', ...headers } });
const git = (path: string, size: number) => ({ type: 'file', path, size, oid: 'ab'.repeat(20) });
const lfs = (path: string, size: number) => ({
  ...git(path, size),
  lfs: { oid: 'cd'.repeat(32), size, pointerSize: 134 },
});
const info = {
  _id: '1',
  id: 'owner/name',
  gated: false,
  sha: commit,
  tags: ['license:apache-2.0'],
  cardData: { license: 'mit' },
  lastModified: '2025-01-01T00:00:00.000Z',
};
const tree = [
  { type: 'directory', path: 'onnx', size: 0, oid: 'ab'.repeat(20) },
  git('README.md', 5),
  git('config.json', 700),
  git('tokenizer.json', 2000),
  git('tokenizer_config.json', 300),
  lfs('model.safetensors', 270_000_000),
  lfs('model-Q8_0.gguf', 150_000_000),
  lfs('model-Q4_K_M.gguf', 100_000_000),
];

/** A Hub that answers the given paths, and 404 for all others. */
function hubOf(answers: Readonly<Record<string, (request: Request) => Response>>): { hub: Hub; requests: Request[] } {
  const requests: Request[] = [];
  const fake: typeof fetch = async (input, init) => {
    const request = new Request(input, init);
    requests.push(request);
    const { pathname, search } = new URL(request.url);
    const answer = answers[pathname + search] ?? answers[pathname];
    return answer?.(request) ?? new Response('not found', { status: 404 });
  };
  return { hub: { url, fetch: fake }, requests };
}

const treePath = `/api/models/owner/name/tree/${commit}`;
const usual = {
  '/api/models/owner/name/revision/HEAD': () => json(info),
  [treePath]: () => json(tree),
  [`${treePath}/onnx`]: () => json([]),
};

describe('a repository', () => {
  it('is offered at its commit: the safetensors with their other files, and each GGUF', async () => {
    const { hub, requests } = hubOf(usual);
    expect(await lookUp(hub, 'owner/name', null)).toEqual({
      repository: 'owner/name',
      revision: commit,
      licence: 'mit',
      gated: false,
      choices: [
        {
          name: 'safetensors',
          bytes: 270_003_000,
          files: [
            { name: 'config.json', bytes: 700 },
            { name: 'tokenizer.json', bytes: 2000 },
            { name: 'tokenizer_config.json', bytes: 300 },
            { name: 'model.safetensors', bytes: 270_000_000 },
          ],
        },
        { name: 'model-Q8_0.gguf', bytes: 150_000_000, files: [{ name: 'model-Q8_0.gguf', bytes: 150_000_000 }] },
        { name: 'model-Q4_K_M.gguf', bytes: 100_000_000, files: [{ name: 'model-Q4_K_M.gguf', bytes: 100_000_000 }] },
      ],
    });
    expect(requests.every((request) => !request.headers.has('authorization'))).toBe(true);
  });

  it('comes with the digest of each file', async () => {
    const { hub } = hubOf(usual);
    const files = await filesOf(hub, { repository: 'owner/name', revision: commit }, 'safetensors', null);
    expect(files.map(({ name, digest }) => [name, digest.kind, digest.hex.length])).toEqual([
      ['config.json', 'git', 40],
      ['tokenizer.json', 'git', 40],
      ['tokenizer_config.json', 'git', 40],
      ['model.safetensors', 'sha256', 64],
    ]);
  });

  it('is looked up at the named revision, and the file that a link points to comes first', async () => {
    const { hub } = hubOf({ ...usual, '/api/models/owner/name/revision/v2': () => json(info) });
    const { choices } = await lookUp(hub, 'https://huggingface.co/owner/name/blob/v2/model-Q4_K_M.gguf', null);
    expect(choices[0]?.name).toBe('model-Q4_K_M.gguf');
    expect(choices).toHaveLength(3);
  });

  it('may be listed in pages, and may have been renamed', async () => {
    const { hub } = hubOf({
      ...usual,
      '/api/models/old/name/revision/HEAD': () => json(info),
      [`${treePath}?page=2`]: () => json(tree.slice(4)),
      [treePath]: () => json(tree.slice(0, 4), { link: `<${url}${treePath}?page=2>; rel="next"` }),
    });
    expect(await lookUp(hub, 'old/name', null)).toMatchObject({ repository: 'owner/name', choices: { length: 3 } });
  });

  it('has a licence, or none is stated', async () => {
    const named = { ...info, cardData: { license: 'other', license_name: 'llama3.2' } };
    const silent = { ...info, cardData: {}, tags: [] };
    for (const [answer, licence] of [
      [named, 'llama3.2'],
      [silent, null],
      [{ ...info, cardData: undefined }, 'apache-2.0'],
    ] as const) {
      const { hub } = hubOf({ ...usual, '/api/models/owner/name/revision/HEAD': () => json(answer) });
      expect(await lookUp(hub, 'owner/name', null)).toMatchObject({ licence });
    }
  });

  it('without a model is refused, with what is missing', async () => {
    const { hub } = hubOf({
      ...usual,
      [treePath]: () => json([lfs('big-00001-of-00002.gguf', 9), lfs('big-00002-of-00002.gguf', 9)]),
    });
    await expect(lookUp(hub, 'owner/name', null)).rejects.toMatchObject({
      code: 'unsupported-model',
      message: expect.stringContaining('split into several files'),
    });
  });
});

describe('a judge', () => {
  const at = (architectures: readonly string[]) => ({
    '/api/models/owner/name/revision/HEAD': () => json({ ...info, config: { architectures } }),
    [treePath]: () => json([...tree, { type: 'directory', path: '1_Pooling', size: 0, oid: 'ab'.repeat(20) }]),
    [`${treePath}/onnx`]: () =>
      json([lfs('onnx/model.onnx', 90_000_000), lfs('onnx/model_quantized.onnx', 23_000_000)]),
    [`${treePath}/1_Pooling`]: () => json([git('1_Pooling/config.json', 190)]),
  });
  const named = async (architecture: string) =>
    (await lookUp(hubOf(at([architecture])).hub, 'owner/name', null)).choices.map(({ name }) => name);

  it('is found in the folders that may hold it, and is not a policy', async () => {
    const { choices } = await lookUp(hubOf(at(['BertForSequenceClassification'])).hub, 'owner/name', null);
    expect(choices.map(({ name, bytes }) => [name, bytes])).toEqual([
      ['onnx/model.onnx', 90_003_190],
      ['onnx/model_quantized.onnx', 23_003_190],
    ]);
    expect(choices[0]?.files.map(({ name }) => name)).toContain('1_Pooling/config.json');
    expect(await named('BertModel')).toEqual(['onnx/model.onnx', 'onnx/model_quantized.onnx']);
  });

  it('is not offered from the repository of a policy', async () => {
    expect(await named('LlamaForCausalLM')).toEqual(['safetensors', 'model-Q8_0.gguf', 'model-Q4_K_M.gguf']);
  });

  it('without an ONNX graph is refused', async () => {
    const { hub } = hubOf({ ...at(['BertForSequenceClassification']), [`${treePath}/onnx`]: () => json([]) });
    await expect(lookUp(hub, 'owner/name', null)).rejects.toMatchObject({
      code: 'unsupported-model',
      message: expect.stringContaining('it has no ONNX files, from which judges are read'),
    });
  });
});

describe('a gated repository', () => {
  const gated = { ...usual, '/api/models/owner/name/revision/HEAD': () => json({ ...info, gated: 'manual' }) };
  const resolve = `/owner/name/resolve/${commit}/config.json`;
  const byte = () =>
    new Response('{', {
      status: 206,
      headers: { 'content-range': 'bytes 0-0/700', etag: '"x"', 'content-type': 'text/plain' },
    });

  it('is offered without a token, because names and sizes are public', async () => {
    expect(await lookUp(hubOf(gated).hub, 'owner/name', null)).toMatchObject({ gated: true, choices: { length: 3 } });
  });

  it('is offered with a token that may read it, and the token is sent', async () => {
    const { hub, requests } = hubOf({ ...gated, [resolve]: byte });
    expect(await lookUp(hub, 'owner/name', ' hf_secret ')).toMatchObject({ gated: true });
    expect(requests.map((request) => request.headers.get('authorization'))).toEqual(Array(4).fill('Bearer hf_secret'));
  });

  it('is refused with a token that may not read it, or that is invalid', async () => {
    const no = () => new Response('no', { status: 403, headers: { 'x-error-code': 'GatedRepo' } });
    for (const token of ['hf_secret', 'secret', 'hf_a\nb']) {
      const { hub } = hubOf({ ...gated, [resolve]: no });
      const failure: unknown = await lookUp(hub, 'owner/name', token).catch((error: unknown) => error);
      expect(failure).toMatchObject({ code: 'gated' });
      expect(JSON.stringify(failure) + String(failure)).not.toContain('secret');
    }
  });
});

describe('a failure has a message', () => {
  const answering = (response: () => Response) => hubOf({ '/api/models/owner/name/revision/HEAD': response }).hub;
  const failing = (status: number, headers: Record<string, string> = {}) =>
    answering(() => new Response('{"error":"no"}', { status, headers }));
  const offline: typeof fetch = async () => {
    throw new TypeError('Failed to fetch');
  };

  for (const [what, hub, code, says] of [
    ['no such model', failing(404), 'not-found', 'has no model owner/name'],
    [
      'no such model, without a token',
      failing(401, { 'x-error-code': 'RepoNotFound' }),
      'not-found',
      'has no model owner/name',
    ],
    ['no such revision', failing(404, { 'x-error-code': 'RevisionNotFound' }), 'not-found', 'no such revision'],
    ['too many requests', failing(429, { 'retry-after': '120' }), 'hub-failed', 'too many requests'],
    ['an error of the server', failing(500), 'hub-failed', 'status 500'],
    ['no connection', { url, fetch: offline }, 'hub-unreachable', 'hub.test cannot be reached'],
    [
      'a web page',
      answering(() => new Response('<html>', { headers: { 'content-type': 'text/html' } })),
      'hub-failed',
      'web page',
    ],
    [
      'no JSON',
      answering(() => new Response('{', { headers: { 'content-type': 'application/json' } })),
      'hub-failed',
      'not JSON',
    ],
    ['other JSON', answering(() => json({ id: 'owner/name', sha: 'main' })), 'hub-failed', 'lacks what is needed'],
    [
      'a list with an invalid entry',
      hubOf({ ...usual, [treePath]: () => json([{ type: 'file', path: 'config.json', size: -1 }]) }).hub,
      'hub-failed',
      'cannot be read',
    ],
    [
      'a list that continues at another address',
      hubOf({ ...usual, [treePath]: () => json(tree, { link: '<https://elsewhere.test/x>; rel="next"' }) }).hub,
      'hub-failed',
      'another address',
    ],
  ] as const satisfies readonly (readonly [string, Hub, string, string])[]) {
    it(what, async () => {
      const failure: unknown = await lookUp(hub, 'owner/name', null).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(LabError);
      expect(failure).toMatchObject({ code, message: expect.stringContaining(says) });
    });
  }
});
