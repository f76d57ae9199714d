/**
 * Finds out why no answer came. The browser only reports that a request failed, so the server is probed with
 * requests whose outcome says more.
 */
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
  // Chrome lets a page from the internet reach the local network only with the user's permission.
  const asks = place !== 'far' && placeOf(page.hostname) !== 'here';
  if (isBlocked(server)) return mixedContent(address, cause);
  if (await answers(server, { mode: 'no-cors' }, signal)) {
    const readable = await answers(server, { mode: 'cors' }, signal);
    const headers = ['content-type', ...Object.keys(headersOf(access)).map((name) => name.toLowerCase())];
    return notAllowed(address, page.origin, readable ? headers : [], cause);
  }
  if (asks && (await isDenied())) return notPermitted(address, cause);
  // For a page over https, any http address is mixed content, except this machine and, with permission, the local
  // network.
  if (asks && page.protocol === 'https:' && address.base.startsWith('http:') && place === 'near') {
    return mixedContent(address, cause);
  }
  return place === 'far' && !isOnline() ? offline(host, cause) : unreachable(address, asks, cause);
}

/**
 * Whether the browser blocks http, because it cannot know from the address that the server is in the local network.
 */
function isBlocked({ address, page }: RemoteServer): boolean {
  if (page.protocol !== 'https:' || !address.base.startsWith('http:') || address.place === 'here') return false;
  const { hostname } = new URL(address.base);
  return !/^[\d.]+$|^\[|\.local$/.test(hostname);
}

/** Whether the server answers at all. Sends no key, no headers and no question. */
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

const isOnline = (): boolean => typeof navigator === 'undefined' || navigator.onLine !== false;

const StatusSchema = v.object({ state: v.string() });

/** Whether the user or the browser has denied access to the local network. */
async function isDenied(): Promise<boolean> {
  const permissions = globalThis.navigator?.permissions;
  if (permissions === undefined) return false;
  // TypeScript's library does not know these names. A browser that does not know one rejects.
  for (const name of ['local-network-access', 'local-network', 'loopback-network']) {
    const status: unknown = await Promise.resolve(Reflect.apply(permissions.query, permissions, [{ name }])).catch(
      () => null,
    );
    const parsed = v.safeParse(StatusSchema, status);
    if (parsed.success && parsed.output.state === 'denied') return true;
  }
  return false;
}
