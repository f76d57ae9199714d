import { once } from '../../lib/async';
import type { Arm } from '../../recipe/recipe';
import type { DeviceInfo } from '../../records/device';
import type { ImportedAdapter } from '../../records/models';
import type { PromptSetInfo } from '../../records/prompt-sets';
import type { Report } from '../../records/report';
import type { RunStore } from '../../tpo/store';
import type { ImportedAdapters } from '../adapters/imported-adapters';
import { load } from '../lazy-modules';
import type { LanguageModels } from '../models/language-models';
import { runNotFound } from '../runs/stored-runs';

export interface ExportParts {
  readonly store: RunStore;
  promptSets(): Promise<readonly PromptSetInfo[]>;
  readonly adapters: ImportedAdapters;
  readonly models: Pick<LanguageModels, 'get'>;
  /** @throws LabError no-webgpu, adapter-limits, device-lost */
  device(): Promise<DeviceInfo>;
}

export function exportService({ adapters, models, ...sources }: ExportParts) {
  const exports = once(async () => {
    const { RunExports } = await load.runExports();
    return new RunExports({
      ...sources,
      model: (id) => models.get(id),
      async detail(runId) {
        const found = await sources.store.detail(runId);
        if (!found) throw runNotFound();
        return found;
      },
    });
  });

  return {
    /**
     * A zip with adapter_config.json, adapter_model.safetensors and README.md.
     * @param iteration the iteration at whose end the adapter was saved; the newest one if omitted
     * @throws LabError not-found
     */
    exportAdapter: async (runId: string, arm: Arm, iteration?: number): Promise<Uint8Array> =>
      (await exports.get()).adapter(runId, arm, iteration),

    /**
     * Copies the adapter of an iteration to the imported adapters, so that a recipe can begin with it.
     * @throws LabError not-found, storage-full
     */
    async keepAdapter(runId: string, arm: Arm, iteration: number): Promise<ImportedAdapter> {
      const { name, files } = await (await exports.get()).files(runId, arm, iteration);
      return adapters.keep(name, files);
    },

    /** JSONL, with the pairs that the user changed. @throws LabError not-found */
    exportPairs: async (runId: string): Promise<string> => (await exports.get()).pairs(runId),

    /** CSV: one row for each training step. @throws LabError not-found */
    exportMetrics: async (runId: string): Promise<string> => (await exports.get()).metrics(runId),

    /** CSV: one row for each iteration and arm, with confidence intervals. @throws LabError not-found */
    exportEvaluations: async (runId: string): Promise<string> => (await exports.get()).evaluations(runId),

    /** @throws LabError not-found */
    report: async (runId: string): Promise<Report> => (await exports.get()).report(runId),
  };
}
