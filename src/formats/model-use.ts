import * as v from 'valibot';
import type { ModelUse } from '../records/models';

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
