/** What a judge's configuration files say: config.json, tokenizer_config.json, and sentence-transformers' own. */
import * as v from 'valibot';
import { LabError } from '../../lib/errors';
import { parseModelJson } from '../../model/model-json';
import type { Pooling } from './pooling';

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
  /** Where nobody set it, a number of thirty digits. */
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

/** Their positions begin behind the padding's. */
const SHIFTED = ['roberta', 'xlm-roberta', 'xlm-roberta-xl', 'camembert', 'mpnet', 'longformer'];
const USUAL_LENGTH = 512;
/** Attention's memory grows with the square of it, and it runs on the CPU. */
const LONGEST = 8192;

function parsed<S extends v.GenericSchema>(name: string, schema: S, text: string): v.InferOutput<S> {
  const result = v.safeParse(schema, parseModelJson(name, text));
  if (result.success) return result.output;
  throw new LabError('bad-file', `${name} is not what it should be.`, 'Download the model again.');
}

/** @throws LabError bad-file */
export const judgeConfig = (text: string): JudgeConfig => parsed('config.json', ConfigSchema, text);

/** @throws LabError bad-file */
export function tokenizerConfig(text: string) {
  const {
    model_max_length: most,
    pad_token: pad,
    chat_template: template,
  } = parsed('tokenizer_config.json', TokenizerConfigSchema, text);
  return {
    most: most ?? null,
    pad: (typeof pad === 'string' ? pad : pad?.content) ?? null,
    hasTemplate: template != null && template.length > 0,
  };
}

/** @param file 1_Pooling/config.json; null where there is none. @throws LabError bad-file, unsupported-model */
export function poolingOf(file: string | null): Pooling {
  if (file === null) return 'mean';
  const modes = parsed('1_Pooling/config.json', PoolingSchema, file);
  const chosen = Object.keys(modes).filter((name) => name.startsWith('pooling_mode_') && modes[name] === true);
  if (chosen.length <= 1) {
    if (modes.pooling_mode_cls_token) return 'cls';
    if (modes.pooling_mode_lasttoken) return 'last';
    if (modes.pooling_mode_mean_tokens || chosen.length === 0) return 'mean';
  }
  throw new LabError(
    'unsupported-model',
    `Its pooling (${chosen.map((name) => name.slice('pooling_mode_'.length)).join(' and ')}) is none that the lab computes.`,
    'Choose a model that takes the mean, the first or the last token.',
  );
}

/** Tokens of the longest text. @param sentence sentence_bert_config.json, where there is one. @throws LabError bad-file */
export function longestInput(config: JudgeConfig, tokenizerMost: number | null, sentence: string | null): number {
  const { max_position_embeddings: positions, model_type: type, pad_token_id: pad } = config;
  const shift = type != null && SHIFTED.includes(type) ? (pad ?? 1) + 1 : 0;
  const said = sentence === null ? null : parsed('sentence_bert_config.json', SentenceSchema, sentence).max_seq_length;
  const limits = [tokenizerMost, said, positions == null ? null : positions - shift].filter(
    (most) => most != null && most > 0,
  );
  return Math.min(LONGEST, limits.length === 0 ? USUAL_LENGTH : Math.min(...limits.map(Number)));
}

/** The number of a label by its name or number; null: the last. @throws LabError judge-failed */
export function labelOf({ id2label }: JudgeConfig, wanted: string): number | null {
  if (wanted === '') return null;
  const labels = Object.entries(id2label ?? {});
  const found = labels.find(([id, name]) => id === wanted || name.toLowerCase() === wanted.toLowerCase());
  if (found !== undefined) return Number(found[0]);
  if (labels.length === 0 && /^\d+$/.test(wanted)) return Number(wanted);
  throw new LabError(
    'judge-failed',
    `The judge's model has no label ${wanted}${labels.length > 0 ? `, but ${labels.map(([, name]) => name).join(', ')}` : ''}.`,
    'Name one of its labels in the recipe, or none for the last.',
  );
}
