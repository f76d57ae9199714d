/** A model as its files describe it: shape, tokenizer, chat template and, unread, the weights. Nothing here is on a device. */
import * as v from 'valibot';
import type { ByteSource } from '../formats/byte-source';
import { openSafetensors } from '../formats/safetensors';
import { openSharded, parseShardIndex } from '../formats/sharded';
import type { TensorFile } from '../formats/tensor-file';
import { LabError } from '../lib/errors';
import { ChatTemplate } from './chat-template';
import { type ModelConfig, parseConfig } from './config';
import { Tokenizer } from './tokenizer';

/** Where a model's files are: beside the page, in storage, in a folder of the user's. */
export interface ModelSource {
  readonly name: string;
  text(file: string): Promise<string>;
  /** null where the model has no such file. */
  optionalText(file: string): Promise<string | null>;
  bytes(file: string): Promise<ByteSource>;
}

export interface LanguageModel {
  readonly name: string;
  readonly config: ModelConfig;
  readonly tokenizer: Tokenizer;
  readonly template: ChatTemplate;
  readonly weights: TensorFile;
}

const GenerationConfigSchema = v.object({ eos_token_id: v.nullish(v.union([v.number(), v.array(v.number())])) });

/** @throws LabError not-found, bad-file, unsupported-model */
export async function openModel(source: ModelSource): Promise<LanguageModel> {
  const [configText, tokenizerText, tokenizerConfig, templateText, generationText, indexText] = await Promise.all([
    source.text('config.json'),
    source.text('tokenizer.json'),
    source.text('tokenizer_config.json'),
    source.optionalText('chat_template.jinja'),
    source.optionalText('generation_config.json'),
    source.optionalText('model.safetensors.index.json'),
  ]);
  const config = parseConfig(parseJson('config.json', configText));
  const tokenizer = new Tokenizer(tokenizerText, tokenizerConfig);
  const template = new ChatTemplate(tokenizer, tokenizerConfig, templateText ?? undefined);
  const weights =
    indexText === null
      ? await openSafetensors(await source.bytes('model.safetensors'))
      : await openSharded(parseShardIndex(indexText), (file) => source.bytes(file));

  const generation =
    generationText === null ? null : v.safeParse(GenerationConfigSchema, parseJson('generation_config.json', generationText));
  const turn = template.endOfTurn === null ? null : tokenizer.specialId(template.endOfTurn);
  const more = generation?.success ? [generation.output.eos_token_id ?? []].flat() : [];
  const ends = [...new Set([...config.ends, ...more, ...(turn === null ? [] : [turn])])];
  if (ends.length === 0) {
    throw new LabError('unsupported-model', 'The model names no token that ends a turn.', 'Choose an instruction-tuned model.');
  }
  // The sampler compares with four.
  return { name: source.name, config: { ...config, ends: ends.slice(0, 4) }, tokenizer, template, weights };
}

function parseJson(name: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new LabError('bad-file', `${name} is not JSON.`, 'Download the model again.', { cause });
  }
}

/** Tokens of one user message in the chat template, up to where the assistant begins. */
export function encodeUserMessage(model: LanguageModel, message: string): number[] {
  return model.template.encode([{ role: 'user', content: message }], true);
}
