/** One request to a server and its answer, which is read up to a limit. */
import type { RemoteAddress } from '../../recipe/judges/remote-address';
import type { RemoteAccess } from '../../records/judges';
import { headersOf } from './access';
import { unexpected } from './errors';

export interface RemoteServer {
  readonly address: RemoteAddress;
  readonly access: RemoteAccess;
  readonly fetch: typeof fetch;
  /** URL of this page. */
  readonly page: URL;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** `redirect`: the browser does not give the page the target. `nonsense`: neither JSON nor a web page. */
  readonly kind: 'json' | 'html' | 'redirect' | 'nonsense';
  /** The parsed body if `kind` is `json`; else undefined. */
  readonly body: unknown;
}

/** The request failed before any answer, and the browser does not say why. */
export class NoAnswer extends Error {}

/** The connection broke in the middle of the answer. */
export class Cut extends Error {}

/**
 * @param body posted as JSON; null for a GET request
 * @param mostBytes longest answer
 * @throws NoAnswer, Cut, LabError judge-failed; the signal's reason when it is aborted
 */
export async function exchange(
  { address, access, fetch }: RemoteServer,
  path: string,
  body: unknown,
  mostBytes: number,
  signal: AbortSignal,
): Promise<Answer> {
  const tooMuch = new AbortController();
  const response = await fetch(`${address.base}${path}`, {
    ...(body !== null && { method: 'POST', body: JSON.stringify(body) }),
    headers: { ...headersOf(access), ...(body !== null && { 'content-type': 'application/json' }) },
    signal: AbortSignal.any([signal, tooMuch.signal]),
    // On a redirect to another host a browser removes the authorization header, but not the user's own headers.
    redirect: 'manual',
    credentials: 'omit',
    cache: 'no-store',
    referrerPolicy: 'no-referrer',
  }).catch((cause: unknown) => {
    signal.throwIfAborted();
    throw new NoAnswer('', { cause });
  });
  const { status, headers } = response;
  if (response.type === 'opaqueredirect' || (status >= 300 && status < 400)) {
    tooMuch.abort();
    return { status, headers, kind: 'redirect', body: undefined };
  }
  const bytes = await bytesOf(response, mostBytes).catch((cause: unknown) => {
    signal.throwIfAborted();
    throw new Cut('', { cause });
  });
  if (bytes === null) {
    tooMuch.abort();
    throw unexpected(address.host, `it is larger than ${Math.round(mostBytes / 2 ** 20)} MiB`);
  }
  const text = new TextDecoder().decode(bytes);
  try {
    // The content type is ignored: servers behind proxies send text/plain or none.
    return { status, headers, kind: 'json', body: JSON.parse(text) };
  } catch {
    const html = headers.get('content-type')?.startsWith('text/html') || /^\s*<(?:!doctype|html)/i.test(text);
    return { status, headers, kind: html ? 'html' : 'nonsense', body: undefined };
  }
}

/** Null if there are more bytes. */
async function bytesOf(response: Response, mostBytes: number): Promise<Uint8Array | null> {
  const whole = new Uint8Array(new ArrayBuffer(0, { maxByteLength: mostBytes }));
  const reader = (response.body ?? new Blob().stream()).getReader();
  for (let length = 0; ; ) {
    const { done, value } = await reader.read();
    if (done) return whole.slice();
    if (length + value.length > mostBytes) return null;
    whole.buffer.resize(length + value.length);
    whole.set(value, length);
    length += value.length;
  }
}
