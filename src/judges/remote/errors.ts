/** Why a server gave no verdict, as sentences with a way out. None of them holds a key. */
import { LabError } from '../../lib/errors';
import type { RemoteAddress } from '../../recipe/judges/remote-address';
import type { RemoteAccess } from '../../records/judges';
import { foreignWords } from './words';

const KEPT = 'What is judged is stored.';

const failed = (message: string, advice: string, cause?: unknown) =>
  new LabError('judge-failed', message, advice, { cause });

/** @param withKey a key was sent */
export function keyRefused(host: string, status: number, withKey: boolean): LabError {
  return withKey
    ? failed(
        `${host} refuses the key (status ${status}).`,
        'Check that it is a key of this server, that it has not expired and may use this model, then enter it again.',
      )
    : failed(
        `${host} asks for a key (status ${status}).`,
        'Enter it beside the judge’s address. A key is forgotten with the page unless you let the page remember it.',
      );
}

export const unpaid = (host: string): LabError =>
  failed(
    `${host} asks for payment (status 402).`,
    `Add credit to the account there, or raise the key’s own limit, then go on. ${KEPT}`,
  );

const LISTED = 12;
const LONGEST_NAME = 80;

/** @param offered null: the server does not list its models. @param access what its names must not repeat */
export function noModel(
  host: string,
  model: string,
  offered: readonly string[] | null,
  access: RemoteAccess,
): LabError {
  const message = model === '' ? `No model of ${host} is named.` : `${host} has no model ${model}.`;
  if (offered === null) return failed(message, 'Check the name against what the server itself calls it.');
  if (offered.length === 0) return failed(message, 'It offers none at all: load one there first.');
  const more = offered.length > LISTED ? `, and ${offered.length - LISTED} more` : '';
  const names = offered.slice(0, LISTED).map((name) => foreignWords(name, access, LONGEST_NAME));
  return failed(message, `It offers ${names.join(', ')}${more}: name one of them.`);
}

export const noServer = (host: string, base: string): LabError =>
  failed(
    `There is no OpenAI-compatible server at ${base}.`,
    `Something answers at ${host}, but not there: such addresses mostly end in /v1 (OpenRouter’s in /api/v1).`,
  );

/** @param seconds that the server asks to wait, where it says so */
export function rateLimited(host: string, seconds: number | null): LabError {
  const wait =
    seconds === null
      ? 'a while'
      : seconds < 90
        ? `${Math.ceil(seconds)} seconds`
        : `${Math.ceil(seconds / 60)} minutes`;
  return failed(
    `${host} takes no more requests for now (status 429).`,
    `Wait ${wait}, then go on; fewer calls at once keep below its limit. ${KEPT}`,
  );
}

export const broken = (host: string, status: number, said: string): LabError =>
  failed(
    `${host} answers with an error (status ${status})${quoted(said)}.`,
    `Look at what the server itself writes, then go on. ${KEPT}`,
  );

export const refused = (host: string, status: number, said: string): LabError =>
  failed(
    `${host} refuses the question (status ${status})${quoted(said)}.`,
    'Change what it objects to, such as the longest reply, or choose another model.',
  );

const quoted = (said: string) => (said === '' ? '' : `: ${said.replace(/[.…\s]+$/, '')}`);

/** In place of a reply: what one question gets that the server will not answer. Its words hold no verdict, whatever they repeat. */
export const notAnswered = (host: string, status: number, said: string): string =>
  `(not answered: ${host} refuses the question, status ${status}${quoted(said).replace(/\[+|\]+/g, '')})`;

export const redirected = (host: string): LabError =>
  failed(
    `${host} leads to another address, and a key is not sent after it.`,
    'Enter the address where it leads to: mostly the same with https://, or without a slash at the end.',
  );

export const webPage = (host: string): LabError =>
  failed(
    `Instead of an answer a web page came from ${host}.`,
    'Check the address: such addresses mostly end in /v1. A log-in page of a proxy or of the network may stand between.',
  );

export const unexpected = (host: string, what: string, cause?: unknown): LabError =>
  failed(
    `${host} answers otherwise than expected: ${what}.`,
    'Check that the address is that of an OpenAI-compatible server.',
    cause,
  );

export const silent = (host: string, seconds: number): LabError =>
  failed(
    `${host} gave no answer in ${seconds} seconds.`,
    `Look whether it still computes; fewer calls at once, a shorter reply or a smaller model take less. ${KEPT}`,
  );

export const cut = (host: string, cause?: unknown): LabError =>
  failed(
    `The connection to ${host} broke before its answer had come.`,
    `Check the connection and the server, then go on. ${KEPT}`,
    cause,
  );

export const offline = (host: string, cause?: unknown): LabError =>
  failed(`${host} cannot be reached: this browser is offline.`, `Connect, then go on. ${KEPT}`, cause);

/** @param asks Chrome asks before a page of this kind may reach such a server */
export function unreachable({ host, place }: RemoteAddress, asks: boolean, cause?: unknown): LabError {
  const start =
    place === 'far' ? 'Check the address and the connection' : 'Start the server there, and check its port';
  const ask = asks
    ? ' If Chrome asked whether this page may reach your network, allow it in the site’s settings.'
    : '';
  return failed(`${host} cannot be reached.`, `${start}, then try again.${ask}`, cause);
}

export const notPermitted = ({ host, place }: RemoteAddress, cause?: unknown): LabError =>
  failed(
    `Chrome does not let this page reach ${host}, which is ${place === 'here' ? 'on this machine' : 'in your network'}.`,
    'Click the icon left of the page’s address, allow “Local network access” (or “Apps on device”), and try again.',
    cause,
  );

export const mixedContent = ({ host }: RemoteAddress, cause?: unknown): LabError =>
  failed(
    `The browser blocks http://${host}: this page came by https, and what it asks must too (mixed content).`,
    'Give the server https, run it on this machine (localhost is allowed), or serve this page yourself with npm start.',
    cause,
  );

/** @param page the origin that the server is to allow. @param headers what it lets pages read, but not be sent; empty: it lets them read nothing */
export function notAllowed(
  { host }: RemoteAddress,
  page: string,
  headers: readonly string[],
  cause?: unknown,
): LabError {
  const message =
    headers.length === 0
      ? `${host} answers, but does not allow this page to read it (CORS).`
      : `${host} lets this page read, but not ask with ${headers.join(', ')} (CORS).`;
  return failed(
    message,
    `Allow ${page} there and start it again. Ollama: OLLAMA_ORIGINS=${page}; LM Studio: “Enable CORS”, or lms server start --cors; vLLM: --allowed-origins '["${page}"]'; llama.cpp allows every page unless --cors-origins says otherwise. A proxy should expose Retry-After too, so that the page can wait as long as it is asked to.`,
    cause,
  );
}

/** What may be spent is spent. @param limit e.g. `500 calls` */
export const limitReached = (host: string, spender: 'run' | 'once', spent: string, limit: string): LabError =>
  spender === 'run'
    ? new LabError(
        'judge-limit',
        `This run has spent what it may at ${host}: ${spent} of ${limit}.`,
        `Go on to allow as much again, or stop. ${KEPT}`,
      )
    : new LabError(
        'judge-limit',
        `The recipe’s limit at ${host} is reached: ${spent} of ${limit}.`,
        'Raise the limit in the recipe, or set it to 0, and begin again.',
      );

export const closed = (): LabError => failed('The judge was closed.', '');
