import { describe, expect, it } from 'vitest';
import { LabError } from '../lib/errors';
import { fetchFile, PATIENCE, type Sink } from './fetch-file';

const content = Uint8Array.from({ length: 1000 }, (_, i) => (i * 31) % 251);
const file = {
  url: 'https://hub.test/owner/name/resolve/main/w.safetensors',
  name: 'w.safetensors',
  repository: 'owner/name',
  bytes: 1000,
};

class MemorySink implements Sink {
  bytes: number[] = [];
  restarts = 0;
  constructor(
    first = 0,
    public etag: string | null = null,
  ) {
    this.bytes = [...content.subarray(0, first)];
  }
  get received(): number {
    return this.bytes.length;
  }
  async append(bytes: Uint8Array): Promise<void> {
    this.bytes.push(...bytes);
  }
  async restart(etag: string | null): Promise<void> {
    if (this.bytes.length > 0) this.restarts++;
    this.bytes = [];
    this.etag = etag;
  }
}

type Answer = (request: Headers) => Response | Error;

/** A response with `bytes`, whose connection breaks after `cut` bytes. */
function body(bytes: Uint8Array<ArrayBuffer>, init: ResponseInit = {}, cut = bytes.length): Response {
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(bytes.subarray(0, cut));
      if (cut === bytes.length) controller.close();
    },
    // `pull` is called once the earlier bytes have been read.
    pull: (controller) => controller.error(new TypeError('network error')),
  });
  return new Response(stream, init);
}

const whole =
  (etag: string | null = '"a"', cut = 1000): Answer =>
  () =>
    body(content, { headers: etag === null ? {} : { etag } }, cut);
const rest =
  (etag: string | null = '"a"', cut?: number, headers: Record<string, string> = {}): Answer =>
  (request) => {
    const from = Number(/^bytes=(\d+)-$/.exec(request.get('range') ?? '')?.[1]);
    const range = `bytes ${from}-999/1000`;
    return body(
      content.slice(from),
      { status: 206, headers: { 'content-range': range, ...(etag !== null && { etag }), ...headers } },
      cut ?? 1000 - from,
    );
  };
const status =
  (code: number, headers: Record<string, string> = {}): Answer =>
  () =>
    new Response('no', { status: code, headers });
const offline: Answer = () => new TypeError('Failed to fetch');

async function run(answers: readonly Answer[], sink = new MemorySink(), token: string | null = null) {
  const requests: Headers[] = [];
  const left = [...answers];
  const fake: typeof fetch = async (_, init) => {
    const headers = new Headers(init?.headers);
    requests.push(headers);
    const answer = (left.shift() ?? offline)(headers);
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const progress: number[] = [];
  const failure = await fetchFile(file, sink, {
    fetch: fake,
    token,
    patience: { ...PATIENCE, firstPauseMs: 0, longestPauseMs: 5000, failures: 4 },
    signal: new AbortController().signal,
    onProgress: (received) => progress.push(received),
  }).then(
    () => null,
    (error: unknown) => error,
  );
  return { failure, requests, progress, sink, unused: left.length };
}

const arrived = (sink: MemorySink) => expect(sink.bytes).toEqual([...content]);

describe('a file', () => {
  it('arrives in one response', async () => {
    const { failure, sink, requests, progress } = await run([whole()]);
    expect(failure).toBeNull();
    arrived(sink);
    expect(requests[0]?.has('range')).toBe(false);
    expect(progress.at(-1)).toBe(1000);
  });

  it('continues after a broken connection, as part of the same file', async () => {
    const { failure, sink, requests } = await run([whole('"a"', 300), rest('"a"', 100), rest()]);
    expect(failure).toBeNull();
    arrived(sink);
    expect(sink.restarts).toBe(0);
    expect(requests.map((request) => [request.get('range'), request.get('if-range')])).toEqual([
      [null, null],
      ['bytes=300-', '"a"'],
      ['bytes=400-', '"a"'],
    ]);
  });

  it('continues from the position of an earlier visit', async () => {
    const { sink, requests } = await run([rest()], new MemorySink(640, '"a"'));
    arrived(sink);
    expect(requests[0]?.get('range')).toBe('bytes=640-');
  });

  it('starts again if the server sends the whole file', async () => {
    const { failure, sink } = await run([whole('"b"')], new MemorySink(300, '"a"'));
    expect(failure).toBeNull();
    arrived(sink);
    expect(sink).toMatchObject({ restarts: 1, etag: '"b"' });
  });

  it('starts again if the part belongs to another file or another position', async () => {
    for (const other of [
      rest('"b"'),
      rest('"a"', 100, { 'content-range': 'bytes 0-699/1000' }),
      rest('"a"', 9, { 'content-range': 'bytes 300-1999/2000' }),
    ]) {
      const { failure, sink } = await run([other, whole()], new MemorySink(300, '"a"'));
      expect(failure).toBeNull();
      arrived(sink);
    }
  });

  it('asks without If-Range if the host does not allow it, and still checks the ETag', async () => {
    const refusing: Answer = (request) =>
      request.has('if-range') ? new TypeError('preflight') : rest('"b"')(request);
    const { failure, sink, requests } = await run([refusing, refusing, whole('"b"')], new MemorySink(300, '"a"'));
    expect(failure).toBeNull();
    expect(requests.map((request) => request.get('if-range'))).toEqual(['"a"', null, null]);
    arrived(sink);
  });

  it('does not use a weak ETag', async () => {
    const { sink, requests } = await run([whole('W/"a"', 200), rest('W/"a"')]);
    arrived(sink);
    expect(requests[1]?.get('if-range')).toBeNull();
  });

  it('starts again if the range does not exist', async () => {
    const { failure, sink } = await run([status(416), whole()], new MemorySink(300, '"a"'));
    expect(failure).toBeNull();
    arrived(sink);
  });

  it('waits for a server that is busy or fails', async () => {
    const { failure, sink } = await run([status(503), status(429, { 'retry-after': '0' }), offline, whole()]);
    expect(failure).toBeNull();
    arrived(sink);
  });

  it('is complete if the connection breaks after the last byte', async () => {
    const broken: Answer = () => body(Uint8Array.of(...content, 0), { headers: { etag: '"a"' } }, 1000);
    const { failure, sink, unused } = await run([broken, status(500)]);
    expect(failure).toBeNull();
    arrived(sink);
    expect(unused).toBe(1);
  });

  it('may fail any number of times, as long as bytes arrive', async () => {
    const answers = [whole('"a"', 100), ...Array.from({ length: 8 }, () => rest('"a"', 100)), rest()];
    const { failure, sink } = await run(answers);
    expect(failure).toBeNull();
    arrived(sink);
  });
});

describe('a download fails with a message', () => {
  for (const [what, answers, code, says] of [
    ['when nothing answers', [], 'hub-unreachable', 'hub.test cannot be reached'],
    [
      'when a web page comes',
      [() => new Response('<html>', { headers: { 'content-type': 'text/html; charset=utf-8' } })],
      'hub-failed',
      'sent a web page',
    ],
    ['when the server always errs', [status(500), status(502), status(503), status(504)], 'hub-failed', 'status 504'],
    ['when it is to wait too long', [status(429, { 'retry-after': '3600' })], 'hub-failed', 'too many requests'],
    ['when it is gone', [status(404)], 'not-found', 'no w.safetensors any more'],
    ['when it is gated', [status(401)], 'gated', 'owner/name is gated'],
    [
      'when the range never exists',
      [status(416), status(416), status(416), status(416)],
      'hub-failed',
      'does not have the 1000 bytes',
    ],
    [
      'when it is longer than announced',
      [() => body(Uint8Array.of(...content, 1))],
      'hub-failed',
      'longer than the 1000 bytes',
    ],
    [
      'when it is shorter than announced',
      [
        () => body(content.slice(0, 900)),
        status(416),
        () => body(content.slice(0, 900)),
        status(416),
        () => body(content.slice(0, 900)),
        status(416),
        status(416),
      ],
      'hub-failed',
      '1000',
    ],
    ['when it cannot be asked for', [status(400)], 'hub-failed', 'status 400'],
  ] as const satisfies readonly (readonly [string, readonly Answer[], string, string])[]) {
    it(what, async () => {
      const { failure } = await run(answers);
      expect(failure).toBeInstanceOf(LabError);
      expect(failure).toMatchObject({ code, message: expect.stringContaining(says) });
    });
  }

  it('that does not contain the token', async () => {
    const { failure, requests } = await run([status(403)], new MemorySink(), 'hf_secret');
    expect(requests[0]?.get('authorization')).toBe('Bearer hf_secret');
    expect(failure).toMatchObject({ code: 'gated', message: expect.stringContaining('may not read owner/name') });
    expect(JSON.stringify([failure, String(failure)])).not.toContain('hf_secret');
  });
});

it('stops when nothing arrives for a while, and when it is paused', async () => {
  const silent: typeof fetch = (_, init) =>
    new Promise((_resolve, reject) => init?.signal?.addEventListener('abort', () => reject(init.signal?.reason)));
  const transport = {
    fetch: silent,
    token: null,
    onProgress: () => {},
    patience: { ...PATIENCE, stallMs: 20, firstPauseMs: 0, failures: 2 },
  };
  await expect(
    fetchFile(file, new MemorySink(), { ...transport, signal: new AbortController().signal }),
  ).rejects.toMatchObject({
    code: 'hub-unreachable',
  });
  const paused = new AbortController();
  const fetching = fetchFile(file, new MemorySink(), { ...transport, patience: PATIENCE, signal: paused.signal });
  paused.abort('paused');
  await expect(fetching).rejects.toBe('paused');
});
