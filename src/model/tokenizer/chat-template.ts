/** The chat template of a model (Jinja), and the tokens of its rendered texts. */
import * as v from 'valibot';
import { LabError } from '../../lib/errors';
import type { TemplateVariables } from './render-template';
import type { TemplateRenderer } from './template-renderer';
import { markNotIn, type Tokenizer } from './tokenizer';

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

export class ChatTemplate {
  private readonly tokenizer: Tokenizer;
  private readonly renderer: TemplateRenderer;
  private readonly source: string;
  private readonly names: Readonly<Record<string, string>>;

  /**
   * The template is parsed when it is first rendered.
   * @param separateFile the text of `chat_template.jinja` if the model has one
   * @throws LabError bad-file, unsupported-model
   */
  constructor(tokenizer: Tokenizer, renderer: TemplateRenderer, configJson: string, separateFile?: string) {
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
        'tokenizer_config.json is not the configuration of a tokenizer.',
        'Nothing was loaded. Download the model again.',
      );
    const { chat_template, ...tokens } = parsed.output;
    const source =
      separateFile ??
      (Array.isArray(chat_template) ? chat_template.find((t) => t.name === 'default')?.template : chat_template);
    if (source === undefined || source === null || source === '') {
      throw new LabError(
        'unsupported-model',
        'The model has no chat template, so it cannot be given messages.',
        'Choose an instruction-tuned model.',
      );
    }
    this.tokenizer = tokenizer;
    this.renderer = renderer;
    this.source = source;
    this.names = Object.fromEntries(
      (['bos_token', 'eos_token', 'pad_token', 'unk_token'] as const).flatMap((name) => {
        const text = tokenText(tokens[name]);
        return text === undefined ? [] : [[name, text]];
      }),
    );
  }

  /**
   * The tokens that end the assistant's turn: first what the template writes after an answer, then what the
   * configuration names, which may only end a document.
   * @throws LabError unsupported-model
   */
  async endsOfTurn(): Promise<number[]> {
    const tokenizer = this.tokenizer;
    const answer = markNotIn([this.source]);
    const turn: Message[] = [
      { role: 'user', content: 'question' },
      { role: 'assistant', content: answer },
    ];
    const [, afterAnswer = ''] = (await this.render(turn, false)).split(answer);
    const [, ending = ''] = tokenizer.splitSpecial(afterAnswer);
    return [tokenizer.specialId(ending), tokenizer.tokenId(this.names.eos_token ?? '')].flatMap((id) => id ?? []);
  }

  /**
   * @param variables more variables for the template, such as `enable_thinking`
   * @throws LabError unsupported-model if the template cannot be parsed, refuses the messages or does not end
   */
  render(
    messages: readonly Message[],
    addGenerationPrompt: boolean,
    variables: TemplateVariables = {},
  ): Promise<string> {
    return this.renderer.render(this.source, {
      ...this.names,
      ...variables,
      messages: messages.map((m) => ({ ...m })),
      add_generation_prompt: addGenerationPrompt,
    });
  }

  /**
   * Tokens of the rendered messages. Special tokens that the template writes become special tokens; names of special
   * tokens in a message stay text. To keep them apart, such names are hidden from the template and put back
   * afterwards.
   */
  async encode(
    messages: readonly Message[],
    addGenerationPrompt: boolean,
    variables: TemplateVariables = {},
  ): Promise<number[]> {
    const tokenizer = this.tokenizer;
    if (!messages.some((m) => tokenizer.hasSpecial(m.content))) {
      return tokenizer.encode(await this.render(messages, addGenerationPrompt, variables));
    }
    const mark = markNotIn(messages.map((m) => m.content));
    const names: string[] = [];
    const hide = (text: string) =>
      tokenizer
        .splitSpecial(text)
        .map((part, i) => (i % 2 === 1 ? `${mark}${names.push(part) - 1}${mark}` : part))
        .join('');
    const hidden = messages.map((m) => ({ ...m, content: hide(m.content) }));
    const found = new RegExp(`${mark}(\\d+)${mark}`, 'g');
    const parts = tokenizer.splitSpecial(await this.render(hidden, addGenerationPrompt, variables));
    return tokenizer.encodeParts(
      parts.map((part, i) => (i % 2 === 1 ? part : part.replace(found, (_, n: string) => names[Number(n)] ?? ''))),
    );
  }
}
