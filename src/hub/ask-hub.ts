/** One question to the Hub's API: what its client fetches with, so that whatever goes wrong is one sentence. */
import { LabError } from '../lib/errors';
import { retryAfter } from '../lib/retry';
import { broken, busy, gated, noRepository, unexpected, unreachable, webPage } from './hub-errors';
import type { RepositoryKind } from './reference';

export interface Hub {
  /** e.g. `https://huggingface.co`; may have a path. */
  readonly url: string;
  readonly fetch: typeof fetch;
}

const ANSWER_MS = 30_000;

export const hostOf = (hub: Hub): string => new URL(hub.url).host;

/** Hub's access tokens, and nothing that could break a header. */
export function checkToken(token: string | null): string | null {
  const trimmed = token?.trim() ?? '';
  if (trimmed === '') return null;
  if (/^hf_\w+$/.test(trimmed)) return trimmed;
  throw new LabError(
    'gated',
    'This is no access token of the Hub: they begin with hf_.',
    'Copy it again from huggingface.co, Settings, Access Tokens. It was not sent and not stored.',
  );
}

/**
 * A `fetch` for questions about one repository.
 * @param withToken the token's owner asks
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
    // The next page of a list is where the answer says; the token goes to the Hub only.
    if (url.origin !== new URL(hub.url).origin) throw unexpected(host, 'its list goes on at another address');
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
  // To a stranger the Hub does not say whether a private repository exists.
  if (status === 404 || (status === 401 && !withToken)) return noRepository(kind, repository, withToken);
  if (status === 401 || status === 403) return gated(repository, withToken);
  if (status === 429) return busy(host, retryAfter(headers, Date.now()));
  return broken(host, status);
}
