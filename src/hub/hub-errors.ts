/** What the Hub's answers mean, as sentences. None of them holds a token. */
import { LabError } from '../lib/errors';
import type { RepositoryKind } from './reference';

export const KEPT = 'What has come is kept: go on later, from where it stopped.';

export function unreachable(host: string, cause?: unknown): LabError {
  return new LabError(
    'hub-unreachable',
    `${host} cannot be reached.`,
    `Check the connection, then try again. ${KEPT} What is stored here needs no connection.`,
    { cause },
  );
}

export function gated(repository: string, withToken: boolean): LabError {
  return withToken
    ? new LabError(
        'gated',
        `The access token may not read ${repository}.`,
        'Accept its terms on its page with the same account, and give the token the right to read gated repositories. The token was not stored.',
      )
    : new LabError(
        'gated',
        `${repository} is gated: its files are given only to who accepted its terms.`,
        'Accept them on its page of the Hub, then come back with an access token of that account (huggingface.co, Settings, Access Tokens, type Read).',
      );
}

export function noRepository(kind: RepositoryKind, repository: string, withToken: boolean): LabError {
  return new LabError(
    'not-found',
    `The Hub has no ${kind} ${repository}${withToken ? ' that this access token may see' : ''}.`,
    `Check the name${withToken ? '' : '; a private one needs an access token'}.`,
  );
}

/** @param seconds that the Hub asks to wait, where it says so */
export function busy(host: string, seconds: number | null): LabError {
  const wait =
    seconds === null
      ? 'a few minutes'
      : seconds < 90
        ? `${Math.ceil(seconds)} seconds`
        : `${Math.ceil(seconds / 60)} minutes`;
  return new LabError(
    'hub-failed',
    `${host} gets too many requests from here.`,
    `Wait ${wait}, then try again. ${KEPT}`,
  );
}

export function broken(host: string, status: number): LabError {
  return new LabError('hub-failed', `${host} answers with an error (status ${status}).`, `Try again later. ${KEPT}`);
}

/** A page of HTML where data was asked for: a log-in page of the network, a proxy, or another site under this name. */
export function webPage(host: string, what: string): LabError {
  return new LabError(
    'hub-failed',
    `Instead of ${what} a web page came from ${host}.`,
    'A log-in page of this network or a proxy most likely stands between: open the Hub in another tab, then try again.',
  );
}

export function unexpected(host: string, what: string): LabError {
  return new LabError(
    'hub-failed',
    `${host} answers otherwise than expected: ${what}.`,
    'Try again later. Nothing that was stored is lost.',
  );
}
