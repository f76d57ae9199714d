/**
 * The reasons why a server gave no verdict, as sentences that say what happened and what to do. None of them contains
 * a key.
 */
import { LabError } from '../../lib/errors';
import type { RemoteAddress } from '../../recipe/judges/remote-address';
import type { RemoteAccess } from '../../records/judges';
import { safeExcerpt } from './access';

const STORED = 'Everything judged so far is stored.';

const failed = (message: string, advice: string, cause?: unknown) =>
  new LabError('judge-failed', message, advice, { cause });

/** @param withKey whether a key was sent */
export function keyRefused(host: string, status: number, withKey: boolean): LabError {
  return withKey
    ? failed(
        `${host} refuses the key (status ${status}).`,
        'Check that the key belongs to this server, has not expired and may use this model. Then enter it again.',
      )
    : failed(
        `${host} asks for a key (status ${status}).`,
        'Enter it next to the judge’s address. The page forgets it when it is closed, unless you let it remember.',
      );
}

export const unpaid = (host: string): LabError =>
  failed(
    `${host} asks for payment (status 402).`,
    `Add credit to your account there, or raise the key’s own limit, then continue. ${STORED}`,
  );

/** Number of model names that a message lists. */
const LISTED = 12;
const LONGEST_NAME = 80;

/** @param offered null if the server does not list its models. @param access secrets to remove from the names */
export function noModel(
  host: string,
  model: string,
  offered: readonly string[] | null,
  access: RemoteAccess,
): LabError {
  const message = model === '' ? `No model of ${host} is named.` : `${host} has no model ${model}.`;
  if (offered === null) return failed(message, 'Check the name: it must be the one that the server itself uses.');
  if (offered.length === 0) return failed(message, 'The server offers no models. Load one there first.');
  const more = offered.length > LISTED ? `, and ${offered.length - LISTED} more` : '';
  const names = offered.slice(0, LISTED).map((name) => safeExcerpt(name, access, LONGEST_NAME));
  return failed(message, `It offers ${names.join(', ')}${more}. Choose one of them.`);
}

export const noServer = (host: string, base: string): LabError =>
  failed(
    `There is no OpenAI-compatible server at ${base}.`,
    `${host} answers, but not at this path. Most addresses end in /v1 (OpenRouter’s in /api/v1).`,
  );

/** @param seconds the pause that the server asks for, or null */
export function rateLimited(host: string, seconds: number | null): LabError {
  const wait =
    seconds === null
      ? 'a while'
      : seconds < 90
        ? `${Math.ceil(seconds)} seconds`
        : `${Math.ceil(seconds / 60)} minutes`;
  return failed(
    `${host} accepts no more requests for now (status 429).`,
    `Wait ${wait}, then continue. Fewer calls at once stay below its limit. ${STORED}`,
  );
}

export const broken = (host: string, status: number, serverMessage: string): LabError =>
  failed(
    `${host} answered with an error (status ${status})${quoted(serverMessage)}.`,
    `Look at the server’s own log, then continue. ${STORED}`,
  );

export const refused = (host: string, status: number, serverMessage: string): LabError =>
  failed(
    `${host} refuses the question (status ${status})${quoted(serverMessage)}.`,
    'Change what it objects to, such as the longest reply, or choose another model.',
  );

const quoted = (serverMessage: string) => (serverMessage === '' ? '' : `: ${serverMessage.replace(/[.…\s]+$/, '')}`);

/**
 * The reply to a question that the server will not answer. Brackets in the server's words are removed, so the reply
 * never contains a verdict.
 */
export const notAnswered = (host: string, status: number, serverMessage: string): string =>
  `(not answered: ${host} refuses the question, status ${status}${quoted(serverMessage).replace(/\[+|\]+/g, '')})`;

export const redirected = (host: string): LabError =>
  failed(
    `${host} redirects to another address. The page does not follow, because it would send the key there.`,
    'Enter the address that it redirects to: usually the same with https://, or without a slash at the end.',
  );

export const webPage = (host: string): LabError =>
  failed(
    `${host} answered with a web page instead of a reply.`,
    'Check the address: most end in /v1. A log-in page of a proxy or of the network may be in between.',
  );

/** @param fault a clause about the answer, such as `it is not JSON` */
export const unexpected = (host: string, fault: string, cause?: unknown): LabError =>
  failed(
    `${host} gave an unexpected answer: ${fault}.`,
    'Check that the address is that of an OpenAI-compatible server.',
    cause,
  );

export const silent = (host: string, seconds: number): LabError =>
  failed(
    `${host} gave no answer within ${seconds} seconds.`,
    'Check whether it is still computing. Fewer calls at once, a shorter reply or a smaller model take less time. ' +
      STORED,
  );

export const cut = (host: string, cause?: unknown): LabError =>
  failed(
    `The connection to ${host} broke before the answer was complete.`,
    `Check the connection and the server, then continue. ${STORED}`,
    cause,
  );

export const offline = (host: string, cause?: unknown): LabError =>
  failed(
    `${host} cannot be reached: this browser is offline.`,
    `Connect to the network, then continue. ${STORED}`,
    cause,
  );

/** @param asks whether Chrome asks for permission before a page like this one may reach such a server */
export function unreachable({ host, place }: RemoteAddress, asks: boolean, cause?: unknown): LabError {
  const start = place === 'far' ? 'Check the address and the connection' : 'Start the server and check its port';
  const ask = asks
    ? ' If Chrome asked whether this page may reach your network, allow it in the site’s settings.'
    : '';
  return failed(`${host} cannot be reached.`, `${start}, then try again.${ask}`, cause);
}

export const notPermitted = ({ host, place }: RemoteAddress, cause?: unknown): LabError =>
  failed(
    `Chrome does not let this page reach ${host} ${place === 'here' ? 'on this machine' : 'in your network'}.`,
    'Click the icon left of the page’s address, allow “Local network access” (or “Apps on device”), and try again.',
    cause,
  );

export const mixedContent = ({ host }: RemoteAddress, cause?: unknown): LabError =>
  failed(
    `The browser blocks http://${host}, because this page was loaded over https (mixed content).`,
    'Give the server https, run it on this machine (localhost is allowed), or serve this page yourself (npm start).',
    cause,
  );

/**
 * @param page the origin that the server has to allow
 * @param headers the headers that the server does not accept from pages. Empty if pages may not read its answers at
 * all
 */
export function notAllowed(
  { host }: RemoteAddress,
  page: string,
  headers: readonly string[],
  cause?: unknown,
): LabError {
  const named = `${headers.length === 1 ? 'header' : 'headers'} ${headers.join(', ')}`;
  const message =
    headers.length === 0
      ? `${host} answers, but does not allow this page to read it (CORS).`
      : `${host} lets this page read its answers, but not send the ${named} (CORS).`;
  return failed(
    message,
    `Allow ${page} there and restart the server. Ollama: OLLAMA_ORIGINS=${page}; LM Studio: “Enable CORS”, or ` +
      `lms server start --cors; vLLM: --allowed-origins '["${page}"]'; llama.cpp allows every page unless ` +
      '--cors-origins says otherwise. A proxy should also expose the header Retry-After, so that the page waits.',
    cause,
  );
}

/**
 * @param spender `run` if continuing the run renews the limit
 * @param limit for example `500 calls`
 */
export const limitReached = (host: string, spender: 'run' | 'once', spent: string, limit: string): LabError =>
  spender === 'run'
    ? new LabError(
        'judge-limit',
        `This run has reached its spending limit at ${host}: ${spent} of ${limit}.`,
        `Continue to allow the same amount again, or stop the run. ${STORED}`,
      )
    : new LabError(
        'judge-limit',
        `The recipe’s limit at ${host} is reached: ${spent} of ${limit}.`,
        'Raise the limit in the recipe, or set it to 0, and start again.',
      );

export const closed = (): LabError => failed('The judge was closed.', '');
