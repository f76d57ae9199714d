/** One request and its answer, of which no more is read than it may have. */
import type { RemoteAddress } from '../../recipe/judges/remote-address';
import type { RemoteAccess } from '../../records/judges';
import { headersOf } from './access';
import { unexpected } from './errors';

export interface RemoteServer {
  readonly address: RemoteAddress;
  readonly access: RemoteAccess;
  readonly fetch: typeof fetch;
  /** Where this page came from. */
  readonly page: URL;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** `redirect`: where to, a page is not told. `nonsense`: neither JSON nor a web page. */
  readonly kind: 'json' | 'html' | 'redirect' | 'nonsense';
  /** Of `json`. */
  readonly body: unknown;
}

/** No answer came, and the browser does not say why. */
export class NoAnswer extends Error {}

/** The answer broke off. */
export class Cut extends Error {}

/**
 * @param question JSON to post; null: asks without one
 * @param most bytes of the answer
 * @throws NoAnswer, Cut, LabError judge-failed; the signal's reason when it is aborted
 */
export async function exchange(
  { address, access, fetch }: RemoteServer,
  path: string,
  question: unknown,
  most: number,
  signal: AbortSignal,
): Promise<Answer> {
  const tooMuch = new AbortController();
  const response = await fetch(`${address.base}${path}`, {
    ...(question !== null && { method: 'POST', body: JSON.stringify(question) }),
    headers: { ...headersOf(access), ...(question !== null && { 'content-type': 'application/json' }) },
    signal: AbortSignal.any([signal, tooMuch.signal]),
    // A browser takes the key off where an answer leads to another host, but not a header of the reader's own.
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
  const bytes = await bodyOf(response, most).catch((cause: unknown) => {
    signal.throwIfAborted();
    throw new Cut('', { cause });
  });
  if (bytes === null) {
    tooMuch.abort();
    throw unexpected(address.host, `its answer is larger than ${Math.round(most / 2 ** 20)} MiB`);
  }
  const text = new TextDecoder().decode(bytes);
  try {
    // Whatever it says it is: servers behind proxies say text/plain or nothing.
    return { status, headers, kind: 'json', body: JSON.parse(text) };
  } catch {
    const html = headers.get('content-type')?.startsWith('text/html') || /^\s*<(?:!doctype|html)/i.test(text);
    return { status, headers, kind: html ? 'html' : 'nonsense', body: undefined };
  }
}

/** null where it is more. */
async function bodyOf(response: Response, most: number): Promise<Uint8Array | null> {
  const whole = new Uint8Array(new ArrayBuffer(0, { maxByteLength: most }));
  const reader = (response.body ?? new Blob().stream()).getReader();
  for (let length = 0; ; ) {
    const { done, value } = await reader.read();
    if (done) return whole.slice();
    if (length + value.length > most) return null;
    whole.buffer.resize(length + value.length);
    whole.set(value, length);
    length += value.length;
  }
}
