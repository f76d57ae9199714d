/** Judges in ONNX: the bundled one, and those that are stored. Loaded when a recipe first names one. */
import type { OpenJudge } from '../../judges/judge';
import { judgeConfig, labelOf, longestInput, poolingOf, tokenizerConfig } from '../../judges/onnx/config';
import { OnnxJudge } from '../../judges/onnx/onnx';
import { bundledReader, openTokenizer, pairReader, textReader } from '../../judges/onnx/reading';
import { SimilarityJudge } from '../../judges/onnx/similarity';
import type { TemplateRenderer } from '../../model/template-renderer';
import { BUNDLED_JUDGE } from '../../recipe/judges/onnx';
import type { Recipe } from '../../recipe/recipe';
import type { DeviceInfo } from '../../records/device';
import { ModelFiles } from '../models/model-files';
import type { JudgeFiles } from './stored-judges';

export interface OnnxParts {
  /** Address of the page. */
  readonly base: string;
  device(): Promise<Pick<DeviceInfo, 'name' | 'kind'>>;
  readonly templates: TemplateRenderer;
  /** A stored judge's files. @throws LabError judge-failed, bad-file */
  stored(id: string, use: 'reward' | 'embedding'): Promise<JudgeFiles>;
}

/** @throws LabError judge-failed, bad-file, unsupported-model, and what keeps the lab from having a device */
export async function openOnnxJudge(
  kind: 'onnx' | 'similarity',
  recipe: Recipe,
  parts: OnnxParts,
): Promise<OpenJudge> {
  const { name, kind: device } = await parts.device();
  const gpu = { name, software: device === 'software' };
  const judge = await opened(kind, recipe, parts, gpu);
  // It loads while the first candidates are written; a failure is heard, and tried again, when it first scores.
  judge.load().catch(() => {});
  return judge;
}

async function opened(kind: 'onnx' | 'similarity', recipe: Recipe, { base, stored, templates }: OnnxParts, gpu: Gpu) {
  if (kind === 'similarity') return similarityJudge(await stored(recipe.similarityModel, 'embedding'), gpu);
  if (recipe.onnxModel === '') return bundledJudge(base, gpu);
  return rewardJudge(await stored(recipe.onnxModel, 'reward'), recipe, templates, gpu);
}

type Gpu = { readonly name: string; readonly software: boolean } | null;

/** @param base address of the page */
export function bundledJudge(base: string, gpu: Gpu): OnnxJudge {
  const { name } = BUNDLED_JUDGE;
  const files = new ModelFiles(base, name);
  const model = new URL(`models/${name}/model.onnx`, base).href;
  return new OnnxJudge({ name, model, reader: () => bundledReader(files), graph: { pad: 0, vocabulary: 512 }, gpu });
}

/** @throws LabError bad-file, judge-failed (no such label) */
export async function rewardJudge(
  files: JudgeFiles,
  { onnxTemplate, onnxLabel }: Pick<Recipe, 'onnxTemplate' | 'onnxLabel'>,
  templates: TemplateRenderer,
  gpu: Gpu,
): Promise<OnnxJudge> {
  const { config, graph, most, hasTemplate } = await settingsOf(files);
  return new OnnxJudge({
    ...{ name: files.name, model: files.model, graph, gpu },
    reader: () => pairReader(files, templates, { template: onnxTemplate, hasTemplate, most }),
    label: labelOf(config, onnxLabel),
    independent: config.problem_type === 'multi_label_classification',
  });
}

/** @throws LabError bad-file, unsupported-model */
export async function similarityJudge(files: JudgeFiles, gpu: Gpu): Promise<SimilarityJudge> {
  const { graph, most } = await settingsOf(files);
  const pooling = poolingOf(await files.optionalText('1_Pooling/config.json'));
  return new SimilarityJudge({
    ...{ name: files.name, model: files.model, graph: { ...graph, pooling }, gpu },
    reader: () => textReader(files, most),
  });
}

async function settingsOf(files: JudgeFiles) {
  const [config, { tokenizer, config: tokenizerText }] = await Promise.all([
    files.text('config.json').then(judgeConfig),
    openTokenizer(files),
  ]);
  const { most, pad, hasTemplate } = tokenizerConfig(tokenizerText);
  const graph = {
    pad: config.pad_token_id ?? (pad === null ? null : tokenizer.tokenId(pad)) ?? 0,
    vocabulary: config.vocab_size ?? SMALLEST,
  };
  return {
    config,
    graph,
    hasTemplate,
    most: longestInput(config, most, await files.optionalText('sentence_bert_config.json')),
  };
}

/** Ids that any tokenizer has. */
const SMALLEST = 100;
