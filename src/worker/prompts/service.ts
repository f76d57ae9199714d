import * as v from 'valibot';
import { writePrompts } from '../../formats/prompts/prompt-set';
import type { Hub } from '../../hub/ask-hub';
import { at } from '../../lib/assert';
import { once } from '../../lib/async';
import { LabError } from '../../lib/errors';
import { histogram } from '../../lib/statistics';
import type { LanguageModel } from '../../model/language-model';
import type {
  DatasetOffer,
  PromptFormat,
  PromptPlan,
  PromptPreview,
  PromptSource,
  PromptTableInfo,
} from '../../records/prompt-import';
import type {
  MadeHow,
  MadePrompts,
  MakePromptsOptions,
  PromptLengths,
  PromptProgress,
  PromptSetInfo,
} from '../../records/prompt-sets';
import type { Prompt } from '../../records/prompts';
import type { RunSummary } from '../../records/runs';
import type { PromptSets } from '../../storage/prompt-sets';
import type { EventFeed } from '../events/event-feed';
import { load } from '../lazy-modules';
import type { LanguageModels } from '../models/language-models';
import type { ShortTasks } from '../runs/short-tasks';
import type { MakerParts } from './prompt-maker';

export interface PromptParts {
  readonly sets: PromptSets;
  readonly hub: Hub;
  readonly feed: Pick<EventFeed, 'emitHere'>;
  readonly tasks: Pick<ShortTasks, 'add' | 'begin'>;
  readonly maker: Omit<MakerParts, 'check' | 'onProgress' | 'prompts'>;
  runs(): Promise<readonly Pick<RunSummary, 'name' | 'status' | 'recipe'>[]>;
  readonly models: Pick<LanguageModels, 'get'>;
}

/** Largest number of rows that are measured. If a set has more, only evenly spaced rows are. */
const MOST_MEASURED = 5000;
/** Texts that are counted between two turns of the event loop, so that a run in this worker continues. */
const COUNTED_AT_ONCE = 100;

const integer = (least: number, most: number) => v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most));
const MakePromptsSchema = v.object({
  model: v.string(),
  from: v.string(),
  apartFrom: v.string(),
  examples: integer(1, 16),
  seed: integer(0, 2 ** 32 - 1),
  temperature: v.pipe(v.number(), v.minValue(0), v.maxValue(2)),
  topP: v.pipe(v.number(), v.minValue(0.01), v.maxValue(1)),
  written: integer(1, 1000),
  maxNewTokens: integer(8, 1024),
});

export function promptService({ sets, hub, feed, tasks, maker, runs, models }: PromptParts) {
  const onProgress = (progress: PromptProgress) => feed.emitHere({ type: 'prompts', progress });
  const importer = once(async () => {
    const { PromptImporter } = await load.promptImporter();
    return new PromptImporter({ sets, hub, hubDatasets: load.hubDatasets, onProgress });
  });
  const making = once(async () => {
    const { PromptMaker } = await load.promptMaker();
    return new PromptMaker({
      ...maker,
      prompts: (set) => sets.get(set),
      check: () => tasks.begin('making prompts'),
      onProgress,
    });
  });
  const cancelMakePrompts = async (): Promise<void> => (await making.begun())?.cancel();
  tasks.add('making prompts', cancelMakePrompts);

  const requireUnused = async (id: string): Promise<void> => {
    // A run that is resumed encodes every prompt of both sets again.
    const needing = (await runs()).find(
      ({ status, recipe }) => status !== 'finished' && (recipe.prompts === id || recipe.heldout === id),
    );
    if (needing === undefined) return;
    throw new LabError(
      'running-elsewhere',
      `The run “${needing.name}” is not finished, and needs this set to go on.`,
      'Let the run finish, or delete it, then delete the set.',
    );
  };

  return {
    /** First the bundled sets, then the user's, the newest first. */
    promptSets: (): Promise<readonly PromptSetInfo[]> => sets.list(),

    /** Stores a set. @param jsonl as exported by the page. @throws LabError bad-prompts, with the line number */
    importPrompts: (name: string, jsonl: string): Promise<PromptSetInfo> => sets.addJsonl(name, jsonl),

    /** @throws LabError not-found */
    promptRows: (id: string): Promise<readonly Prompt[]> => sets.get(id),

    /** @throws LabError not-found */
    renamePromptSet: (id: string, name: string): Promise<PromptSetInfo> => sets.rename(id, name),

    /** Checks whether a set can be deleted. @throws LabError running-elsewhere: a run that is not finished needs it */
    mayDeletePromptSet: requireUnused,

    /** A finished run keeps the prompts that it used. @throws LabError as `mayDeletePromptSet` */
    async deletePromptSet(id: string): Promise<void> {
      await requireUnused(id);
      await sets.delete(id);
    },

    /** JSON lines. @throws LabError not-found */
    exportPromptSet: async (id: string): Promise<string> => writePrompts(await sets.get(id)),

    /**
     * How long the instructions of a set are.
     * @param set null for the prompts that are being imported
     * @param model whose tokens are counted; null for characters
     * @throws LabError not-found, bad-file, unsupported-model
     */
    async promptLengths(set: string | null, model: string | null): Promise<PromptLengths> {
      const instructions =
        set === null
          ? await (await importer.get()).instructions()
          : (await sets.get(set)).map(({ instruction }) => instruction);
      const step = model === null ? 1 : Math.max(1, Math.ceil(instructions.length / MOST_MEASURED));
      const measured = instructions.filter((_, i) => i % step === 0);
      const lengths =
        model === null ? measured.map(({ length }) => length) : await tokenCounts(measured, await models.get(model));
      return { histogram: histogram(lengths), measured: measured.length, rows: instructions.length };
    },

    /** Reads a file or pasted text. Replaces what was read before. @throws LabError bad-prompts, cancelled */
    readPrompts: async (source: PromptSource): Promise<PromptTableInfo> => (await importer.get()).read(source),

    /** Reads the same file or text again, as another format. @throws LabError bad-prompts, cancelled, not-found */
    readPromptsAs: async (format: PromptFormat): Promise<PromptTableInfo> => (await importer.get()).readAs(format),

    /** Shows what would be imported. @throws LabError not-found */
    previewPrompts: async (plan: PromptPlan): Promise<PromptPreview> => (await importer.get()).preview(plan),

    /**
     * Stores what was read as one set, or as two if the plan splits it.
     * @throws LabError bad-prompts, not-found, storage-full
     */
    importMapped: async (name: string, plan: PromptPlan): Promise<readonly PromptSetInfo[]> =>
      (await importer.get()).keep(checkedName(name), plan),

    /** Cancels fetching and reading, and forgets what was read. */
    closePrompts: async (): Promise<void> => (await importer.begun())?.close(),

    /** Looks up a dataset on the Hub. @throws LabError not-found, gated, hub-unreachable, hub-failed, bad-prompts */
    lookUpDataset: async (reference: string, token: string | null): Promise<DatasetOffer> =>
      (await importer.get()).lookUp(reference, token),

    /**
     * Fetches one file of a dataset into memory and reads it.
     * @throws LabError cancelled, gated, hub-unreachable, hub-failed, bad-prompts
     */
    fetchDataset: async (offer: DatasetOffer, file: string, token: string | null): Promise<PromptTableInfo> =>
      (await importer.get()).fetch(offer, file, token),

    /**
     * Lets a model write new instructions after examples of a set. Stores nothing.
     * @throws LabError cancelled, bad-prompts, prompt-too-long, not-found, bad-file, unsupported-model,
     * running-elsewhere: a run is running
     */
    makePrompts: async (options: MakePromptsOptions): Promise<MadePrompts> =>
      (await making.get()).make(v.parse(MakePromptsSchema, options)),

    /** Resolves when the device is free. */
    cancelMakePrompts,

    /** Stores the instructions that the user kept as a new set. @throws LabError bad-prompts, storage-full */
    async keepPrompts(name: string, instructions: readonly string[], how: MadeHow): Promise<PromptSetInfo> {
      if (instructions.length === 0)
        throw new LabError('bad-prompts', 'No prompt was chosen.', 'Keep at least one of them.');
      const prompts = instructions.map((instruction, i) => ({ id: `made-${i + 1}`, instruction }));
      const leftOut = { faulty: how.written - prompts.length, duplicates: 0 };
      const facts = { origin: { kind: 'model', ...how }, split: null, columns: null, leftOut } as const;
      return at(await sets.add({ name: checkedName(name), prompts, facts }), 0);
    },
  };
}

function checkedName(name: string): string {
  const trimmed = name.trim();
  if (trimmed === '' || trimmed.length > 120) {
    throw new LabError(
      'bad-prompts',
      'A set needs a name of 1 to 120 characters.',
      'Nothing was stored. Name it, then keep it.',
    );
  }
  return trimmed;
}

async function tokenCounts(
  texts: readonly string[],
  { tokenizer }: Pick<LanguageModel, 'tokenizer'>,
): Promise<number[]> {
  const lengths: number[] = [];
  for (const [i, text] of texts.entries()) {
    if (i % COUNTED_AT_ONCE === 0) await new Promise((resolve) => setTimeout(resolve));
    lengths.push(tokenizer.encodeText(text).length);
  }
  return lengths;
}
