import { type AdapterFiles, writeAdapterZip } from '../formats/archive';
import { writeJsonLines } from '../formats/jsonl';
import { writePeft } from '../formats/peft';
import { LabError } from '../lib/errors';
import { sha256 } from '../lib/sha256';
import { adapterLayout, adapterMatrices, gatherMatrix } from '../model/adapter-layout';
import type { LanguageModel } from '../model/language-model';
import { judgeNames } from '../recipe/judges/names';
import { baseModelName } from '../recipe/model-id';
import type { Arm, Recipe } from '../recipe/recipe';
import { thoughtPrompt } from '../recipe/thought-prompts';
import type { DeviceInfo } from '../records/device';
import type { Report } from '../records/report';
import type { RunDetail } from '../records/runs';
import type { PromptSets } from '../storage/prompt-sets';
import { bestIterations } from '../tpo/evaluation/best-checkpoint';
import { withPairEdits } from '../tpo/pairs/pair-edits';
import type { RunStore } from '../tpo/store';
import { notFound } from '../worker/runs/run-not-found';
import { toCsv } from './csv';
import { evaluationsTable } from './evaluations';
import { metricsTable } from './metrics';
import { modelCard } from './model-card';
import { pairRows } from './pairs';
import { buildReport } from './report';

export interface ExportSources {
  readonly store: RunStore;
  readonly promptSets: PromptSets;
  /** @throws LabError not-found, bad-file, unsupported-model */
  model(id: string): Promise<Pick<LanguageModel, 'config' | 'tokenizer'>>;
  device(): Promise<DeviceInfo>;
}

/** What a run can leave with: made from what is stored, so a run that ended long ago gives the same bytes. Needs no device. */
export class RunExports {
  constructor(private readonly sources: ExportSources) {}

  /**
   * Zip of PEFT's two files and a model card.
   * @param iteration that closed with it; without one it is the newest
   * @throws LabError not-found
   */
  async adapter(runId: string, arm: Arm, iteration?: number): Promise<Uint8Array<ArrayBuffer>> {
    const { summary, evaluations, iterations } = await this.detail(runId);
    const trained = await this.trained(runId, arm, iteration);
    const card = modelCard({
      name: `${summary.name}, ${arm}`,
      baseModel: baseModelName(summary.recipe.model),
      arm,
      iteration: trained.iteration,
      recipe: summary.recipe,
      prompt: thoughtPrompt(arm, summary.recipe),
      trainPrompts: await this.promptSet(summary.recipe.prompts),
      heldoutPrompts: await this.promptSet(summary.recipe.heldout),
      evaluations,
      best: bestIterations(evaluations),
      judges: judgeNames(summary.recipe, evaluations, iterations),
      device: summary.device,
    });
    return writeAdapterZip(await this.adapterFiles(summary.recipe, trained.weights), card, new Date(summary.updated));
  }

  /** PEFT's two files of an iteration's adapter, and what to call it. @throws LabError not-found */
  async files(runId: string, arm: Arm, iteration: number): Promise<{ name: string; files: AdapterFiles }> {
    const { summary } = await this.detail(runId);
    const { weights } = await this.trained(runId, arm, iteration);
    const files = await this.adapterFiles(summary.recipe, weights);
    return { name: `${summary.name}, ${arm}, iteration ${iteration}`, files };
  }

  /** JSONL, TRL's preference format plus scores: the pairs as readers left them. @throws LabError not-found */
  async pairs(runId: string): Promise<string> {
    const { summary } = await this.detail(runId);
    const tokenizer = await this.tokenizer(summary.recipe.model);
    const { store } = this.sources;
    const rollouts = withPairEdits(
      await store.rollouts(runId, { purpose: 'train' }),
      await store.pairEdits(runId),
      'late',
    );
    return writeJsonLines(pairRows(rollouts, (tokens) => tokenizer.decode(tokens, { special: true })));
  }

  /** CSV. @throws LabError not-found */
  async metrics(runId: string): Promise<string> {
    const { columns, rows } = metricsTable(await this.detail(runId));
    return toCsv(columns, rows);
  }

  /** CSV. @throws LabError not-found */
  async evaluations(runId: string): Promise<string> {
    const { columns, rows } = evaluationsTable((await this.detail(runId)).evaluations);
    return toCsv(columns, rows);
  }

  /** @throws LabError not-found */
  async report(runId: string): Promise<Report> {
    const detail = await this.detail(runId);
    const { recipe, memory } = detail.summary;
    const arm = recipe.arms.includes('thinking') ? 'thinking' : 'direct';
    const { weights } = await this.adapterFiles(recipe, (await this.trained(runId, arm)).weights);
    return buildReport(detail, {
      device: await this.sources.device(),
      memory: memory ?? { planned: 0, peak: 0 },
      adapter: { sha256: await sha256(weights) },
    });
  }

  /** What was trained on is tokens: only the model's own tokenizer says which text they are. */
  private async tokenizer(model: string) {
    try {
      return (await this.sources.model(model)).tokenizer;
    } catch (error) {
      if (!(error instanceof LabError && error.code === 'not-found')) throw error;
      throw new LabError(
        'not-found',
        `The pairs cannot be written as text: the tokenizer of ${baseModelName(model)} is not stored here any more.`,
        'Add that model again under Models, and export then. The pairs themselves are kept.',
        { cause: error },
      );
    }
  }

  private async adapterFiles(recipe: Recipe, weights: Float32Array): Promise<AdapterFiles> {
    const { config } = await this.sources.model(recipe.model);
    const layout = adapterLayout(config, recipe);
    const { rank, alpha, rsLora } = recipe;
    const baseModel = baseModelName(recipe.model);
    const tensors = adapterMatrices(layout).map((matrix) => ({
      layer: matrix.layer,
      module: matrix.module,
      matrix: matrix.factor,
      shape: matrix.shape,
      values: gatherMatrix(weights, matrix),
    }));
    return writePeft({ config: { rank, alpha, rsLora, baseModel }, tensors });
  }

  private async detail(runId: string): Promise<RunDetail> {
    const detail = await this.sources.store.detail(runId);
    if (!detail) throw notFound();
    return detail;
  }

  /** An arm's adapter, and the iterations that it went through. */
  private async trained(
    runId: string,
    arm: Arm,
    iteration?: number,
  ): Promise<{ iteration: number; weights: Float32Array }> {
    const { store } = this.sources;
    if (iteration !== undefined) {
      const weights = await store.iterationAdapter(runId, arm, iteration);
      if (weights) return { iteration, weights };
      throw new LabError(
        'not-found',
        `This run has no adapter of the ${arm} arm of iteration ${iteration}.`,
        'Let it run until the iteration has been trained.',
      );
    }
    const head = await store.head(runId, arm);
    if (!head)
      throw new LabError(
        'not-found',
        `This run has no adapter of the ${arm} arm yet.`,
        'Let it run until the model is loaded.',
      );
    return { iteration: head.step > 0 ? head.iteration : head.iteration - 1, weights: head.state.weights };
  }

  private async promptSet(id: string): Promise<{ name: string; rows: number }> {
    const found = (await this.sources.promptSets.list()).find((set) => set.id === id);
    return found ?? { name: `${id} (deleted since)`, rows: 0 };
  }
}
