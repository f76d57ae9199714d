/** Reads a judge's configuration files: config.json, tokenizer_config.json and those of sentence-transformers. */
import * as v from 'valibot';
import { LabError } from '../../lib/errors';
import { parseModelJson } from '../../model/config';
import type { Pooling } from './graph';

const Count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const ConfigSchema = v.looseObject({
  architectures: v.nullish(v.array(v.string())),
  model_type: v.nullish(v.string()),
  pad_token_id: v.nullish(Count),
  vocab_size: v.nullish(Count),
  max_position_embeddings: v.nullish(Count),
  id2label: v.nullish(v.record(v.string(), v.string())),
  problem_type: v.nullish(v.string()),
});
export type JudgeConfig = v.InferOutput<typeof ConfigSchema>;

const TokenSchema = v.nullish(v.union([v.string(), v.looseObject({ content: v.string() })]));
const TokenizerConfigSchema = v.looseObject({
  /** A number of thirty digits if it was never set. */
  model_max_length: v.nullish(v.number()),
  pad_token: TokenSchema,
  chat_template: v.nullish(v.union([v.string(), v.array(v.unknown())])),
});

const PoolingSchema = v.looseObject({
  pooling_mode_cls_token: v.optional(v.boolean(), false),
  pooling_mode_mean_tokens: v.optional(v.boolean(), false),
  pooling_mode_lasttoken: v.optional(v.boolean(), false),
});
const SentenceSchema = v.looseObject({ max_seq_length: v.nullish(Count) });

/** Model types whose positions start after the padding id. */
const SHIFTED = ['roberta', 'xlm-roberta', 'xlm-roberta-xl', 'camembert', 'mpnet', 'longformer'];
/** Tokens, if no file names a limit. */
const DEFAULT_LENGTH = 512;
/** Tokens at most: the memory of attention grows with the square, and the model may run on the CPU. */
const LONGEST = 8192;

function parsed<S extends v.GenericSchema>(name: string, schema: S, text: string): v.InferOutput<S> {
  const result = v.safeParse(schema, parseModelJson(name, text));
  if (result.success) return result.output;
  throw new LabError('bad-file', `${name} does not have the expected content.`, 'Download the model again.');
}

/** @throws LabError bad-file */
export const judgeConfig = (text: string): JudgeConfig => parsed('config.json', ConfigSchema, text);

/** @throws LabError bad-file */
export function tokenizerConfig(text: string) {
  const {
    model_max_length: maxTokens,
    pad_token: pad,
    chat_template: template,
  } = parsed('tokenizer_config.json', TokenizerConfigSchema, text);
  return {
    maxTokens: maxTokens ?? null,
    pad: (typeof pad === 'string' ? pad : pad?.content) ?? null,
    hasTemplate: template != null && template.length > 0,
  };
}

/** @param file 1_Pooling/config.json; null if there is none. @throws LabError bad-file, unsupported-model */
export function poolingOf(file: string | null): Pooling {
  if (file === null) return 'mean';
  const modes = parsed('1_Pooling/config.json', PoolingSchema, file);
  const chosen = Object.keys(modes).filter((name) => name.startsWith('pooling_mode_') && modes[name] === true);
  if (chosen.length <= 1) {
    if (modes.pooling_mode_cls_token) return 'cls';
    if (modes.pooling_mode_lasttoken) return 'last';
    if (modes.pooling_mode_mean_tokens || chosen.length === 0) return 'mean';
  }
  const names = chosen.map((name) => name.slice('pooling_mode_'.length)).join(' and ');
  throw new LabError(
    'unsupported-model',
    `The model's pooling (${names}) is not supported.`,
    'Choose a model that pools by the mean, the first or the last token.',
  );
}

/** Longest input in tokens. @param sentence sentence_bert_config.json, or null. @throws LabError bad-file */
export function longestInput(config: JudgeConfig, tokenizerLimit: number | null, sentence: string | null): number {
  const { max_position_embeddings: positions, model_type: type, pad_token_id: pad } = config;
  const shift = type != null && SHIFTED.includes(type) ? (pad ?? 1) + 1 : 0;
  const sentenceLimit =
    sentence === null ? null : parsed('sentence_bert_config.json', SentenceSchema, sentence).max_seq_length;
  const limits = [tokenizerLimit, sentenceLimit, positions == null ? null : positions - shift].filter(
    (limit) => limit != null && limit > 0,
  );
  return Math.min(LONGEST, limits.length === 0 ? DEFAULT_LENGTH : Math.min(...limits.map(Number)));
}

/** The index of a label by its name or index; null for the last one. @throws LabError judge-failed */
export function labelOf({ id2label }: JudgeConfig, label: string): number | null {
  if (label === '') return null;
  const labels = Object.entries(id2label ?? {});
  const found = labels.find(([id, name]) => id === label || name.toLowerCase() === label.toLowerCase());
  if (found !== undefined) return Number(found[0]);
  if (labels.length === 0 && /^\d+$/.test(label)) return Number(label);
  const others = labels.length > 0 ? `, but ${labels.map(([, name]) => name).join(', ')}` : '';
  throw new LabError(
    'judge-failed',
    `The judge's model has no label ${label}${others}.`,
    'Name one of its labels in the recipe, or leave the field empty for the last one.',
  );
}
