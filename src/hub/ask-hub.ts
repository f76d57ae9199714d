/** Requests to the Hub's API. The Hub's client is given a `fetch` that turns every failure into a LabError. */
import { LabError } from '../lib/errors';
import { retryAfter } from '../lib/retry';
import { broken, busy, gated, noRepository, unexpected, unreachable, webPage } from './hub-errors';
import type { RepositoryKind } from './reference';

export interface Hub {
  /** For example `https://huggingface.co`. May have a path. */
  readonly url: string;
  readonly fetch: typeof fetch;
}

const ANSWER_MS = 30_000;

export const hostOf = (hub: Hub): string => new URL(hub.url).host;

/** Accepts access tokens of the Hub, and nothing else, because the token becomes part of a header. */
export function checkToken(token: string | null): string | null {
  const trimmed = token?.trim() ?? '';
  if (trimmed === '') return null;
  if (/^hf_\w+$/.test(trimmed)) return trimmed;
  throw new LabError(
    'gated',
    'This is not an access token of the Hub: those begin with hf_.',
    'Copy it again from huggingface.co, Settings, Access Tokens. It was not sent and not stored.',
  );
}

/**
 * A `fetch` for requests about one repository.
 * @param withToken whether the requests carry an access token
 * @throws LabError gated, hub-unreachable, hub-failed, not-found
 */
export function askAbout(
  hub: Hub,
  repository: string,
  withToken: boolean,
  kind: RepositoryKind = 'model',
): typeof fetch {
  const host = hostOf(hub);
  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    // A response names the address of the next page of a list. The token must not be sent to another host.
    if (url.origin !== new URL(hub.url).origin) throw unexpected(host, 'its list continues at another address');
    const { fetch } = hub;
    const response = await fetch(input, { ...init, signal: AbortSignal.timeout(ANSWER_MS) }).catch(
      (cause: unknown) => {
        throw unreachable(host, cause);
      },
    );
    if (!response.ok) throw refusal(host, kind, repository, withToken, response);
    const type = response.headers.get('content-type') ?? '';
    if (type.startsWith('text/html')) throw webPage(host, 'a list');
    return response;
  };
}

function refusal(
  host: string,
  kind: RepositoryKind,
  repository: string,
  withToken: boolean,
  { status, headers }: Response,
): LabError {
  const code = headers.get('x-error-code');
  if (code === 'GatedRepo') return gated(repository, withToken);
  if (code === 'RevisionNotFound') {
    return new LabError(
      'not-found',
      `${repository} has no such revision.`,
      'Name a branch, a tag or a commit that it has, or none.',
    );
  }
  // Without a token the Hub does not reveal whether a private repository exists.
  if (status === 404 || (status === 401 && !withToken)) return noRepository(kind, repository, withToken);
  if (status === 401 || status === 403) return gated(repository, withToken);
  if (status === 429) return busy(host, retryAfter(headers, Date.now()));
  return broken(host, status);
}
