/**
 * An OpenAI-compatible server for tests. Each test has its own judge below `/judges/<id>`, with the base address
 * `<url>/judges/<id>/v1`, and scripts its answers and faults. A second server records what is sent after a redirect.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { bodyOf, close, drained, listen, port } from '../local-server';

/** One answer to a question, or its fault. */
export interface JudgeAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text of the reply; `[[7]]` by default. */
  readonly text?: string;
  readonly finish?: string;
  /** Sent as they are. */
  readonly usage?: unknown;
  readonly logprobs?: unknown;
  /** Sent instead of a completion: as JSON, or as it is. */
  readonly json?: unknown;
  readonly body?: string;
  readonly type?: string;
  /** The connection breaks after this many bytes; 0: before the headers. */
  readonly cut?: number;
  /** Nothing more is sent after this many bytes. */
  readonly hang?: number;
  /** Milliseconds before the answer begins. */
  readonly slow?: number;
  /** This many bytes are appended, one MiB at a time. */
  readonly huge?: number;
  readonly redirect?: 'same' | 'other';
}

export interface JudgeScript {
  /** The key that the server requires. */
  readonly key?: string;
  /** Null if the server does not list its models. */
  readonly models?: readonly string[] | null;
  /** The answer to a request for the list of models. */
  readonly list?: JudgeAnswer;
  /** The answers in order; the last one is repeated. Without any, every answer is a good one. */
  readonly answers?: readonly JudgeAnswer[];
  /** A question with one of these fields is answered with status 400. */
  readonly refuses?: readonly string[];
  /** Limits pages of other origins: `none` may not read answers, `read` may not send questions. */
  readonly cors?: 'none' | 'read';
  /** Milliseconds before every answer. */
  readonly slow?: number;
}

/** A request that was received. */
export interface SeenQuestion {
  readonly host: 'judge' | 'elsewhere';
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Null if it is not JSON. */
  readonly body: Readonly<Record<string, unknown>> | null;
}

interface TestJudge {
  script: JudgeScript;
  answered: number;
  readonly seen: SeenQuestion[];
  underWay: number;
  /** Largest number of calls at once. */
  most: number;
}

export interface Traffic {
  readonly seen: readonly SeenQuestion[];
  readonly most: number;
}

export async function startJudge(): Promise<{ readonly url: string; close(): Promise<void> }> {
  const judges = new Map<string, TestJudge>();
  const judge = await listen(createServer((request, response) => void answer(request, response, 'judge')));
  const elsewhere = await listen(createServer((request, response) => void answer(request, response, 'elsewhere')));
  const url = `http://127.0.0.1:${port(judge)}`;

  async function answer(
    request: IncomingMessage,
    response: ServerResponse,
    host: SeenQuestion['host'],
  ): Promise<void> {
    const [, , id = '', ...rest] = new URL(request.url ?? '/', url).pathname.split('/').map(decodeURIComponent);
    const path = `/${rest.join('/')}`;
    const method = request.method ?? '';
    const text = await bodyOf(request);
    if (path === '/script') {
      allowAll(response);
      if (method === 'PUT') judges.set(id, { script: JSON.parse(text), answered: 0, seen: [], underWay: 0, most: 0 });
      response.end();
      return;
    }
    const found = judges.get(id);
    if (path === '/traffic') {
      allowAll(response);
      const traffic: Traffic = { seen: found?.seen ?? [], most: found?.most ?? 0 };
      response.end(JSON.stringify(traffic));
      return;
    }
    if (found === undefined) {
      response.writeHead(404).end('not found');
      return;
    }
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
    found.seen.push({ host, method, path, headers, body: parsed(text) });
    const { cors } = found.script;
    if (cors !== 'none') response.setHeader('access-control-allow-origin', '*');
    if (method === 'OPTIONS') {
      if (cors === undefined) allowAll(response);
      response.writeHead(cors === undefined ? 204 : 403).end();
      return;
    }
    found.underWay += 1;
    found.most = Math.max(found.most, found.underWay);
    response.once('close', () => {
      found.underWay -= 1;
    });
    await sleep(found.script.slow ?? 0);
    if (found.script.key !== undefined && headers.authorization !== `Bearer ${found.script.key}`) {
      // Repeats the key, as OpenAI does.
      const message = `Incorrect API key provided: ${headers.authorization ?? 'none'}.`;
      json(response, 401, { error: { message, code: 'invalid_api_key' } });
    } else if (path === '/v1/models') {
      const { models = ['judge'], list } = found.script;
      if (list !== undefined) await send(response, list, '', id);
      else if (models === null) response.writeHead(404).end('not found');
      else json(response, 200, { object: 'list', data: models.map((name) => ({ id: name, object: 'model' })) });
    } else if (path === '/v1/chat/completions') {
      await complete(found, text, response, id);
    } else response.writeHead(404).end('not found');
  }

  async function complete(found: TestJudge, text: string, response: ServerResponse, id: string): Promise<void> {
    const { script } = found;
    const question: Record<string, unknown> = JSON.parse(text);
    const refused = script.refuses?.find((field) => field in question);
    if (refused !== undefined) {
      json(response, 400, {
        error: {
          message: `Unsupported parameter: '${refused}'. Use 'max_completion_tokens'.`.slice(
            0,
            refused === 'max_tokens' ? undefined : 35 + refused.length,
          ),
          code: null,
        },
      });
      return;
    }
    const { models } = script;
    if (models && !models.includes(String(question.model))) {
      json(response, 404, {
        error: { message: `The model '${question.model}' does not exist`, code: 'model_not_found' },
      });
      return;
    }
    const turn = found.answered++;
    await send(response, script.answers?.[turn] ?? script.answers?.at(-1) ?? {}, text, id);
  }

  async function send(response: ServerResponse, how: JudgeAnswer, question: string, id: string): Promise<void> {
    await sleep(how.slow ?? 0);
    if (how.redirect !== undefined) {
      const to = how.redirect === 'same' ? url : `http://localhost:${port(elsewhere)}`;
      response.writeHead(307, { location: `${to}/judges/${id}/v1/chat/completions` }).end();
      return;
    }
    const { text = '[[7]]', finish = 'stop', status = 200 } = how;
    const usage = { prompt_tokens: Math.ceil(question.length / 4), completion_tokens: 5 };
    const completion = {
      id: 'chatcmpl-1',
      object: 'chat.completion',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: text },
          finish_reason: finish,
          ...('logprobs' in how && { logprobs: how.logprobs }),
        },
      ],
      usage: 'usage' in how ? how.usage : usage,
    };
    const body = Buffer.from(
      how.body ??
        JSON.stringify(
          'json' in how ? how.json : status < 300 ? completion : { error: { message: 'no', code: status } },
        ),
    );
    if (how.cut === 0) {
      response.destroy();
      return;
    }
    response.writeHead(status, { 'content-type': how.type ?? 'application/json', ...how.headers });
    const end = Math.min(how.cut ?? body.length, how.hang ?? body.length);
    response.write(body.subarray(0, end));
    for (let sent = 0; sent < (how.huge ?? 0) && !response.destroyed; sent += 2 ** 20) {
      if (!response.write(Buffer.alloc(2 ** 20, 32))) await drained(response);
    }
    if (how.hang !== undefined) return;
    if (how.cut === undefined) response.end();
    else {
      await sleep(100);
      response.destroy();
    }
  }

  return {
    url,
    async close() {
      await Promise.all([judge, elsewhere].map(close));
    },
  };
}

function allowAll(response: ServerResponse): void {
  response.setHeader('access-control-allow-origin', '*');
  response.setHeader('access-control-allow-methods', 'GET, POST, PUT');
  response.setHeader('access-control-allow-headers', 'authorization, content-type, http-referer, x-title');
}

function json(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

function parsed(text: string): SeenQuestion['body'] {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
