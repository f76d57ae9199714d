/** How a judge's model reads an instruction and a response: by a template of the recipe, its own chat template, or as a pair of texts. */

import { ChatTemplate } from '../../model/chat-template';
import type { TemplateRenderer } from '../../model/template-renderer';
import { Tokenizer } from '../../model/tokenizer';
import { judgeInput, type ModelInput } from './input';
import type { PairReader } from './onnx';
import type { TextReader } from './similarity';

/** Texts of a judge's files. */
export interface JudgeTexts {
  /** @throws LabError not-found, bad-file */
  text(file: string): Promise<string>;
  optionalText(file: string): Promise<string | null>;
}

type Read = (instruction: string, response: string) => Promise<ModelInput>;

/** @throws LabError not-found, bad-file, unsupported-model */
export async function openTokenizer(
  files: JudgeTexts,
): Promise<{ readonly tokenizer: Tokenizer; readonly config: string }> {
  const [json, config] = await Promise.all([files.text('tokenizer.json'), files.text('tokenizer_config.json')]);
  return { tokenizer: new Tokenizer(json, config), config };
}

/** The bundled judge was trained on turns without the line break that its template writes behind them. */
export async function bundledReader(files: JudgeTexts): Promise<PairReader> {
  const { tokenizer } = await openTokenizer(files);
  return async (instruction, response) => {
    const ids = judgeInput((text) => tokenizer.encode(text), instruction, response);
    return ids && { ids };
  };
}

/**
 * @param template with {instruction} and {response}; '': the model's own chat template, and where it has none a pair of texts
 * @param most tokens
 */
export async function pairReader(
  files: JudgeTexts,
  templates: TemplateRenderer,
  { template, hasTemplate, most }: { readonly template: string; readonly hasTemplate: boolean; readonly most: number },
): Promise<PairReader> {
  const [{ tokenizer, config }, jinja] = await Promise.all([
    openTokenizer(files),
    files.optionalText('chat_template.jinja'),
  ]);
  if (template !== '') return cutting(byTemplate(tokenizer, template), most);
  if (!hasTemplate && jinja === null) {
    return cutting(async (instruction, response) => tokenizer.encodeWhole([instruction], response), most);
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
  return cutting(turns, most);
}

/** @param most tokens. @throws LabError not-found, bad-file, unsupported-model */
export async function textReader(files: JudgeTexts, most: number): Promise<TextReader> {
  const { tokenizer } = await openTokenizer(files);
  const read = cutting(async (_, text) => tokenizer.encodeWhole([text], null), most);
  return async (text) => (await read('', text)) ?? { ids: tokenizer.encodeWhole([''], null).ids.slice(0, most) };
}

/** Special tokens that the template names are special, those that the texts happen to name are text. Where it names none, the usual ones are added. */
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

/** A response that is too long loses its end, and nothing of what stands around it. */
function cutting(read: Read, most: number): PairReader {
  return async (instruction, response) => {
    const text = response.trim();
    const whole = await read(instruction, text);
    if (whole.ids.length <= most) return whole;
    const shell = await read(instruction, '');
    if (shell.ids.length >= most) return null;
    const characters = [...text];
    let [fitting, some, all] = [shell, 0, characters.length];
    while (all - some > 1) {
      const middle = Math.floor((some + all) / 2);
      const cut = await read(instruction, characters.slice(0, middle).join(''));
      if (cut.ids.length > most) all = middle;
      else [fitting, some] = [cut, middle];
    }
    return fitting;
  };
}
