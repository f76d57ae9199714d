/**
 * A model as its files describe it: shape, tokenizer, chat template, and the weights, which are not read yet. Nothing
 * here is on a device.
 */
import * as v from 'valibot';
import { openSafetensors, openSharded, parseShardIndex } from '../formats/safetensors';
import type { TensorFile } from '../formats/tensor-file';
import { at } from '../lib/assert';
import { LabError } from '../lib/errors';
import type { ModelUse } from '../records/models';
import { type ModelConfig, parseConfig, parseModelJson } from './config';
import type { ModelParts, ModelSource } from './model-source';
import { ChatTemplate } from './tokenizer/chat-template';
import { endsOf } from './tokenizer/ends';
import type { TemplateRenderer } from './tokenizer/template-renderer';
import { Tokenizer } from './tokenizer/tokenizer';

export interface LanguageModel {
  readonly name: string;
  readonly config: ModelConfig;
  readonly tokenizer: Tokenizer;
  readonly template: ChatTemplate;
  readonly weights: TensorFile;
}

const GenerationConfigSchema = v.object({ eos_token_id: v.nullish(v.union([v.number(), v.array(v.number())])) });

/** Reads a GGUF file, see gguf/gguf-model.ts. The page loads that code with the first GGUF file. */
export type GgufReader = (source: ModelSource, file: string) => Promise<ModelParts>;

/** @throws LabError not-found, bad-file, unsupported-model */
export async function openModel(
  source: ModelSource,
  templates: TemplateRenderer,
  readGguf: GgufReader,
): Promise<LanguageModel> {
  const [parts, templateText, generationText] = await Promise.all([
    source.gguf === null ? openFolder(source) : readGguf(source, source.gguf),
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
 * Encodes one user message with the chat template, up to where the assistant's turn begins. The template's default
 * system prompt applies.
 * @param native whether a model with its own thinking mode uses it
 * @throws LabError unsupported-model
 */
export function encodeUserMessage(model: LanguageModel, message: string, native: boolean): Promise<number[]> {
  return model.template.encode([{ role: 'user', content: message }], true, { enable_thinking: native });
}

export interface VerdictQuestion {
  /** The user's turn, the opening of the assistant's turn, and how its answer begins. */
  readonly prompt: readonly number[];
  /** The token that makes the answer A, and the token that makes it B. */
  readonly A: number;
  readonly B: number;
}

/** @throws LabError unsupported-model */
export async function verdictQuestion(model: LanguageModel, message: string): Promise<VerdictQuestion> {
  const bracketed = message.includes('[[A]]') && message.includes('[[B]]');
  const { begin, A, B } = answers(model.tokenizer, bracketed ? ['[[A]]', '[[B]]'] : ['A', 'B']);
  return { prompt: [...(await encodeUserMessage(model, message, false)), ...begin], A, B };
}

/**
 * The verdict is the first token in which the two answers differ, whether the tokenizer encodes `[[A` as one token or
 * as two.
 */
function answers(tokenizer: Tokenizer, [a, b]: readonly [string, string]) {
  const [ofA, ofB] = [tokenizer.encodeText(a), tokenizer.encodeText(b)];
  const place = ofA.findIndex((token, i) => token !== ofB[i]);
  if (place === -1 || place >= ofB.length) {
    throw new LabError(
      'unsupported-model',
      `The model's tokenizer encodes ${a} and ${b} alike, so the model cannot give verdicts.`,
      'Choose another judge.',
    );
  }
  return { begin: ofA.slice(0, place), A: at(ofA, place), B: at(ofB, place) };
}

export interface ModelDescription {
  /** Set for judges. Without it the model is a policy. */
  readonly use?: Exclude<ModelUse, 'policy'>;
  readonly architecture: string;
  /** Number of parameters. A head that is the embedding counts once. */
  readonly parameters: number;
  /** Storage type of most values, for example `BF16` or `Q4_1`. */
  readonly quantization: string;
}

/** Describes a model by its opened files, without reading its weights. */
export function describeModel({ config, weights }: Pick<LanguageModel, 'config' | 'weights'>): ModelDescription {
  const values = new Map<string, number>();
  for (const { dtype, shape } of weights.tensors.values()) {
    values.set(dtype, (values.get(dtype) ?? 0) + shape.reduce((product, size) => product * size, 1));
  }
  const [most] = [...values].sort(([, a], [, b]) => b - a);
  return {
    architecture: config.architecture,
    parameters: [...values.values()].reduce((sum, count) => sum + count, 0),
    quantization: most?.[0] ?? 'F32',
  };
}
