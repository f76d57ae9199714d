/**
 * What WebLLM throws, as a fault with a name, and a fault as a sentence. Of its error classes one is exported, and from its own worker
 * an error comes as the text `Name: message`: names and messages are all there is to go by.
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

/** `detail` is a clause, as WebLLM put it. */
export interface WebllmFault {
  readonly fault: (typeof FAULTS)[number];
  readonly detail: string;
}

/** A fault that is known where it happens. */
export class WebllmFaultError extends Error {
  constructor(
    readonly fault: WebllmFault['fault'],
    detail: string,
  ) {
    super(detail);
  }
}

/** Faults of one call: the model stays loaded. After any other the worker is not trusted any more. */
const OF_THE_CALL: readonly WebllmFault['fault'][] = ['too-long', 'interrupted'];

export const endsWorker = ({ fault }: WebllmFault): boolean => !OF_THE_CALL.includes(fault);

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

/** By name where WebLLM or the browser gives one that says it. */
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
  // It unloads itself when its device is lost.
  ModelNotLoadedError: 'device-lost',
  GrammarMatcherInitError: 'bad-grammar',
};

/** By what the message says, the first that does. */
const BY_MESSAGE: readonly (readonly [RegExp, WebllmFault['fault']])[] = [
  [/already been disposed|deleted object|device (?:is|was) lost|external Instance reference/i, 'device-lost'],
  [/content security/i, 'forbidden'],
  [/quota/i, 'storage-full'],
  [/compatible GPU|exceeds limit/i, 'no-gpu'],
  [/out of memory|could not allocate|allocation failed/i, 'out-of-memory'],
  // The Cache API's words for an answer that is an error, then IndexedDB's.
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
  // Whatever came from the library's address is compiled, an error's page too.
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

const KEPT = 'Nothing is lost: what was judged is kept.';
const OTHER = 'choose another model as the judge';

/** A fault as a sentence, which knows what it was. */
export class WebllmError extends LabError {
  constructor(
    readonly fault: WebllmFault['fault'],
    ...words: ConstructorParameters<typeof LabError>
  ) {
    super(...words);
  }
}

/** @param model as the user knows it */
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
      return failed(`${model} asks for more than this GPU offers: ${detail}.`, `Please ${OTHER}.`);
    case 'unknown-model':
      return failed(`WebLLM knows no model ${model}.`, 'Choose one of its list, or add its addresses to the list.');
    case 'not-stored':
      return failed(
        `${model} is not stored here, and nothing is fetched unasked.`,
        'Fetch it in Models, for which a run is stopped first, then go on.',
      );
    case 'missing-file':
      return failed(
        `A file of ${model} is not where it should be: ${detail}.`,
        'Check its addresses, or try again later.',
      );
    case 'unreachable':
      return failed(
        `A file of ${model} could not be fetched: ${detail}.`,
        'Check the connection and whether its host lets other pages read it (CORS), then try again: what has come is kept.',
      );
    case 'web-page':
      return failed(
        `Instead of a file of ${model} something else came, such as a web page: ${detail}.`,
        'Check its addresses; a log-in page of the network may stand between.',
      );
    case 'bad-library':
      return failed(
        `The library of ${model} is no WebAssembly, or is not where it should be: ${detail}.`,
        'Check the address of its library.',
      );
    case 'other-version':
      return failed(
        `The library of ${model} was made for another version of WebLLM: ${detail}.`,
        'Take one that was compiled for WebLLM 0.2.86.',
      );
    case 'forbidden':
      return failed(
        `The page's security policy forbids what WebLLM needs for ${model}: ${detail}.`,
        "The site's headers must allow 'wasm-unsafe-eval' and connections to the model's hosts.",
      );
    case 'changed-file':
      return failed(
        `A file of ${model} is not the one that was promised: ${detail}.`,
        'Delete the model and fetch it again.',
      );
    case 'storage-full':
      return failed(
        `The browser has no room left to store ${model}.`,
        'Delete other models or runs, or free space on the disk, then fetch it again: what has come is kept.',
      );
    case 'out-of-memory':
      return failed(
        `There is not enough memory for ${model}: ${detail}.`,
        `Close other tabs, or ${OTHER}, a smaller one.`,
      );
    case 'too-long':
      return failed(
        `What ${model} was asked is too long for it: ${detail}.`,
        'Let the responses be shorter, or choose a model with a longer context.',
      );
    case 'interrupted':
      return new WebllmError(fault, 'cancelled', `${model} was interrupted before its verdict.`, KEPT);
    case 'device-lost':
      return failed(
        `The GPU of ${model} was lost, most often for lack of memory.`,
        `It is loaded again when it is asked again; where that happens often, ${OTHER}, a smaller one.`,
      );
    case 'worker-lost':
      return failed(
        `The worker of ${model} is gone: ${detail}.`,
        `It is started anew when it is asked again; where that happens often, ${OTHER}, a smaller one.`,
      );
    case 'bad-grammar':
      return failed(`${model} cannot be held to the form of a verdict: ${detail}.`, `Please ${OTHER}.`);
    case 'failed':
      return failed(`${model} failed: ${detail}.`, `Try again, or ${OTHER}.`);
    default:
      return fault satisfies never;
  }
}
