/** The lab's calls about prompt sets. Loaded when the first but their list is asked for; what reads, fetches or makes them, when it is. */
import * as v from 'valibot';
import { writePrompts } from '../../formats/prompts/prompt-set';
import type { Hub } from '../../hub/ask-hub';
import { once } from '../../lib/async';
import { at } from '../../lib/at';
import { LabError } from '../../lib/errors';
import { histogram } from '../../lib/statistics';
import type { LanguageModel } from '../../model/language-model';
import type { MadeHow, MakePromptsWish, PromptLengths, PromptProgress } from '../../records/prompts';
import type { RunSummary } from '../../records/runs';
import type { PromptSets } from '../../storage/prompt-sets';
import type { PromptCalls } from '../prompt-protocol';
import type { MakerServices } from './prompt-maker';

export interface PromptServices {
  readonly sets: PromptSets;
  readonly hub: Hub;
  readonly maker: Omit<MakerServices, 'tell'>;
  runs(): Promise<readonly Pick<RunSummary, 'name' | 'status' | 'recipe'>[]>;
  /** @throws LabError not-found, bad-file, unsupported-model */
  language(id: string): Promise<Pick<LanguageModel, 'tokenizer'>>;
  tell(progress: PromptProgress): void;
}

/** Of a larger set every n-th row is measured. */
const MOST_MEASURED = 5000;
/** Texts that are counted between two turns of the event loop: a run in this worker goes on. */
const COUNTED_AT_ONCE = 100;

const whole = (least: number, most: number) => v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most));
const WishSchema = v.object({
  model: v.string(),
  from: v.string(),
  apartFrom: v.string(),
  examples: whole(1, 16),
  seed: whole(0, 2 ** 32 - 1),
  temperature: v.pipe(v.number(), v.minValue(0), v.maxValue(2)),
  topP: v.pipe(v.number(), v.minValue(0.01), v.maxValue(1)),
  written: whole(1, 1000),
  maxNewTokens: whole(8, 1024),
});

/** All of them but the list, which the page asks for as it begins. */
export type PromptDesk = Omit<PromptCalls, 'promptSets'>;

export function openPromptDesk({ sets, hub, maker, runs, language, tell }: PromptServices): PromptDesk {
  const importer = once(async () => {
    const { PromptImporter: Loaded } = await import('./prompt-importer');
    return new Loaded({ sets, hub, tell });
  });
  const making = once(async () => {
    const { PromptMaker: Loaded } = await import('./prompt-maker');
    return new Loaded({ ...maker, tell });
  });

  /** Going on encodes every prompt of both sets, whatever the run has used so far. */
  const mayDeletePromptSet = async (id: string): Promise<void> => {
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
    importPrompts: (name, jsonl) => sets.addJsonl(name, jsonl),
    promptRows: (id) => sets.get(id),
    renamePromptSet: (id, name) => sets.rename(id, name),

    mayDeletePromptSet,
    async deletePromptSet(id) {
      await mayDeletePromptSet(id);
      await sets.delete(id);
    },

    exportPromptSet: async (id) => writePrompts(await sets.get(id)),

    async promptLengths(set, model): Promise<PromptLengths> {
      const instructions =
        set === null
          ? await (await importer.get()).instructions()
          : (await sets.get(set)).map(({ instruction }) => instruction);
      const every = model === null ? 1 : Math.max(1, Math.ceil(instructions.length / MOST_MEASURED));
      const measured = instructions.filter((_, i) => i % every === 0);
      const lengths =
        model === null ? measured.map(({ length }) => length) : await tokensOf(measured, await language(model));
      return { histogram: histogram(lengths), measured: measured.length, rows: instructions.length };
    },

    readPrompts: async (source) => (await importer.get()).read(source),
    readPromptsAs: async (format) => (await importer.get()).readAs(format),
    previewPrompts: async (plan) => (await importer.get()).preview(plan),
    importMapped: async (name, plan) => (await importer.get()).keep(named(name), plan),
    closePrompts: async () => (await importer.begun())?.close(),
    lookUpDataset: async (reference, token) => (await importer.get()).lookUp(reference, token),
    fetchDataset: async (offer, file, token) => (await importer.get()).fetch(offer, file, token),

    makePrompts: async (wish: MakePromptsWish) => (await making.get()).make(v.parse(WishSchema, wish)),
    cancelMakePrompts: async () => (await making.begun())?.cancel(),
    async keepPrompts(name, instructions, how: MadeHow) {
      if (instructions.length === 0)
        throw new LabError('bad-prompts', 'No prompt was chosen.', 'Keep at least one of them.');
      const prompts = instructions.map((instruction, i) => ({ id: `made-${i + 1}`, instruction }));
      const leftOut = { faulty: how.written - prompts.length, duplicates: 0 };
      const facts = { origin: { kind: 'model', ...how }, split: null, columns: null, leftOut } as const;
      return at(await sets.add({ name: named(name), prompts, facts }), 0);
    },
  };
}

function named(name: string): string {
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

async function tokensOf(texts: readonly string[], { tokenizer }: Pick<LanguageModel, 'tokenizer'>): Promise<number[]> {
  const lengths: number[] = [];
  for (const [i, text] of texts.entries()) {
    if (i % COUNTED_AT_ONCE === 0) await new Promise((resolve) => setTimeout(resolve));
    lengths.push(tokenizer.encodeText(text).length);
  }
  return lengths;
}
