/**
 * How byte-level vocabularies split a text before merging, by the name in GGUF's `tokenizer.ggml.pre`. The entries
 * are those of the models' tokenizer.json, by the names that llama.cpp uses (llama-vocab.cpp).
 */

interface PreTokenizer {
  /**
   * Each pattern splits the pieces that the patterns before it left. Matches and the text between them both remain
   * pieces.
   */
  readonly splits: readonly string[];
  /** True if GPT-2's pattern splits last. */
  readonly gpt2: boolean;
  /** True if a piece that is a token is used without merging. */
  readonly ignoreMerges: boolean;
  /** True if the text is normalised to NFC first. Files do not say it, so it depends on the family. */
  readonly nfc: boolean;
}

const GPT2: PreTokenizer = { splits: [], gpt2: true, ignoreMerges: false, nfc: false };
const DIGITS: PreTokenizer = { ...GPT2, splits: ['\\p{N}'] };
const OWN: PreTokenizer = { ...GPT2, gpt2: false };

/** GPT-2's pattern, for use with patterns after it. */
const GPT2_WORDS = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
const CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
const SPACES = '\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+';
/** Words with the character before them, up to `digits` digits, punctuation, spaces. */
const words = (digits: string, marks = ''): string =>
  `${CONTRACTIONS}|[^\\r\\n\\p{L}\\p{N}]?[\\p{L}${marks}]+|${digits}| ?[^\\s\\p{L}${marks}\\p{N}]+[\\r\\n]*|${SPACES}`;
/** Words, split where a capital follows a small letter. */
const casedWords = (ending: string, digits: string): string => {
  const upper = '[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]';
  const lower = '[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]';
  const before = '[^\\r\\n\\p{L}\\p{N}]?';
  const cased = `${before}${upper}*${lower}+${ending}|${before}${upper}+${lower}*${ending}`;
  return `${cased}|${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|${SPACES}`;
};

const LLAMA3: PreTokenizer = { ...OWN, splits: [words('\\p{N}{1,3}')], ignoreMerges: true };
const QWEN2: PreTokenizer = { ...OWN, splits: [words('\\p{N}')] };

const PRE_TOKENIZERS: Readonly<Record<string, PreTokenizer>> = {
  // llama.cpp's default for files without a name.
  default: { ...OWN, splits: ['[\\p{P}\\$\\+<=>\\^~\\|]+', GPT2_WORDS, '\\p{N}+', '[0-9][0-9][0-9]'] },
  'gpt-2': GPT2,
  olmo: GPT2,
  mellum: GPT2,
  gigachat: GPT2,
  smollm: DIGITS,
  refact: DIGITS,
  starcoder: DIGITS,
  'command-r': DIGITS,
  codeshell: DIGITS,
  'minerva-7b': DIGITS,
  'llama-bpe': LLAMA3,
  'llama-v3': LLAMA3,
  llama3: LLAMA3,
  falcon3: LLAMA3,
  pixtral: LLAMA3,
  dbrx: { ...LLAMA3, ignoreMerges: false },
  'smaug-bpe': { ...LLAMA3, ignoreMerges: false },
  qwen2: { ...QWEN2, nfc: true },
  'deepseek-r1-qwen': QWEN2,
  megrez: QWEN2,
  stablelm2: QWEN2,
  qwen35: { ...OWN, splits: [words('\\p{N}', '\\p{M}')], nfc: true },
  tekken: { ...OWN, splits: [casedWords('', '\\p{N}')], ignoreMerges: true },
  'gpt-4o': { ...OWN, splits: [casedWords(`${CONTRACTIONS}?`, '\\p{N}{1,3}')] },
  'deepseek-coder': { ...OWN, splits: ['[\\r\\n]', '\\s?\\p{L}+', '\\s?\\p{P}+', '[一-龥ࠀ-一가-퟿]+', '\\p{N}'] },
};

export const PRE_TOKENIZER_NAMES: readonly string[] = Object.keys(PRE_TOKENIZERS);

export interface PreTokenizerFile {
  readonly normalizer: object | null;
  readonly pre_tokenizer: object;
  readonly ignore_merges: boolean;
}

/** The parts of a tokenizer.json. Null for an unknown name. */
export function preTokenizerFile(name: string): PreTokenizerFile | null {
  const preset = Object.hasOwn(PRE_TOKENIZERS, name) ? PRE_TOKENIZERS[name] : undefined;
  if (preset === undefined) return null;
  const pretokenizers = [
    ...preset.splits.map((Regex) => ({ type: 'Split', pattern: { Regex }, behavior: 'Isolated', invert: false })),
    { type: 'ByteLevel', add_prefix_space: false, trim_offsets: false, use_regex: preset.gpt2 },
  ];
  return {
    normalizer: preset.nfc ? { type: 'NFC' } : null,
    pre_tokenizer: { type: 'Sequence', pretokenizers },
    ignore_merges: preset.ignoreMerges,
  };
}
