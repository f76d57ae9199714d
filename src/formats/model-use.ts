import * as v from 'valibot';

/** What a model can be to the lab: the policy that learns, a judge that scores, or a judge that compares embeddings. */
export const MODEL_USES = ['policy', 'reward', 'embedding'] as const;
export type ModelUse = (typeof MODEL_USES)[number];

/** A sentence-transformer is a folder with this file, whatever its encoder is called. */
export const SENTENCE_MODULES = 'modules.json';

/**
 * @param architecture of config.json, e.g. `BertForSequenceClassification`
 * @param names of the model's files
 */
export function useOf(architecture: string, names: readonly string[]): ModelUse {
  if (architecture.endsWith('ForSequenceClassification')) return 'reward';
  if (names.includes(SENTENCE_MODULES)) return 'embedding';
  // An encoder without a head, or with the one that it was pre-trained with.
  return /(Model|ForMaskedLM|ForPreTraining)$/.test(architecture) ? 'embedding' : 'policy';
}

const ConfigSchema = v.looseObject({ architectures: v.array(v.string()) });

/** As a config.json names it; '' where it does not. */
export function architectureOf(config: unknown): string {
  const parsed = v.safeParse(ConfigSchema, config);
  return parsed.success ? (parsed.output.architectures[0] ?? '') : '';
}
