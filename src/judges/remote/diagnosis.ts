/** Why no answer came: the browser tells a page no more than that it failed, so the server is asked in ways that tell more. */
import * as v from 'valibot';
import type { LabError } from '../../lib/errors';
import { placeOf } from '../../recipe/judges/remote-address';
import { headersOf } from './access';
import { mixedContent, notAllowed, notPermitted, offline, unreachable } from './errors';
import type { RemoteServer } from './exchange';

const PROBE_MS = 5000;

/** @throws the signal's reason when it is aborted */
export async function diagnose(server: RemoteServer, signal: AbortSignal, cause: unknown): Promise<LabError> {
  const { address, access, page } = server;
  const { host, place } = address;
  // Chrome lets a page of the internet reach the own network only where the reader has allowed it.
  const asks = place !== 'far' && placeOf(page.hostname) !== 'here';
  if (blocked(server)) return mixedContent(address, cause);
  if (await answers(server, { mode: 'no-cors' }, signal)) {
    const readable = await answers(server, { mode: 'cors' }, signal);
    const headers = ['content-type', ...Object.keys(headersOf(access)).map((name) => name.toLowerCase())];
    return notAllowed(address, page.origin, readable ? headers : [], cause);
  }
  if (asks && (await forbidden())) return notPermitted(address, cause);
  // For pages by https all of http is mixed content but this machine and, once the reader has allowed it, the own network.
  if (asks && page.protocol === 'https:' && address.base.startsWith('http:') && place === 'near') {
    return mixedContent(address, cause);
  }
  return place === 'far' && !online() ? offline(host, cause) : unreachable(address, asks, cause);
}

/** http where the browser cannot know before it asks that it stays in the own network. */
function blocked({ address, page }: RemoteServer): boolean {
  if (page.protocol !== 'https:' || !address.base.startsWith('http:') || address.place === 'here') return false;
  const { hostname } = new URL(address.base);
  return !/^[\d.]+$|^\[|\.local$/.test(hostname);
}

/** Without a key, a header or a question: whether anything comes back. */
async function answers({ address, fetch }: RemoteServer, init: RequestInit, signal: AbortSignal): Promise<boolean> {
  try {
    const response = await fetch(`${address.base}/models`, {
      ...init,
      signal: AbortSignal.any([signal, AbortSignal.timeout(PROBE_MS)]),
      credentials: 'omit',
      cache: 'no-store',
      referrerPolicy: 'no-referrer',
    });
    response.body?.cancel().catch(() => {});
    return true;
  } catch {
    signal.throwIfAborted();
    return false;
  }
}

const online = (): boolean => typeof navigator === 'undefined' || navigator.onLine !== false;

const StatusSchema = v.object({ state: v.string() });

/** The reader, or the browser, has said no. */
async function forbidden(): Promise<boolean> {
  const permissions = globalThis.navigator?.permissions;
  if (permissions === undefined) return false;
  // Not among the names of TypeScript's library; a browser that does not know one either rejects.
  for (const name of ['local-network-access', 'local-network', 'loopback-network']) {
    const status: unknown = await Promise.resolve(Reflect.apply(permissions.query, permissions, [{ name }])).catch(
      () => null,
    );
    const parsed = v.safeParse(StatusSchema, status);
    if (parsed.success && parsed.output.state === 'denied') return true;
  }
  return false;
}
