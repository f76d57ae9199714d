/** Prompt sets of the scripted API. Files are read as in the product; the Hub and the model are scripted. */

import type { Lab } from '../../src/client/client';
import { writePrompts } from '../../src/formats/prompts/prompt-set';
import { PromptReader } from '../../src/formats/prompts/reader';
import { LabError } from '../../src/lib/errors';
import { histogram } from '../../src/lib/statistics';
import type { LabEvent } from '../../src/records/events';
import type { DatasetOffer, PromptFormat, PromptPlan } from '../../src/records/prompt-import';
import type { MadePrompts, PromptOrigin, PromptSetInfo } from '../../src/records/prompt-sets';
import type { Prompt } from '../../src/records/prompts';

type PromptCalls = Pick<
  Lab,
  | 'promptSets'
  | 'importPrompts'
  | 'promptRows'
  | 'renamePromptSet'
  | 'mayDeletePromptSet'
  | 'deletePromptSet'
  | 'exportPromptSet'
  | 'promptLengths'
  | 'readPrompts'
  | 'readPromptsAs'
  | 'previewPrompts'
  | 'importMapped'
  | 'closePrompts'
  | 'lookUpDataset'
  | 'fetchDataset'
  | 'makePrompts'
  | 'cancelMakePrompts'
  | 'keepPrompts'
>;

export interface PromptScript {
  /** Sets in addition to the bundled ones. */
  readonly sets?: readonly (readonly [PromptSetInfo, readonly Prompt[]])[];
  readonly datasets?: readonly DatasetOffer[];
  /** Prompts that a model generates. */
  readonly made?: Pick<MadePrompts, 'kept' | 'rejected'>;
  /** Ids of sets that an unfinished run needs. */
  readonly used?: readonly string[];
}

const TICK_MS = 150;
const wait = () => new Promise((resolve) => setTimeout(resolve, TICK_MS));

const CATEGORIES = ['add', 'change', 'count', 'reverse', 'second', 'story', 'sub', 'time', 'total', 'weekday'];

function bundled(id: string, name: string, rows: number): [PromptSetInfo, readonly Prompt[]] {
  const info = { ...setInfo(id, name, rows, { kind: 'bundled' }), bundled: true, created: 0 };
  return [
    info,
    Array.from({ length: rows }, (_, i) => {
      const [a, b] = [(i * 7) % 90, (i * 13) % 80];
      const instruction =
        i % 3 === 0
          ? `Omar has ${a} pens and buys ${b} more. Then he gives half of them to a friend who ` +
            'collects them. How many are left?'
          : `How much is ${a} plus ${b}?`;
      const category = CATEGORIES[i % CATEGORIES.length] ?? 'add';
      return { id: `${id}-${i}`, instruction, category, answer: String(a + b), check: 'number' };
    }),
  ];
}

export function setInfo(id: string, name: string, rows: number, origin: PromptOrigin): PromptSetInfo {
  return {
    ...{ id, name, rows, bundled: false, origin, split: null, columns: null },
    ...{ leftOut: { faulty: 0, duplicates: 0 }, created: Date.UTC(2025, 10, 20, 9, 12) },
  };
}

export function scriptedPrompts(script: PromptScript, emit: (events: readonly LabEvent[]) => void): PromptCalls {
  let reader = new PromptReader();
  let origin: PromptOrigin = { kind: 'paste', format: 'lines' };
  let [name, blob] = ['', new Blob([])];
  let from = (format: PromptFormat): PromptOrigin => ({ kind: 'paste', format });
  let plan: PromptPlan | null = null;
  let cancelled = false;
  const sets = new Map(
    [
      bundled('tiny-train', 'Tiny tasks, training', 1500),
      bundled('tiny-heldout', 'Tiny tasks, held out', 300),
      bundled('everyday', 'Everyday instructions', 200),
      ...(script.sets ?? []),
    ].map((entry) => [entry[0].id, entry] as const),
  );
  const find = (id: string) => {
    const found = sets.get(id);
    if (found === undefined)
      throw new LabError('not-found', `The prompt set "${id}" is not stored in this browser.`, 'Choose another.');
    return found;
  };
  const add = (name: string, prompts: readonly Prompt[], of: PromptOrigin, change: Partial<PromptSetInfo> = {}) => {
    const id = `${name.toLowerCase().replace(/\W+/g, '-')}-${prompts.length}`;
    const info = { ...setInfo(id, name, prompts.length, of), ...change };
    sets.set(id, [info, prompts]);
    return info;
  };
  const mayDeletePromptSet = async (id: string) => {
    if (!script.used?.includes(id)) return;
    throw new LabError(
      'running-elsewhere',
      'The run “Sums” is not finished, and needs this set to go on.',
      'Let the run finish, or delete it, then delete the set.',
    );
  };
  const read = async (format: PromptFormat | null) => {
    reader = new PromptReader();
    const info = await reader.read(name, blob, format);
    origin = from(info.format);
    return info;
  };
  return {
    promptSets: async () => [...sets.values()].map(([info]) => info),
    importPrompts: async (name, jsonl) =>
      add(
        name,
        jsonl
          .trim()
          .split('\n')
          .map((line, i) => ({ id: String(i), instruction: line })),
        { kind: 'file', name, format: 'jsonl' },
      ),
    promptRows: async (id) => find(id)[1],
    renamePromptSet: async (id, name) => {
      const [info, rows] = find(id);
      sets.set(id, [{ ...info, name }, rows]);
      return { ...info, name };
    },
    mayDeletePromptSet,
    deletePromptSet: async (id) => {
      await mayDeletePromptSet(id);
      sets.delete(id);
    },
    exportPromptSet: async (id) => writePrompts(find(id)[1]),
    promptLengths: async (id, model) => {
      const instructions =
        id === null
          ? plan === null
            ? []
            : reader.instructions(plan)
          : find(id)[1].map(({ instruction }) => instruction);
      const lengths = instructions.map((text) => (model === null ? text.length : Math.ceil(text.length / 3.7)));
      return { histogram: histogram(lengths), measured: lengths.length, rows: lengths.length };
    },
    readPrompts: async (source) => {
      [name, blob] =
        source.kind === 'file' ? [source.file.name, source.file] : ['The pasted text', new Blob([source.text])];
      from = (format) => (source.kind === 'file' ? { kind: 'file', name, format } : { kind: 'paste', format });
      return read(null);
    },
    readPromptsAs: read,
    previewPrompts: async (newPlan) => {
      plan = newPlan;
      return reader.preview(newPlan);
    },
    importMapped: async (name, newPlan) => {
      const { training, heldout, faulty, duplicates } = reader.prompts(newPlan);
      const change = { columns: newPlan.mapping, leftOut: { faulty, duplicates } };
      if (newPlan.heldoutShare === 0) return [add(name, training, origin, change)];
      const share = newPlan.heldoutShare;
      return [
        add(`${name}, training`, training, origin, { ...change, split: { side: 'training', share } }),
        add(`${name}, held out`, heldout, origin, { ...change, split: { side: 'held-out', share } }),
      ];
    },
    closePrompts: async () => {
      cancelled = true;
      reader = new PromptReader();
    },
    lookUpDataset: async (reference) => {
      await wait();
      const found = script.datasets?.find(({ repository }) => reference.includes(repository));
      if (found === undefined)
        throw new LabError('not-found', `The Hub has no data set ${reference}.`, 'Check the name.');
      return found;
    },
    fetchDataset: async (offer, file) => {
      cancelled = false;
      const total = offer.files.find(({ name }) => name === file)?.bytes ?? 0;
      for (const share of [0.2, 0.5, 0.8]) {
        emit([{ type: 'prompts', progress: { kind: 'fetch', done: Math.round(share * total), total } }]);
        // The download of a large file does not end until it is cancelled.
        do await wait();
        while (total > 1_000_000 && !cancelled);
        if (cancelled) throw new LabError('cancelled', 'The import was cancelled.');
      }
      const rows = Array.from({ length: 70 }, (_, i) => ({
        question: `How many is ${i} dozen eggs?`,
        answer: String(12 * i),
      }));
      const { repository, revision, licence } = offer;
      [name, blob] = [file, new Blob([rows.map((row) => JSON.stringify(row)).join('\n')])];
      from = (format) => ({ kind: 'dataset', repository, revision, file, licence, format });
      return read(null);
    },
    makePrompts: async ({ maxNewTokens: _, apartFrom: __, ...how }) => {
      cancelled = false;
      for (let done = 0; done <= how.written; done += Math.ceil(how.written / 4)) {
        emit([
          {
            type: 'prompts',
            progress: { kind: 'make', done, total: how.written, tokens: 18 * done, tokensPerSecond: 412 },
          },
        ]);
        await wait();
        if (cancelled) throw new LabError('cancelled', 'Making prompts was cancelled.');
      }
      return { how, ...(script.made ?? { kept: [], rejected: [] }), tokensPerSecond: 412 };
    },
    cancelMakePrompts: async () => {
      cancelled = true;
    },
    keepPrompts: async (name, instructions, how) =>
      add(
        name,
        instructions.map((instruction, i) => ({ id: `made-${i + 1}`, instruction })),
        { kind: 'model', ...how },
        { leftOut: { faulty: how.written - instructions.length, duplicates: 0 } },
      ),
  };
}
