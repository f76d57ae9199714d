/** A model's chat template (Jinja), and the tokens of what it renders. */
import { Template } from '@huggingface/jinja';
import * as v from 'valibot';
import { LabError } from '../lib/errors';
import type { Tokenizer } from './tokenizer';

export interface Message {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

const TokenSchema = v.nullish(v.union([v.string(), v.object({ content: v.string() })]));
const ConfigSchema = v.looseObject({
  chat_template: v.nullish(v.union([v.string(), v.array(v.object({ name: v.string(), template: v.string() }))])),
  bos_token: TokenSchema,
  eos_token: TokenSchema,
  pad_token: TokenSchema,
  unk_token: TokenSchema,
});

function tokenText(token: v.InferOutput<typeof TokenSchema>): string | undefined {
  return typeof token === 'string' ? token : token?.content;
}

/** Noncharacters: no text that is meant to be read has them, and templates pass them through. */
const MARKS = Array.from({ length: 32 }, (_, i) => String.fromCharCode(0xfdd0 + i));

export class ChatTemplate {
  readonly #template: Template;
  readonly #tokenizer: Tokenizer;
  readonly #names: Readonly<Record<string, string>>;
  /** The token that ends the assistant's turn, as the configuration names it. */
  readonly endOfTurn: string | null;

  /** @param separateFile `chat_template.jinja`, where the model has one. @throws LabError bad-file, unsupported-model */
  constructor(tokenizer: Tokenizer, configJson: string, separateFile?: string) {
    let json: unknown;
    try {
      json = JSON.parse(configJson);
    } catch {
      json = null;
    }
    const parsed = v.safeParse(ConfigSchema, json);
    if (!parsed.success)
      throw new LabError(
        'bad-file',
        'tokenizer_config.json is not a tokenizer’s configuration.',
        'Nothing was loaded. Download the model again.',
      );
    const { chat_template, ...tokens } = parsed.output;
    const source =
      separateFile ?? (Array.isArray(chat_template) ? chat_template.find((t) => t.name === 'default')?.template : chat_template);
    if (source === undefined || source === null || source === '') {
      throw new LabError(
        'unsupported-model',
        'The model has no chat template, so the lab does not know how to speak to it.',
        'Choose an instruction-tuned model.',
      );
    }
    try {
      this.#template = new Template(source);
    } catch (cause) {
      throw new LabError('unsupported-model', 'The lab cannot read the model’s chat template.', 'Choose another model.', {
        cause,
      });
    }
    this.#tokenizer = tokenizer;
    this.#names = Object.fromEntries(
      (['bos_token', 'eos_token', 'pad_token', 'unk_token'] as const).flatMap((name) => {
        const text = tokenText(tokens[name]);
        return text === undefined ? [] : [[name, text]];
      }),
    );
    this.endOfTurn = tokenText(tokens.eos_token) ?? null;
  }

  /**
   * @param variables more names that the template may ask for, such as `enable_thinking`
   * @throws LabError unsupported-model where the template refuses the messages
   */
  render(messages: readonly Message[], addGenerationPrompt: boolean, variables: Readonly<Record<string, unknown>> = {}): string {
    try {
      return this.#template.render({
        ...this.#names,
        ...variables,
        messages: messages.map((m) => ({ ...m })),
        add_generation_prompt: addGenerationPrompt,
      });
    } catch (cause) {
      const reason = cause instanceof Error ? `: ${cause.message}` : '';
      throw new LabError(
        'unsupported-model',
        `The model’s chat template refuses these messages${reason}.`,
        'Choose another model.',
        { cause },
      );
    }
  }

  /**
   * Tokens of the rendered messages. The template's special tokens are special tokens, those that a message's text happens to name
   * are text: such names are hidden from the template and put back into the text between its own special tokens.
   */
  encode(
    messages: readonly Message[],
    addGenerationPrompt: boolean,
    variables: Readonly<Record<string, unknown>> = {},
  ): number[] {
    const tokenizer = this.#tokenizer;
    if (!messages.some((m) => tokenizer.hasSpecial(m.content))) {
      return tokenizer.encode(this.render(messages, addGenerationPrompt, variables));
    }
    const mark = MARKS.find((c) => !messages.some((m) => m.content.includes(c))) ?? '';
    const names: string[] = [];
    const hide = (text: string) =>
      tokenizer
        .splitSpecial(text)
        .map((part, i) => (i % 2 === 1 ? `${mark}${names.push(part) - 1}${mark}` : part))
        .join('');
    const hidden = messages.map((m) => ({ ...m, content: hide(m.content) }));
    const found = new RegExp(`${mark}(\\d+)${mark}`, 'g');
    const parts = tokenizer.splitSpecial(this.render(hidden, addGenerationPrompt, variables));
    return parts.flatMap((part, i) => {
      const id = i % 2 === 1 ? tokenizer.specialId(part) : null;
      return id === null ? tokenizer.encodeText(part.replace(found, (_, n: string) => names[Number(n)] ?? '')) : [id];
    });
  }
}
