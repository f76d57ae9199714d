/** Opens the judges in ONNX format: the bundled reward model, and stored reward and sentence-embedding models. */
import type { TemplateRenderer } from '../../model/tokenizer/template-renderer';
import { BUNDLED_JUDGE } from '../../recipe/judges/onnx';
import type { Recipe } from '../../recipe/recipe';
import type { OpenJudge } from '../judge';
import type { JudgeOpening, JudgeServices } from '../opening';
import { judgeConfig, labelOf, longestInput, poolingOf, tokenizerConfig } from './config';
import { bundledReader, type JudgeFiles, type JudgeTexts, openTokenizer, pairReader, textReader } from './reading';
import { RewardJudge } from './reward-judge';
import type { Gpu } from './session';
import { SimilarityJudge } from './similarity-judge';

/** @throws LabError judge-failed, bad-file, unsupported-model, no-webgpu, adapter-limits */
export async function openRewardJudge({ recipe, services }: JudgeOpening): Promise<OpenJudge> {
  const gpu = await gpuOf(services);
  if (recipe.onnxModel === '') {
    const { base } = services;
    return loading(bundledJudge(base, await services.servedFiles(BUNDLED_JUDGE.name), gpu));
  }
  const files = await services.storedFiles(recipe.onnxModel, 'reward');
  return loading(await rewardJudge(files, recipe, services.templates, gpu));
}

/** @throws LabError judge-failed, bad-file, unsupported-model, no-webgpu, adapter-limits */
export async function openSimilarityJudge({ recipe, services }: JudgeOpening): Promise<OpenJudge> {
  const gpu = await gpuOf(services);
  return loading(await similarityJudge(await services.storedFiles(recipe.similarityModel, 'embedding'), gpu));
}

async function gpuOf(services: JudgeServices): Promise<Gpu> {
  const { name, kind } = await services.device();
  return { name, software: kind === 'software' };
}

/**
 * Loads the judge while the first candidates are generated. A failure is ignored here: the first `score` tries again.
 */
function loading<T extends RewardJudge | SimilarityJudge>(judge: T): T {
  judge.load().catch(() => {});
  return judge;
}

/** @param base URL of the page. @param files of the bundled judge, served by the page */
export function bundledJudge(base: string, files: JudgeTexts, gpu: Gpu | null): RewardJudge {
  const { name } = BUNDLED_JUDGE;
  const model = new URL(`models/${name}/model.onnx`, base).href;
  return new RewardJudge({ name, model, reader: () => bundledReader(files), graph: { pad: 0, vocabulary: 512 }, gpu });
}

/** @throws LabError bad-file; judge-failed: the model has no such label */
export async function rewardJudge(
  files: JudgeFiles,
  { onnxTemplate, onnxLabel }: Pick<Recipe, 'onnxTemplate' | 'onnxLabel'>,
  templates: TemplateRenderer,
  gpu: Gpu | null,
): Promise<RewardJudge> {
  const { config, graph, maxTokens, hasTemplate } = await settingsOf(files);
  return new RewardJudge({
    ...{ name: files.name, model: files.model, graph, gpu },
    reader: () => pairReader(files, templates, { template: onnxTemplate, hasTemplate, maxTokens }),
    label: labelOf(config, onnxLabel),
    independent: config.problem_type === 'multi_label_classification',
  });
}

/** @throws LabError bad-file, unsupported-model */
export async function similarityJudge(files: JudgeFiles, gpu: Gpu | null): Promise<SimilarityJudge> {
  const { graph, maxTokens } = await settingsOf(files);
  const pooling = poolingOf(await files.optionalText('1_Pooling/config.json'));
  return new SimilarityJudge({
    ...{ name: files.name, model: files.model, graph: { ...graph, pooling }, gpu },
    reader: () => textReader(files, maxTokens),
  });
}

/** Vocabulary size to assume if the configuration names none: every tokenizer has these ids. */
const SMALLEST_VOCABULARY = 100;

async function settingsOf(files: JudgeFiles) {
  const [config, { tokenizer, config: tokenizerText }] = await Promise.all([
    files.text('config.json').then(judgeConfig),
    openTokenizer(files),
  ]);
  const { maxTokens, pad, hasTemplate } = tokenizerConfig(tokenizerText);
  return {
    config,
    graph: {
      pad: config.pad_token_id ?? (pad === null ? null : tokenizer.tokenId(pad)) ?? 0,
      vocabulary: config.vocab_size ?? SMALLEST_VOCABULARY,
    },
    hasTemplate,
    maxTokens: longestInput(config, maxTokens, await files.optionalText('sentence_bert_config.json')),
  };
}
