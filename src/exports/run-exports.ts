/**
 * Everything that a run can be exported as. All of it is made from stored records, so a run that ended long ago gives
 * the same bytes. No GPU is needed.
 */

import { type AdapterFiles, writeAdapterZip } from '../formats/adapter-zip';
import { writeJsonLines } from '../formats/jsonl';
import { LabError } from '../lib/errors';
import { sha256 } from '../lib/sha256';
import type { ModelConfig } from '../model/config';
import type { Tokenizer } from '../model/tokenizer/tokenizer';
import { judgeNames } from '../recipe/judges/names';
import { baseModelName } from '../recipe/model-id';
import type { Arm, Recipe } from '../recipe/recipe';
import { thoughtPrompt } from '../recipe/thought-prompts';
import type { DeviceInfo } from '../records/device';
import type { PromptSetInfo } from '../records/prompt-sets';
import type { Report } from '../records/report';
import type { RunDetail } from '../records/runs';
import { bestIterations } from '../tpo/evaluation/best-checkpoint';
import { withPairEdits } from '../tpo/pairs/pair-edits';
import type { RunStore } from '../tpo/store';
import { peftFiles } from './adapter';
import { modelCard } from './card/model-card';
import { evaluationsCsv } from './evaluations';
import { metricsCsv } from './metrics';
import { pairRows } from './pairs';
import { buildReport } from './report';

/** The stored records that exports are made from. */
export interface ExportSources {
  readonly store: Pick<RunStore, 'rollouts' | 'pairEdits' | 'head' | 'iterationAdapter'>;
  /** @throws LabError not-found */
  detail(runId: string): Promise<RunDetail>;
  promptSets(): Promise<readonly Pick<PromptSetInfo, 'id' | 'name' | 'rows'>[]>;
  /** @throws LabError not-found, bad-file, unsupported-model */
  model(id: string): Promise<{ readonly config: ModelConfig; readonly tokenizer: Pick<Tokenizer, 'decode'> }>;
  device(): Promise<DeviceInfo>;
}

export class RunExports {
  constructor(private readonly sources: ExportSources) {}

  /**
   * A zip of PEFT's two files and a model card.
   * @param iteration the adapter at the end of this iteration; the newest adapter if omitted
   * @throws LabError not-found
   */
  async adapter(runId: string, arm: Arm, iteration?: number): Promise<Uint8Array<ArrayBuffer>> {
    const { summary, evaluations, iterations } = await this.sources.detail(runId);
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
    return writeAdapterZip(await this.peftFiles(summary.recipe, trained.weights), card, new Date(summary.updated));
  }

  /** PEFT's two files of the adapter at the end of an iteration, and a name for it. @throws LabError not-found */
  async files(runId: string, arm: Arm, iteration: number): Promise<{ name: string; files: AdapterFiles }> {
    const { summary } = await this.sources.detail(runId);
    const { weights } = await this.trained(runId, arm, iteration);
    const files = await this.peftFiles(summary.recipe, weights);
    return { name: `${summary.name}, ${arm}, iteration ${iteration}`, files };
  }

  /**
   * The pairs with the edits that users made, as JSON lines in TRL's preference format with some columns more.
   * @throws LabError not-found
   */
  async pairs(runId: string): Promise<string> {
    const { summary } = await this.sources.detail(runId);
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
    return metricsCsv(await this.sources.detail(runId));
  }

  /** CSV. @throws LabError not-found */
  async evaluations(runId: string): Promise<string> {
    return evaluationsCsv((await this.sources.detail(runId)).evaluations);
  }

  /** @throws LabError not-found */
  async report(runId: string): Promise<Report> {
    const detail = await this.sources.detail(runId);
    const { recipe, memory } = detail.summary;
    const arm = recipe.arms.includes('thinking') ? 'thinking' : 'direct';
    const { weights } = await this.peftFiles(recipe, (await this.trained(runId, arm)).weights);
    return buildReport(detail, {
      device: await this.sources.device(),
      memory: memory ?? { planned: 0, peak: 0 },
      adapter: { sha256: await sha256(weights) },
    });
  }

  /** Rollouts store tokens. Only the tokenizer of the run's model can turn them back into text. */
  private async tokenizer(model: string): Promise<Pick<Tokenizer, 'decode'>> {
    try {
      return (await this.sources.model(model)).tokenizer;
    } catch (error) {
      if (!(error instanceof LabError && error.code === 'not-found')) throw error;
      throw new LabError(
        'not-found',
        `The pairs cannot be written as text: the tokenizer of ${baseModelName(model)} is no longer stored here.`,
        'Add that model again under Models, then export. The pairs themselves are kept.',
        { cause: error },
      );
    }
  }

  private async peftFiles(recipe: Recipe, weights: Float32Array): Promise<AdapterFiles> {
    return peftFiles((await this.sources.model(recipe.model)).config, recipe, weights);
  }

  /** The adapter of an arm, and the number of iterations that it has been trained for. */
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
        `This run has no adapter of the ${arm} arm for iteration ${iteration}.`,
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
    const found = (await this.sources.promptSets()).find((set) => set.id === id);
    return found ?? { name: `${id} (deleted since)`, rows: 0 };
  }
}
