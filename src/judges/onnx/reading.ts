/**
 * Turns an instruction and a response into a model's input: by the recipe's template, by the model's own chat
 * template, or as a pair of texts.
 */
import { ChatTemplate } from '../../model/tokenizer/chat-template';
import type { TemplateRenderer } from '../../model/tokenizer/template-renderer';
import { Tokenizer } from '../../model/tokenizer/tokenizer';
import { judgeInput, type ModelInput } from './input';

/** Encodes an instruction and a response. Null if the instruction leaves no room for a response. */
export type PairReader = (instruction: string, response: string) => Promise<ModelInput | null>;

/** Encodes a text. A text that is too long is cut. */
export type TextReader = (text: string) => Promise<ModelInput>;

/** The text files of a judge. */
export interface JudgeTexts {
  /** @throws LabError not-found, bad-file */
  text(file: string): Promise<string>;
  /** Null if there is no such file. */
  optionalText(file: string): Promise<string | null>;
}

/** The files of a judge in the browser's storage. */
export interface JudgeFiles extends JudgeTexts {
  readonly name: string;
  /** The ONNX graph with its weights. */
  readonly model: Blob;
}

type Read = (instruction: string, response: string) => Promise<ModelInput>;

/** @throws LabError not-found, bad-file, unsupported-model */
export async function openTokenizer(
  files: JudgeTexts,
): Promise<{ readonly tokenizer: Tokenizer; readonly config: string }> {
  const [json, config] = await Promise.all([files.text('tokenizer.json'), files.text('tokenizer_config.json')]);
  return { tokenizer: new Tokenizer(json, config), config };
}

/**
 * The reader of the bundled judge. It was trained without the line break that its chat template writes after each
 * turn, so the template is not used.
 */
export async function bundledReader(files: JudgeTexts): Promise<PairReader> {
  const { tokenizer } = await openTokenizer(files);
  return async (instruction, response) => {
    const ids = judgeInput((text) => tokenizer.encode(text), instruction, response);
    return ids && { ids };
  };
}

/**
 * @param template contains {instruction} and {response}. If it is empty, the model's chat template is used, and if
 * there is none, the two texts are encoded as a pair
 */
export async function pairReader(
  files: JudgeTexts,
  templates: TemplateRenderer,
  {
    template,
    hasTemplate,
    maxTokens,
  }: { readonly template: string; readonly hasTemplate: boolean; readonly maxTokens: number },
): Promise<PairReader> {
  const [{ tokenizer, config }, jinja] = await Promise.all([
    openTokenizer(files),
    files.optionalText('chat_template.jinja'),
  ]);
  if (template !== '') return cutting(byTemplate(tokenizer, template), maxTokens);
  if (!hasTemplate && jinja === null) {
    return cutting(async (instruction, response) => tokenizer.encodeWhole([instruction], response), maxTokens);
  }
  const chat = new ChatTemplate(tokenizer, templates, config, jinja ?? undefined);
  const turns = async (instruction: string, response: string) => ({
    ids: await chat.encode(
      [
        { role: 'user', content: instruction },
        { role: 'assistant', content: response },
      ],
      false,
    ),
  });
  return cutting(turns, maxTokens);
}

/** @throws LabError not-found, bad-file, unsupported-model */
export async function textReader(files: JudgeTexts, maxTokens: number): Promise<TextReader> {
  const { tokenizer } = await openTokenizer(files);
  const read = cutting(async (_, text) => tokenizer.encodeWhole([text], null), maxTokens);
  return async (text) => (await read('', text)) ?? { ids: tokenizer.encodeWhole([''], null).ids.slice(0, maxTokens) };
}

/**
 * Special tokens in the template are special; in the texts they are plain text. If the template has none, the
 * tokenizer's usual ones are added.
 */
function byTemplate(tokenizer: Tokenizer, template: string): Read {
  const pieces = template.split(/(\{instruction\}|\{response\})/);
  const special = pieces.some((piece) => tokenizer.hasSpecial(piece));
  return async (instruction, response) => {
    const parts = [''];
    const write = (text: string) => parts.push(`${parts.pop() ?? ''}${text}`);
    for (const piece of pieces) {
      if (piece === '{instruction}') write(instruction);
      else if (piece === '{response}') write(response);
      else tokenizer.splitSpecial(piece).forEach((part, i) => void (i % 2 === 1 ? parts.push(part, '') : write(part)));
    }
    return special ? { ids: tokenizer.encodeParts(parts) } : tokenizer.encodeWhole(parts, null);
  };
}

/** Cuts the end of a response that is too long, by bisection. Everything around the response is kept. */
function cutting(read: Read, maxTokens: number): PairReader {
  return async (instruction, response) => {
    const text = response.trim();
    const whole = await read(instruction, text);
    if (whole.ids.length <= maxTokens) return whole;
    const empty = await read(instruction, '');
    if (empty.ids.length >= maxTokens) return null;
    const characters = [...text];
    let fitting = empty;
    let [fits, tooMany] = [0, characters.length];
    while (tooMany - fits > 1) {
      const middle = Math.floor((fits + tooMany) / 2);
      const cut = await read(instruction, characters.slice(0, middle).join(''));
      if (cut.ids.length > maxTokens) tooMany = middle;
      else [fitting, fits] = [cut, middle];
    }
    return fitting;
  };
}
