/** A model as its files describe it: shape, tokenizer, chat template and, unread, the weights. Nothing here is on a device. */
import * as v from 'valibot';
import type { ByteSource } from '../formats/byte-source';
import { openSafetensors, openSharded, parseShardIndex } from '../formats/safetensors';
import type { TensorFile } from '../formats/tensor-file';
import { ChatTemplate } from './chat-template';
import { type ModelConfig, parseConfig } from './config';
import { endsOf } from './ends';
import { parseModelJson } from './model-json';
import type { TemplateRenderer } from './template-renderer';
import { Tokenizer } from './tokenizer';

/** Where a model's files are: beside the page, in storage, in a folder of the user's. */
export interface ModelSource {
  readonly name: string;
  /** Its GGUF file, where the model is one; else null, and it is a folder of Hugging Face's. */
  readonly gguf: string | null;
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

/** What kinds of models say differently. */
export interface ModelParts {
  readonly config: ModelConfig;
  /** tokenizer.json, its text or what it says. */
  readonly tokenizer: string | object;
  /** Text of tokenizer_config.json. */
  readonly tokenizerConfig: string;
  readonly weights: TensorFile;
}

/** @throws LabError not-found, bad-file, unsupported-model */
export async function openModel(source: ModelSource, templates: TemplateRenderer): Promise<LanguageModel> {
  const [parts, templateText, generationText] = await Promise.all([
    source.gguf === null ? openFolder(source) : openGgufFile(source, source.gguf),
    source.optionalText('chat_template.jinja'),
    source.optionalText('generation_config.json'),
  ]);
  const { config, tokenizerConfig, weights } = parts;
  const tokenizer = new Tokenizer(parts.tokenizer, tokenizerConfig);
  const template = new ChatTemplate(tokenizer, templates, tokenizerConfig, templateText ?? undefined);

  const generation =
    generationText === null
      ? null
      : v.safeParse(GenerationConfigSchema, parseModelJson('generation_config.json', generationText));
  const declared = generation?.success ? [generation.output.eos_token_id ?? []].flat() : [];
  const ends = await endsOf(template, tokenizer, [...declared, ...config.ends]);
  return { name: source.name, config: { ...config, ends }, tokenizer, template, weights };
}

/** Its reader is loaded when the first such file is opened. */
async function openGgufFile(source: ModelSource, file: string): Promise<ModelParts> {
  const { openGgufModel } = await import('./gguf-model');
  return openGgufModel(source, file);
}

async function openFolder(source: ModelSource): Promise<ModelParts> {
  const [configText, tokenizer, tokenizerConfig, indexText] = await Promise.all([
    source.text('config.json'),
    source.text('tokenizer.json'),
    source.text('tokenizer_config.json'),
    source.optionalText('model.safetensors.index.json'),
  ]);
  const config = parseConfig(parseModelJson('config.json', configText));
  const weights =
    indexText === null
      ? await openSafetensors(await source.bytes('model.safetensors'))
      : await openSharded(parseShardIndex(indexText), (file) => source.bytes(file));
  return { config, tokenizer, tokenizerConfig, weights };
}

/**
 * Tokens of one user message in the chat template, up to where the assistant begins. The template's own system prompt applies.
 * @param native whether a model that can think its own way is to do so
 * @throws LabError unsupported-model
 */
export function encodeUserMessage(model: LanguageModel, message: string, native: boolean): Promise<number[]> {
  return model.template.encode([{ role: 'user', content: message }], true, { enable_thinking: native });
}
