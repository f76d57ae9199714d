/**
 * Text ↔ tokens, by `tokenizer.json` and `tokenizer_config.json`. A thin layer over @huggingface/tokenizers that keeps what users
 * write apart from what templates write: a special token's name in a user's text is text.
 */
import { Tokenizer as HfTokenizer } from '@huggingface/tokenizers';
import * as v from 'valibot';
import { LabError } from '../../lib/errors';

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

/** A run of noncharacters, which no text that is meant to be read has and which templates pass through; longer than any in the texts. */
export function markNotIn(texts: readonly string[]): string {
  let mark = '\ufdd0';
  while (texts.some((text) => text.includes(mark))) mark += '\ufdd0';
  return mark;
}

const secretName = (mark: string, id: number | null): string => `${mark}${id}${mark}`;

/** Stands in where another tokenizer's model takes the place at once. */
const NO_MODEL = { type: 'BPE', vocab: {}, merges: [] };

export class Tokenizer {
  private readonly tokenizer: HfTokenizer;
  /** By mark: the same with its special tokens renamed, so that what they are made of is text to it. Made when first needed. */
  private readonly renamed = new Map<string, HfTokenizer>();
  private readonly rename: (mark: string) => HfTokenizer;
  private readonly specialIds: ReadonlyMap<string, number>;
  private readonly special: RegExp | null;

  /** @param tokenizerJson its text, or what the text says. @throws LabError bad-file, unsupported-model */
  constructor(tokenizerJson: string | object, configJson: string) {
    const { model, ...file } = readFile('tokenizer.json', TokenizerSchema, tokenizerJson);
    const config = readFile('tokenizer_config.json', ConfigSchema, configJson);
    const special = file.added_tokens.filter((token) => token.special);
    try {
      this.tokenizer = new HfTokenizer({ ...file, model }, config);
    } catch (cause) {
      throw new LabError('unsupported-model', 'The lab cannot read this kind of tokenizer.', 'Choose another model.', {
        cause,
      });
    }
    this.rename = (mark) => {
      const added_tokens = file.added_tokens.map((token) =>
        token.special ? { ...token, content: secretName(mark, token.id) } : token,
      );
      const renamed = new HfTokenizer(
        { ...file, model: NO_MODEL, added_tokens },
        { ...config, additional_special_tokens: [] },
      );
      // A vocabulary of 150,000 takes half a second and 26 MB; it is the same one.
      renamed.model = this.tokenizer.model;
      return renamed;
    };
    this.specialIds = new Map(special.map(({ content, id }) => [content, id]));
    this.special = alternatives(special.map(({ content }) => content));
  }

  /** Special tokens written in the text are special tokens; none are added. For templates. */
  encode(text: string): number[] {
    return this.tokenizer.encode(text, { add_special_tokens: false }).ids;
  }

  /** The names of special tokens are text. For what users and models wrote. */
  encodeText(text: string): number[] {
    // Where no name of a special token stands in the text, it makes no difference.
    return this.hasSpecial(text) ? this.encodeParts([text]) : this.encode(text);
  }

  /** As `splitSpecial` cuts: text at even places, in which names of special tokens are text; special tokens at odd ones. */
  encodeParts(parts: readonly string[]): number[] {
    const mark = markNotIn(parts);
    return this.renamedBy(mark).encode(this.named(parts, mark), { add_special_tokens: false }).ids;
  }

  /**
   * As an encoder reads a text or a pair of texts: with the special tokens that its tokenizer puts around them, and which of the two each
   * token is of.
   * @param parts as `splitSpecial` cuts. @param pair in which names of special tokens are text
   */
  encodeWhole(parts: readonly string[], pair: string | null): { ids: number[]; types: number[] } {
    const secret = [...parts.filter((_, i) => i % 2 === 0), pair ?? ''].some((text) => this.hasSpecial(text));
    const mark = markNotIn([...parts, pair ?? '']);
    const tokenizer = secret ? this.renamedBy(mark) : this.tokenizer;
    const text = secret ? this.named(parts, mark) : parts.join('');
    // Nothing as a pair would be no pair.
    const options = {
      text_pair: pair === '' ? ' ' : pair,
      add_special_tokens: true,
      return_token_type_ids: true,
    } as const;
    const { ids, token_type_ids: types } = tokenizer.encode(text, options);
    return { ids, types };
  }

  hasSpecial(text: string): boolean {
    return this.special?.test(text) ?? false;
  }

  /** The text cut at the names of special tokens: text at even places, names at odd ones. */
  splitSpecial(text: string): string[] {
    return this.special === null ? [text] : text.split(this.special);
  }

  /** Id of a special token by its name. */
  specialId(name: string): number | null {
    return this.specialIds.get(name) ?? null;
  }

  /** Id of any token by its name. */
  tokenId(name: string): number | null {
    return this.tokenizer.token_to_id(name) ?? null;
  }

  /** Special tokens are left out unless asked for. Bytes that are no UTF-8 become U+FFFD. */
  decode(tokens: readonly number[], { special = false }: { readonly special?: boolean } = {}): string {
    if (tokens.length === 0) return '';
    return this.tokenizer.decode([...tokens], { skip_special_tokens: !special, clean_up_tokenization_spaces: false });
  }

  private renamedBy(mark: string): HfTokenizer {
    const renamed = this.renamed.get(mark) ?? this.rename(mark);
    this.renamed.set(mark, renamed);
    return renamed;
  }

  private named(parts: readonly string[], mark: string): string {
    return parts.map((part, i) => (i % 2 === 1 ? secretName(mark, this.specialId(part)) : part)).join('');
  }
}
