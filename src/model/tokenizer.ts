/**
 * Text ↔ tokens, by `tokenizer.json` and `tokenizer_config.json`. A thin layer over @huggingface/tokenizers that keeps what users
 * write apart from what templates write: a special token's name in a user's text is text.
 */
import { Tokenizer as HfTokenizer } from '@huggingface/tokenizers';
import * as v from 'valibot';
import { LabError } from '../lib/errors';

const AddedTokenSchema = v.looseObject({
  id: v.pipe(v.number(), v.integer(), v.minValue(0)),
  content: v.string(),
  special: v.optional(v.boolean(), false),
  normalized: v.optional(v.boolean(), false),
});
const TokenizerSchema = v.looseObject({
  model: v.looseObject({}),
  added_tokens: v.array(AddedTokenSchema),
});
const ConfigSchema = v.looseObject({});

function parseJson(name: string, text: string | object): unknown {
  if (typeof text === 'object') return text;
  try {
    return JSON.parse(text);
  } catch {
    throw new LabError('bad-file', `${name} is not JSON.`, 'Nothing was loaded. Download the model again.');
  }
}

function readFile<S extends v.GenericSchema>(name: string, schema: S, text: string | object): v.InferOutput<S> {
  const parsed = v.safeParse(schema, parseJson(name, text));
  if (!parsed.success)
    throw new LabError('bad-file', `${name} is not a tokenizer's.`, 'Nothing was loaded. Download the model again.');
  return parsed.output;
}

/** Longest first, so that no token hides behind its own beginning. */
function alternatives(contents: readonly string[]): RegExp | null {
  const escaped = contents.filter((c) => c !== '').map((c) => c.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return escaped.length === 0 ? null : new RegExp(`(${escaped.sort((a, b) => b.length - a.length).join('|')})`);
}

export class Tokenizer {
  readonly #tokenizer: HfTokenizer;
  /** The same without special tokens: what they are made of is text to it. Made when first needed; it holds the vocabulary again. */
  #plain: HfTokenizer | null = null;
  readonly #makePlain: () => HfTokenizer;
  readonly #specialIds: ReadonlyMap<string, number>;
  readonly #special: RegExp | null;

  /** @param tokenizerJson its text, or what the text says. @throws LabError bad-file, unsupported-model */
  constructor(tokenizerJson: string | object, configJson: string) {
    const file = readFile('tokenizer.json', TokenizerSchema, tokenizerJson);
    const config = readFile('tokenizer_config.json', ConfigSchema, configJson);
    const make = (added_tokens: typeof file.added_tokens, more: object) => {
      try {
        return new HfTokenizer({ ...file, added_tokens }, { ...config, ...more });
      } catch (cause) {
        throw new LabError('unsupported-model', 'The lab cannot read this kind of tokenizer.', 'Choose another model.', {
          cause,
        });
      }
    };
    const special = file.added_tokens.filter((token) => token.special);
    this.#tokenizer = make(file.added_tokens, {});
    this.#makePlain = () =>
      make(
        file.added_tokens.filter((token) => !token.special),
        { additional_special_tokens: [] },
      );
    this.#specialIds = new Map(special.map(({ content, id }) => [content, id]));
    this.#special = alternatives(special.map(({ content }) => content));
  }

  /** Special tokens written in the text are special tokens; none are added. For templates. */
  encode(text: string): number[] {
    return this.#tokenizer.encode(text, { add_special_tokens: false }).ids;
  }

  /** The names of special tokens are text. For what users and models wrote. */
  encodeText(text: string): number[] {
    // Where no name of a special token stands in the text, both tokenizers agree.
    if (!this.hasSpecial(text)) return this.encode(text);
    this.#plain ??= this.#makePlain();
    return this.#plain.encode(text, { add_special_tokens: false }).ids;
  }

  hasSpecial(text: string): boolean {
    return this.#special?.test(text) ?? false;
  }

  /** The text cut at the names of special tokens: text at even places, names at odd ones. */
  splitSpecial(text: string): string[] {
    return this.#special === null ? [text] : text.split(this.#special);
  }

  /** Id of a special token by its name. */
  specialId(name: string): number | null {
    return this.#specialIds.get(name) ?? null;
  }

  /** Special tokens are left out unless asked for. Bytes that are no UTF-8 become U+FFFD. */
  decode(tokens: readonly number[], { special = false }: { readonly special?: boolean } = {}): string {
    if (tokens.length === 0) return '';
    return this.#tokenizer.decode([...tokens], { skip_special_tokens: !special, clean_up_tokenization_spaces: false });
  }
}

/** Decodes token by token and holds back a character until all its bytes are there. */
export class StreamDecoder {
  readonly #decode: (tokens: readonly number[]) => string;
  /** Tokens whose text is out already but which the next ones need beside them (a decoder may strip a leading space). */
  #context: number[] = [];
  #pending: number[] = [];
  /** UTF-16 code units of the pending tokens' text that are out. */
  #shown = 0;

  constructor(decode: (tokens: readonly number[]) => string) {
    this.#decode = decode;
  }

  /** What can be shown now that this token is there; '' while a character is incomplete. */
  push(token: number): string {
    this.#pending.push(token);
    const text = this.#text();
    const complete = text.replace(/\ufffd+$/, '');
    const delta = complete.slice(this.#shown);
    this.#shown = Math.max(this.#shown, complete.length);
    // A token that shows nothing (a special one left out) must not become the whole context.
    if (text !== '' && complete === text) {
      this.#context = this.#pending;
      this.#pending = [];
      this.#shown = 0;
    }
    return delta;
  }

  /** What was held back, when nothing more comes. */
  end(): string {
    const rest = this.#text().slice(this.#shown);
    this.#context = [];
    this.#pending = [];
    this.#shown = 0;
    return rest;
  }

  #text(): string {
    return this.#decode([...this.#context, ...this.#pending]).slice(this.#decode(this.#context).length);
  }
}
