/**
 * Converts between text and tokens according to `tokenizer.json` and `tokenizer_config.json`. A thin layer over
 * @huggingface/tokenizers that separates what users write from what templates write: the name of a special token in a
 * user's text is plain text.
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
    throw new LabError(
      'bad-file',
      `${name} does not describe a tokenizer.`,
      'Nothing was loaded. Download the model again.',
    );
  return parsed.output;
}

/** Longest first, so that a token is not mistaken for another one that it begins with. */
function alternatives(contents: readonly string[]): RegExp | null {
  const escaped = contents.filter((c) => c !== '').map((c) => c.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return escaped.length === 0 ? null : new RegExp(`(${escaped.sort((a, b) => b.length - a.length).join('|')})`);
}

/**
 * A run of noncharacters that is longer than any run in the texts. Readable text contains none, and templates pass
 * them through.
 */
export function markNotIn(texts: readonly string[]): string {
  let mark = '\ufdd0';
  while (texts.some((text) => text.includes(mark))) mark += '\ufdd0';
  return mark;
}

/** The name of a special token in the renamed tokenizer. No text contains it. */
const hiddenName = (mark: string, id: number | null): string => `${mark}${id}${mark}`;

/** Placeholder for a tokenizer model that is replaced right after construction. */
const NO_MODEL = { type: 'BPE', vocab: {}, merges: [] };

export class Tokenizer {
  private readonly tokenizer: HfTokenizer;
  /**
   * By mark: the same tokenizer with its special tokens renamed, so that their names are plain text to it. Made when
   * first needed.
   */
  private readonly hidden = new Map<string, HfTokenizer>();
  private readonly makeHidden: (mark: string) => HfTokenizer;
  private readonly specialIds: ReadonlyMap<string, number>;
  private readonly special: RegExp | null;

  /**
   * @param tokenizerJson the text of tokenizer.json, or its parsed value
   * @throws LabError bad-file, unsupported-model
   */
  constructor(tokenizerJson: string | object, configJson: string) {
    const { model, ...file } = readFile('tokenizer.json', TokenizerSchema, tokenizerJson);
    const config = readFile('tokenizer_config.json', ConfigSchema, configJson);
    const special = file.added_tokens.filter((token) => token.special);
    try {
      this.tokenizer = new HfTokenizer({ ...file, model }, config);
    } catch (cause) {
      throw new LabError('unsupported-model', 'This type of tokenizer is not supported.', 'Choose another model.', {
        cause,
      });
    }
    this.makeHidden = (mark) => {
      const added_tokens = file.added_tokens.map((token) =>
        token.special ? { ...token, content: hiddenName(mark, token.id) } : token,
      );
      const hidden = new HfTokenizer(
        { ...file, model: NO_MODEL, added_tokens },
        { ...config, additional_special_tokens: [] },
      );
      // The model is shared: building one with 150,000 tokens takes half a second and 26 MB.
      hidden.model = this.tokenizer.model;
      return hidden;
    };
    this.specialIds = new Map(special.map(({ content, id }) => [content, id]));
    this.special = alternatives(special.map(({ content }) => content));
  }

  /** For templates: names of special tokens in the text become special tokens. No others are added. */
  encode(text: string): number[] {
    return this.tokenizer.encode(text, { add_special_tokens: false }).ids;
  }

  /** For the text of users and models: names of special tokens stay text. */
  encodeText(text: string): number[] {
    // Without the name of a special token in the text, `encode` gives the same tokens, without a second tokenizer.
    return this.hasSpecial(text) ? this.encodeParts([text]) : this.encode(text);
  }

  /**
   * Encodes text that `splitSpecial` has cut: names of special tokens are plain text in the parts at even indices,
   * and special tokens at odd indices.
   */
  encodeParts(parts: readonly string[]): number[] {
    const mark = markNotIn(parts);
    return this.hiddenBy(mark).encode(this.withHiddenNames(parts, mark), { add_special_tokens: false }).ids;
  }

  /**
   * Encodes a text or a pair of texts for an encoder: with the special tokens that the tokenizer adds, and for each
   * token the text that it belongs to.
   * @param parts text as `splitSpecial` cuts it
   * @param pair the second text, in which names of special tokens are plain text
   */
  encodeWhole(parts: readonly string[], pair: string | null): { ids: number[]; types: number[] } {
    const mustHide = [...parts.filter((_, i) => i % 2 === 0), pair ?? ''].some((text) => this.hasSpecial(text));
    const mark = markNotIn([...parts, pair ?? '']);
    const tokenizer = mustHide ? this.hiddenBy(mark) : this.tokenizer;
    const text = mustHide ? this.withHiddenNames(parts, mark) : parts.join('');
    // The library treats an empty second text as none. A space encodes as little as possible.
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

  /** Splits the text at the names of special tokens: text at even indices, names at odd ones. */
  splitSpecial(text: string): string[] {
    return this.special === null ? [text] : text.split(this.special);
  }

  /** Id of a special token. */
  specialId(name: string): number | null {
    return this.specialIds.get(name) ?? null;
  }

  /** Id of any token. */
  tokenId(name: string): number | null {
    return this.tokenizer.token_to_id(name) ?? null;
  }

  /** Special tokens are left out unless asked for. Invalid UTF-8 becomes U+FFFD. */
  decode(tokens: readonly number[], { special = false }: { readonly special?: boolean } = {}): string {
    if (tokens.length === 0) return '';
    return this.tokenizer.decode([...tokens], { skip_special_tokens: !special, clean_up_tokenization_spaces: false });
  }

  private hiddenBy(mark: string): HfTokenizer {
    const hidden = this.hidden.get(mark) ?? this.makeHidden(mark);
    this.hidden.set(mark, hidden);
    return hidden;
  }

  private withHiddenNames(parts: readonly string[], mark: string): string {
    return parts.map((part, i) => (i % 2 === 1 ? hiddenName(mark, this.specialId(part)) : part)).join('');
  }
}
