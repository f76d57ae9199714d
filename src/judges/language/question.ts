/**
 * A question to a language model: the prompt template with the texts filled in. Each text is enclosed by a fence, a
 * random tag that the text cannot contain, so a response cannot pretend to be a part of the question.
 */
import { Random } from '../../lib/random';
import { sha256OfText } from '../../lib/sha256';

/** Without vowels, so that a fence is not a word. */
const LETTERS = 'bcdfghjkmnpqrstvwxz';
const FENCE_LENGTH = 8;

/**
 * A random tag that none of the texts contains. It is a function of the arguments: equal arguments give the same
 * fence, other texts most probably another one.
 */
export function fenceFor(texts: readonly string[], seed: number, stream = ''): string {
  const random = new Random(seed, `fence/${stream}/${texts.join('\0')}`);
  for (;;) {
    const fence = Array.from({ length: FENCE_LENGTH }, () => LETTERS.charAt(random.below(LETTERS.length))).join('');
    if (!texts.some((text) => text.includes(fence))) return fence;
  }
}

/**
 * Control tokens of chat templates, such as `<|im_end|>`, `</s>`, `[INST]` or `<think>`. Many servers interpret them
 * wherever they occur in a message.
 */
const CONTROL = new RegExp(
  [
    String.raw`<(?=[|｜][^<>\n]{0,64}[|｜]>`,
    String.raw`|\/?(?:s|bos|eos|pad|unk|mask|think|start_of_turn|end_of_turn|start_header_id|end_header_id)>)`,
    String.raw`|<(?=<\/?SYS>)`,
    String.raw`|\[(?=\/?(?:INST|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|SYSTEM_PROMPT)\])`,
  ].join(''),
  'giu',
);

/** Inserts a word joiner (U+2060, invisible) into every control token, so that it is read as plain text. */
export const asText = (text: string): string => text.replace(CONTROL, '$&\u2060');

export type Texts =
  | { readonly instruction: string; readonly response: string }
  | { readonly instruction: string; readonly first: string; readonly second: string };

const PLACEHOLDER = /\{(instruction|response|first|second|fence)\}/g;

/** Fills the texts into the template, each between fences. Placeholders within a text are left as they are. */
export function judgeMessage(template: string, texts: Texts, fence: string): string {
  const fills = new Map(
    Object.entries(texts).map(([name, text]) => [name, `<${fence}>\n${asText(text)}\n</${fence}>`]),
  );
  fills.set('fence', fence);
  return template.replace(PLACEHOLDER, (placeholder: string, name: string) => fills.get(name) ?? placeholder);
}

/**
 * Identifies the template and the way in which texts are filled into it: the first 8 hexadecimal digits of a sha-256.
 * It is stored with every judgement.
 */
export function promptVersion(template: string): string {
  const texts = { instruction: '{instruction}', response: '{response}', first: '{first}', second: '{second}' };
  return sha256OfText(judgeMessage(template, texts, '{fence}')).slice(0, 8);
}
