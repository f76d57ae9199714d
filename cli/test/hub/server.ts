/**
 * A Hub on this machine, for tests: its API and files as huggingface.co gives them to a page of another origin, large files by a
 * redirect to a second host. Each test has a Hub of its own below `/hubs/<id>`, and says how its answers go wrong.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { root } from '../../root';
import { bodyOf, close, drained, listen, port } from '../local-server';

/** How one answer with a file's bytes goes wrong. */
export interface Fault {
  /** The connection breaks after so many bytes of this answer. */
  readonly cut?: number;
  /** Nothing more comes after so many bytes. */
  readonly stall?: number;
  /** The whole file, whatever range was asked for. */
  readonly ignoreRange?: boolean;
  readonly etag?: string;
  /** A page of HTML, with status 200. */
  readonly html?: boolean;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** This byte of the file is another. */
  readonly flip?: number;
  /** What Content-Length says instead. */
  readonly length?: number;
  /** So many bytes too many. */
  readonly extra?: number;
  /** Milliseconds before each 64 KiB. */
  readonly slow?: number;
}

/** What a test's Hub holds: one repository. */
export interface HubScript {
  readonly repository: string;
  readonly gated?: boolean;
  /** By path: a file of the same path in a folder below public/models, a path below e2e/golden/judges, a text, or made-up bytes of a size. */
  readonly files: Readonly<
    Record<
      string,
      { readonly from: string } | { readonly golden: string } | { readonly size: number } | { readonly text: string }
    >
  >;
  /** As its config.json says it to the Hub; absent where the Hub does not know. */
  readonly architecture?: string;
  /** Those that the second host gives, as the Hub does with large ones. */
  readonly large?: readonly string[];
  /** By file: of its first answer, its second, …; then all is well. */
  readonly faults?: Readonly<Record<string, readonly Fault[]>>;
  /** Pages may send If-Range. The Hub's own large-file host did not allow it. */
  readonly allowIfRange?: boolean;
  /** Of the whole Hub: its API too. */
  readonly down?: boolean;
}

/** A request as it came. */
export interface SeenRequest {
  readonly host: 'hub' | 'files';
  readonly path: string;
  readonly range: string | null;
  readonly ifRange: string | null;
  readonly authorization: string | null;
}

interface TestHub {
  script: HubScript;
  readonly answers: Map<string, number>;
  readonly seen: SeenRequest[];
}

export const REVISION = '12fd25f77366fa6b3b4b768ec3050bf629380bac';
const TOKEN = 'Bearer hf_right';

export async function startHub(): Promise<{ readonly url: string; close(): Promise<void> }> {
  const hubs = new Map<string, TestHub>();
  const files = await listen(createServer((request, response) => void answer(request, response, 'files')));
  const hub = await listen(createServer((request, response) => void answer(request, response, 'hub')));
  const url = `http://127.0.0.1:${port(hub)}`;

  async function answer(request: IncomingMessage, response: ServerResponse, host: SeenRequest['host']): Promise<void> {
    const [, , id = '', ...rest] = new URL(request.url ?? '/', url).pathname.split('/').map(decodeURIComponent);
    response.setHeader('access-control-allow-origin', '*');
    if (request.method === 'PUT') {
      // A test opens its Hub, or changes it.
      const script: HubScript = JSON.parse(await bodyOf(request));
      hubs.set(id, { script, answers: new Map(), seen: hubs.get(id)?.seen ?? [] });
      response.end();
      return;
    }
    const found = hubs.get(id);
    if (found === undefined) {
      preflight(response, true);
      return;
    }
    if (request.method === 'OPTIONS') {
      preflight(response, host === 'hub' || found.script.allowIfRange === true);
      return;
    }
    const path = rest.join('/');
    if (path === 'seen') {
      response.end(JSON.stringify(found.seen));
      return;
    }
    const header = (name: string) => request.headers[name]?.toString() ?? null;
    found.seen.push({
      host,
      path,
      range: header('range'),
      ifRange: header('if-range'),
      authorization: header('authorization'),
    });
    if (found.script.down) response.destroy();
    else if (host === 'files') await sendFile(found, path, request, response);
    else await answerHub(found, id, rest, request, response);
  }

  async function answerHub(
    found: TestHub,
    id: string,
    [first = '', ...rest]: readonly string[],
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    response.setHeader(
      'access-control-expose-headers',
      'ETag,Link,Accept-Ranges,Content-Range,X-Error-Code,X-Linked-Size,X-Linked-ETag',
    );
    const { script } = found;
    const allowed = script.gated !== true || request.headers.authorization === TOKEN;
    const path = [first, ...rest].join('/');
    if (path.startsWith(`api/models/${script.repository}/revision/`)) {
      const info = {
        _id: '1',
        id: script.repository,
        sha: REVISION,
        gated: script.gated ? 'manual' : false,
        tags: ['license:mit'],
      };
      const config = script.architecture === undefined ? {} : { config: { architectures: [script.architecture] } };
      json(response, { ...info, ...config, lastModified: '2025-01-01T00:00:00.000Z' });
    } else if (path.startsWith(`api/models/${script.repository}/tree/${REVISION}`)) {
      json(response, treeOf(script, rest.slice(rest.indexOf(REVISION) + 1).join('/')));
    } else if (path.startsWith(`${script.repository}/resolve/${REVISION}/`)) {
      const name = rest.slice(rest.indexOf(REVISION) + 1).join('/');
      if (!allowed) {
        response.writeHead(request.headers.authorization ? 403 : 401, { 'x-error-code': 'GatedRepo' }).end();
      } else if (script.large?.includes(name)) {
        const location = `http://localhost:${port(files)}/hubs/${id}/${encodeURIComponent(name)}`;
        response.writeHead(302, { location }).end();
      } else await sendFile(found, name, request, response);
    } else response.writeHead(404, { 'x-error-code': 'RepoNotFound' }).end();
  }

  return {
    url,
    async close() {
      await Promise.all([hub, files].map(close));
    },
  };
}

async function sendFile(
  found: TestHub,
  name: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const turn = found.answers.get(name) ?? 0;
  found.answers.set(name, turn + 1);
  const fault = found.script.faults?.[name]?.[turn] ?? {};
  response.setHeader(
    'access-control-expose-headers',
    'Accept-Ranges, Content-Range, Content-Type, Content-Disposition, ETag, X-Cache',
  );
  if (fault.status !== undefined) {
    response.writeHead(fault.status, fault.headers).end();
    return;
  }
  if (fault.html) {
    response
      .writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
      .end('<!doctype html><title>Log in</title>');
    return;
  }
  const stored = contentOf(found.script, name);
  if (stored === null) {
    response.writeHead(404, { 'x-error-code': 'EntryNotFound' }).end();
    return;
  }
  const whole = Buffer.concat([stored, Buffer.alloc(fault.extra ?? 0)]);
  if (fault.flip !== undefined) whole[fault.flip] = (whole[fault.flip] ?? 0) ^ 1;
  const etag = fault.etag ?? `"${hash(stored)}"`;
  const [, from = '', to = ''] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
  const asked = from !== '' && !fault.ignoreRange && (request.headers['if-range'] ?? etag) === etag;
  if (asked && Number(from) >= whole.length) {
    response.writeHead(416, { 'content-range': `bytes */${whole.length}` }).end();
    return;
  }
  const first = asked ? Number(from) : 0;
  const last = asked && to !== '' ? Number(to) : whole.length - 1;
  const body = whole.subarray(first, last + 1);
  response.writeHead(asked ? 206 : 200, {
    'content-type': 'application/octet-stream',
    'content-length': fault.length ?? body.length,
    etag,
    ...(asked && { 'content-range': `bytes ${first}-${last}/${whole.length}` }),
  });
  const end = Math.min(fault.cut ?? body.length, fault.stall ?? body.length, body.length);
  for (let at = 0; at < end; at += 65_536) {
    if (fault.slow !== undefined) await sleep(fault.slow);
    if (response.destroyed) return;
    if (!response.write(body.subarray(at, Math.min(end, at + 65_536)))) await drained(response);
  }
  if (fault.stall !== undefined) return;
  if (fault.cut !== undefined) {
    // What was written has come before the connection breaks, also on a busy machine.
    await sleep(400);
    response.destroy();
  } else response.end();
}

function preflight(response: ServerResponse, withIfRange: boolean): void {
  const headers = ['authorization', 'range', ...(withIfRange ? ['if-range'] : [])].join(', ');
  response
    .writeHead(204, { 'access-control-allow-headers': headers, 'access-control-allow-methods': 'GET, PUT' })
    .end();
}

function json(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(value));
}

/** The files and folders of a folder. */
function treeOf(script: HubScript, folder: string): unknown[] {
  const inside = Object.keys(script.files).filter((path) => path.startsWith(folder === '' ? '' : `${folder}/`));
  const below = (path: string) => path.slice(folder === '' ? 0 : folder.length + 1);
  const folders = new Set(inside.filter((path) => below(path).includes('/')).map((path) => below(path).split('/')[0]));
  return [
    ...[...folders].map((path) => ({ type: 'directory', path, size: 0, oid: 'ab'.repeat(20) })),
    ...inside.filter((path) => !below(path).includes('/')).map((path) => treeEntry(script, path)),
  ];
}

function treeEntry(script: HubScript, name: string): unknown {
  const content = contentOf(script, name) ?? Buffer.alloc(0);
  const entry = {
    type: 'file',
    path: name,
    size: content.length,
    oid: createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex'),
  };
  return script.large?.includes(name)
    ? { ...entry, lfs: { oid: hash(content), size: content.length, pointerSize: 134 } }
    : entry;
}

function contentOf({ files }: HubScript, name: string): Buffer | null {
  const file = files[name];
  if (file === undefined) return null;
  if ('text' in file) return Buffer.from(file.text);
  if ('size' in file) return Buffer.from(Uint8Array.from({ length: file.size }, (_, i) => (i * 2654435761) >>> 13));
  const path =
    'golden' in file
      ? join(root, 'e2e', 'golden', 'judges', file.golden)
      : join(root, 'public', 'models', file.from, name);
  return existsSync(path) ? readFileSync(path) : null;
}

const hash = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
