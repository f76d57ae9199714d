/**
 * The tokenizer and chat template of a GGUF file, written as the equivalent tokenizer.json and tokenizer_config.json.
 */
import type { Gguf } from '../../formats/gguf/gguf';
import { LabError } from '../../lib/errors';
import { FLAG, ggufValue, optionalGgufValue, TEXT, TEXTS } from './gguf-metadata';
import { PRE_TOKENIZER_NAMES, preTokenizerFile } from './gguf-pre-tokenizers';
import { type GgufToken, ggufTexts, ggufTokens, mergesFromScores, TOKEN_TYPE, tokenId } from './gguf-tokens';

/** SentencePiece's character for a space. */
const SPACE = '\u2581';
const TEMPLATE = 'tokenizer.chat_template';

/** The equivalent of tokenizer.json, parsed. @throws LabError bad-file, unsupported-model */
export function ggufTokenizer(gguf: Gguf): object {
  const tokens = ggufTokens(gguf);
  const model = ggufValue(gguf, 'tokenizer.ggml.model', TEXT);
  const added_tokens = tokens.filter(isAdded).map(({ id, text, type }) => ({
    id,
    content: text,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: type !== TOKEN_TYPE.userDefined,
  }));
  const common = { version: '1.0', truncation: null, padding: null, added_tokens, post_processor: null };
  if (model === 'gpt2') return { ...common, ...byteLevel(gguf, tokens) };
  if (model === 'llama') return { ...common, ...sentencePiece(gguf, tokens) };
  throw new LabError(
    'unsupported-model',
    `${gguf.name} has a tokenizer of type ${model}, which is not supported.`,
    'Supported types: gpt2, llama. Or put the model’s tokenizer.json next to it.',
  );
}

/** True for tokens that are found in the text before anything else is done. */
const isAdded = ({ type, text }: GgufToken): boolean =>
  text !== '' && (type === TOKEN_TYPE.control || type === TOKEN_TYPE.userDefined || type === TOKEN_TYPE.unknown);

/**
 * Ids of the tokens that merges can produce. Control tokens are excluded, so that a text that spells one does not
 * become it.
 */
function vocabulary(tokens: readonly GgufToken[]): Record<string, number> {
  const made = tokens.filter(
    ({ type, text }) => type !== TOKEN_TYPE.control && type !== TOKEN_TYPE.userDefined && text !== '',
  );
  return Object.fromEntries(made.map(({ text, id }) => [text, id]));
}

/** Byte-level BPE. Tokens and merges are spelled in GPT-2's characters for bytes. */
function byteLevel(gguf: Gguf, tokens: readonly GgufToken[]): object {
  const name = optionalGgufValue(gguf, 'tokenizer.ggml.pre', TEXT) ?? 'default';
  const pre = preTokenizerFile(name);
  if (pre === null) {
    throw new LabError(
      'unsupported-model',
      `${gguf.name} uses the pre-tokenizer ${name}, which is not supported.`,
      `Known: ${PRE_TOKENIZER_NAMES.join(', ')}. Or put the model’s tokenizer.json next to it.`,
    );
  }
  const { ignore_merges, ...rest } = pre;
  return {
    ...rest,
    decoder: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: false, use_regex: false },
    model: {
      type: 'BPE',
      vocab: vocabulary(tokens),
      merges: ggufValue(gguf, 'tokenizer.ggml.merges', TEXTS),
      ignore_merges,
    },
  };
}

/** SentencePiece's BPE. Spaces are written as ▁, and unknown characters become bytes. */
function sentencePiece(gguf: Gguf, tokens: readonly GgufToken[]): object {
  const prefix = optionalGgufValue(gguf, 'tokenizer.ggml.add_space_prefix', FLAG) ?? true;
  const unknown = tokenId(gguf, 'unknown') ?? tokens.find(({ type }) => type === TOKEN_TYPE.unknown)?.id;
  const spaces = { type: 'Replace', pattern: { String: ' ' }, content: SPACE };
  return {
    normalizer: prefix ? { type: 'Sequence', normalizers: [{ type: 'Prepend', prepend: SPACE }, spaces] } : spaces,
    pre_tokenizer: null,
    decoder: {
      type: 'Sequence',
      decoders: [
        { type: 'Replace', pattern: { String: SPACE }, content: ' ' },
        { type: 'ByteFallback' },
        { type: 'Fuse' },
        ...(prefix ? [{ type: 'Strip', content: ' ', start: 1, stop: 0 }] : []),
      ],
    },
    model: {
      type: 'BPE',
      vocab: vocabulary(tokens),
      merges: mergesFromScores(tokens),
      unk_token: unknown === undefined ? null : (tokens[unknown]?.text ?? null),
      fuse_unk: true,
      byte_fallback: true,
      ignore_merges: false,
    },
  };
}

/**
 * The equivalent of tokenizer_config.json, parsed: the special tokens that a template may use, and the template.
 * @throws LabError bad-file
 */
export function ggufTokenizerConfig(gguf: Gguf): object {
  const texts = ggufTexts(gguf);
  const names = { bos: 'bos', eos: 'eos', unknown: 'unk', padding: 'pad' };
  const tokens = Object.entries(names).flatMap(([part, name]) => {
    const id = tokenId(gguf, part);
    return id === null ? [] : [[`${name}_token`, texts[id]]];
  });
  return { ...Object.fromEntries(tokens), clean_up_tokenization_spaces: false, chat_template: chatTemplates(gguf) };
}

function chatTemplates(gguf: Gguf): { name: string; template: string }[] {
  return [...gguf.metadata.keys()]
    .filter((key) => key === TEMPLATE || key.startsWith(`${TEMPLATE}.`))
    .map((key) => ({ name: key.slice(TEMPLATE.length + 1) || 'default', template: ggufValue(gguf, key, TEXT) }));
}
