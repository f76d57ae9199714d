/** The failures of the Hub as LabErrors. No message contains a token. */
import { LabError } from '../lib/errors';
import type { RepositoryKind } from './reference';

export const KEPT = 'What was downloaded is kept: continue later, from where it stopped.';

export function unreachable(host: string, cause?: unknown): LabError {
  return new LabError(
    'hub-unreachable',
    `${host} cannot be reached.`,
    `Check the connection, then try again. ${KEPT} Stored data needs no connection.`,
    { cause },
  );
}

export function gated(repository: string, withToken: boolean): LabError {
  return withToken
    ? new LabError(
        'gated',
        `The access token may not read ${repository}.`,
        'Accept its terms on its page with the same account, and allow the token to read gated repositories. ' +
          'The token was not stored.',
      )
    : new LabError(
        'gated',
        `${repository} is gated: only users who accepted its terms can download its files.`,
        'Accept them on its page on the Hub, then come back with an access token of that account ' +
          '(huggingface.co, Settings, Access Tokens, type Read).',
      );
}

export function noRepository(kind: RepositoryKind, repository: string, withToken: boolean): LabError {
  return new LabError(
    'not-found',
    `The Hub has no ${kind} ${repository}${withToken ? ' that this access token may see' : ''}.`,
    `Check the name${withToken ? '' : '; a private one needs an access token'}.`,
  );
}

/** @param seconds that the Hub asks to wait, if it says so */
export function busy(host: string, seconds: number | null): LabError {
  const wait =
    seconds === null
      ? 'a few minutes'
      : seconds < 90
        ? `${Math.ceil(seconds)} seconds`
        : `${Math.ceil(seconds / 60)} minutes`;
  return new LabError(
    'hub-failed',
    `${host} reports too many requests from this address.`,
    `Wait ${wait}, then try again. ${KEPT}`,
  );
}

export function broken(host: string, status: number): LabError {
  return new LabError('hub-failed', `${host} answers with an error (status ${status}).`, `Try again later. ${KEPT}`);
}

/** HTML instead of data: a log-in page of the network, a proxy, or another site under this name. */
export function webPage(host: string, what: string): LabError {
  return new LabError(
    'hub-failed',
    `${host} sent a web page instead of ${what}.`,
    'This is most likely a log-in page of your network or a proxy: open the Hub in another tab, then try again.',
  );
}

export function unexpected(host: string, what: string): LabError {
  return new LabError(
    'hub-failed',
    `${host} gave an unexpected answer: ${what}.`,
    'Try again later. Nothing that was stored is lost.',
  );
}
