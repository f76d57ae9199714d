/**
 * Translates WebLLM's errors to named faults, and faults to messages. WebLLM exports only one of its error classes,
 * and its worker sends errors as the text `Name: message`, so errors are recognised by their names and messages.
 */
import { LabError } from '../../lib/errors';

export const FAULTS = [
  'no-gpu',
  'no-f16',
  'no-feature',
  'unknown-model',
  'not-stored',
  'missing-file',
  'unreachable',
  'web-page',
  'bad-library',
  'other-version',
  'forbidden',
  'changed-file',
  'storage-full',
  'out-of-memory',
  'too-long',
  'interrupted',
  'device-lost',
  'worker-lost',
  'bad-grammar',
  'failed',
] as const;

/** `detail` is a clause from WebLLM's message. */
export interface WebllmFault {
  readonly fault: (typeof FAULTS)[number];
  readonly detail: string;
}

/** An error that carries its fault. */
export class WebllmFaultError extends Error {
  constructor(
    readonly fault: WebllmFault['fault'],
    detail: string,
  ) {
    super(detail);
  }
}

/** Faults that concern only one call: the model stays loaded. After any other fault the worker is ended. */
const OF_ONE_CALL: readonly WebllmFault['fault'][] = ['too-long', 'interrupted'];

export const endsWorker = ({ fault }: WebllmFault): boolean => !OF_ONE_CALL.includes(fault);

const LONGEST_DETAIL = 300;

interface Thrown {
  readonly name: string;
  readonly message: string;
}

function read(thrown: unknown): Thrown {
  if (thrown instanceof Error || thrown instanceof DOMException) return { name: thrown.name, message: thrown.message };
  const text = String(thrown);
  const [, name, message] = /^(\w*(?:Error|Exception)): ([\s\S]*)$/.exec(text) ?? [];
  return name === undefined || message === undefined ? { name: 'Error', message: text } : { name, message };
}

/** Faults by the names of errors of WebLLM and of the browser. */
const BY_NAME: Readonly<Record<string, WebllmFault['fault']>> = {
  ShaderF16SupportError: 'no-f16',
  FeatureSupportError: 'no-feature',
  WebGPUNotAvailableError: 'no-gpu',
  WebGPUNotFoundError: 'no-gpu',
  ModelNotFoundError: 'unknown-model',
  LinkError: 'other-version',
  IntegrityError: 'changed-file',
  QuotaExceededError: 'storage-full',
  ContextWindowSizeExceededError: 'too-long',
  DeviceLostError: 'device-lost',
  // WebLLM unloads the model when its device is lost.
  ModelNotLoadedError: 'device-lost',
  GrammarMatcherInitError: 'bad-grammar',
};

/** Faults by the message. The first pattern that matches decides. */
const BY_MESSAGE: readonly (readonly [RegExp, WebllmFault['fault']])[] = [
  [/already been disposed|deleted object|device (?:is|was) lost|external Instance reference/i, 'device-lost'],
  [/content security/i, 'forbidden'],
  [/quota/i, 'storage-full'],
  [/compatible GPU|exceeds limit/i, 'no-gpu'],
  [/out of memory|could not allocate|allocation failed/i, 'out-of-memory'],
  // The messages of the Cache API and of IndexedDB for an answer with an error status.
  [/request failed|response was not ok|received status \d/i, 'missing-file'],
  [/failed to fetch|network ?error|cannot fetch/i, 'unreachable'],
  [/is not valid JSON|unexpected token/i, 'web-page'],
];

export function webllmFault(thrown: unknown): WebllmFault {
  if (thrown instanceof WebllmFaultError) return { fault: thrown.fault, detail: thrown.message };
  const { name, message } = read(thrown);
  const detail = clause(message);
  const byName = BY_NAME[name];
  if (byName === 'too-long') return { fault: byName, detail: tokens(message) ?? detail };
  if (byName !== undefined) return { fault: byName, detail };
  const [, fault] = BY_MESSAGE.find(([words]) => words.test(message)) ?? [];
  if (fault !== undefined) return { fault, detail };
  // Whatever the library's URL returns is compiled, even an error page.
  return { fault: name === 'CompileError' ? 'bad-library' : 'failed', detail };
}

function clause(message: string): string {
  const [line = ''] = message.split('\n', 1);
  return line.slice(0, LONGEST_DETAIL).replace(/[.\s]+$/, '');
}

function tokens(message: string): string | null {
  const [, prompt, context] = /prompt tokens: (\d+); context window size: (\d+)/.exec(message) ?? [];
  return prompt === undefined ? null : `${prompt} tokens, and it reads ${context}`;
}

const KEPT = 'Nothing is lost: everything judged so far is stored.';
const OTHER = 'choose another model as the judge';
const SMALLER = 'choose a smaller model as the judge';

/** A fault as an error with a message for the user. */
export class WebllmError extends LabError {
  constructor(
    readonly fault: WebllmFault['fault'],
    ...words: ConstructorParameters<typeof LabError>
  ) {
    super(...words);
  }
}

/** @param model the name that the user knows */
export function webllmError({ fault, detail }: WebllmFault, model: string): WebllmError {
  const failed = (message: string, advice: string) =>
    new WebllmError(fault, 'judge-failed', message, `${advice} ${KEPT}`);
  switch (fault) {
    case 'no-gpu':
      return failed(
        `WebLLM cannot use this machine's GPU for ${model}: ${detail}.`,
        `Update the browser, or ${OTHER}.`,
      );
    case 'no-f16':
      return failed(
        `${model} computes in 16 bits (shader-f16), which this GPU does not offer.`,
        'Choose its variant named q4f32_1 or q0f32.',
      );
    case 'no-feature':
      return failed(`${model} requires more than this GPU offers: ${detail}.`, `Please ${OTHER}.`);
    case 'unknown-model':
      return failed(
        `WebLLM has no model ${model}.`,
        'Choose one from its list, or add the model’s addresses in Models.',
      );
    case 'not-stored':
      return failed(
        `${model} is not stored here, and a judge downloads nothing by itself.`,
        'Stop the run, fetch the model in Models, then continue.',
      );
    case 'missing-file':
      return failed(
        `A file of ${model} was not found: ${detail}.`,
        'Check the model’s addresses, or try again later.',
      );
    case 'unreachable':
      return failed(
        `A file of ${model} could not be fetched: ${detail}.`,
        'Check the connection, and whether the host allows other pages to read it (CORS). Then try again: the ' +
          'download continues where it stopped.',
      );
    case 'web-page':
      return failed(
        `The host sent something else instead of a file of ${model}, such as a web page: ${detail}.`,
        'Check the model’s addresses. A log-in page of the network may be in between.',
      );
    case 'bad-library':
      return failed(
        `The library of ${model} is not WebAssembly, or was not found: ${detail}.`,
        'Check the address of the library.',
      );
    case 'other-version':
      return failed(
        `The library of ${model} was made for another version of WebLLM: ${detail}.`,
        'Use one that was compiled for WebLLM 0.2.86.',
      );
    case 'forbidden':
      return failed(
        `The page's security policy forbids what WebLLM needs for ${model}: ${detail}.`,
        "The site's headers must allow 'wasm-unsafe-eval' and connections to the model's hosts.",
      );
    case 'changed-file':
      return failed(
        `A file of ${model} does not have the expected checksum: ${detail}.`,
        'Delete the model and fetch it again.',
      );
    case 'storage-full':
      return failed(
        `The browser has no room left to store ${model}.`,
        'Delete other models or runs, or free space on the disk. Then fetch it again: the download ' +
          'continues where it stopped.',
      );
    case 'out-of-memory':
      return failed(`There is not enough memory for ${model}: ${detail}.`, `Close other tabs, or ${SMALLER}.`);
    case 'too-long':
      return failed(
        `The question is too long for ${model}: ${detail}.`,
        'Limit the responses to fewer tokens, or choose a model with a longer context.',
      );
    case 'interrupted':
      return new WebllmError(fault, 'cancelled', `${model} was interrupted before its verdict.`, KEPT);
    case 'device-lost':
      return failed(
        `The GPU device of ${model} was lost, most often for lack of memory.`,
        `The model is loaded again for the next question. If that happens often, ${SMALLER}.`,
      );
    case 'worker-lost':
      return failed(
        `The worker of ${model} stopped: ${detail}.`,
        `It is started again for the next question. If that happens often, ${SMALLER}.`,
      );
    case 'bad-grammar':
      return failed(`WebLLM cannot restrict the replies of ${model} to a verdict: ${detail}.`, `Please ${OTHER}.`);
    case 'failed':
      return failed(`${model} failed: ${detail}.`, `Try again, or ${OTHER}.`);
    default:
      return fault satisfies never;
  }
}
