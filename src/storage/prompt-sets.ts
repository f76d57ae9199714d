/** Prompt sets: the bundled ones beside the page, and those imported. */

import { writeJsonLines } from '../formats/jsonl';
import { parsePrompts } from '../formats/prompts';
import { LabError } from '../lib/errors';
import { sha256 } from '../lib/sha256';
import type { Prompt } from '../tpo/types';
import type { PromptSetInfo } from '../worker/protocol';
import { type Database, ownedBy } from './database';
import { RECORD_VERSION } from './migrations';
import type { PromptSetRecord } from './schema';

/** Files `prompts/<id>.jsonl` beside the page. */
const BUNDLED: Readonly<Record<string, string>> = {
  'tiny-train': 'Tiny tasks, training',
  'tiny-heldout': 'Tiny tasks, held out',
  everyday: 'Everyday instructions',
};

/** Characters of JSON in one stored value, far below what browsers take. */
const BLOCK_LENGTH = 4 * 1024 * 1024;

/** What is known of a set beside its name and rows. */
export type PromptSetFacts = Pick<PromptSetInfo, 'origin' | 'split' | 'columns' | 'leftOut'>;

const NOTHING_LEFT_OUT = { faulty: 0, duplicates: 0 };

export interface PromptSets {
  /** The bundled sets first, then the imported, the newest first. */
  list(): Promise<readonly PromptSetInfo[]>;
  /** @throws LabError not-found, bad-prompts, no-storage */
  get(id: string): Promise<readonly Prompt[]>;
  /** As it is stored. @throws LabError not-found: it is not, or it is bundled */
  info(id: string): Promise<PromptSetInfo>;
  /**
   * The id comes from its rows, so the same rows imported again are the same set, and an id in a recipe always means the same rows.
   * @throws LabError storage-full
   */
  add(name: string, prompts: readonly Prompt[], facts: PromptSetFacts): Promise<PromptSetInfo>;
  /** A JSONL file in the lab's own columns. @throws LabError bad-prompts (with the line number), storage-full */
  addJsonl(name: string, jsonl: string): Promise<PromptSetInfo>;
  /** @throws LabError not-found */
  rename(id: string, name: string): Promise<PromptSetInfo>;
  /** Of imported sets; a run keeps the prompts it has used. */
  delete(id: string): Promise<void>;
}

/** @param base address of the page, which the bundled files are relative to */
export function createPromptSets(database: Database, base: string): PromptSets {
  const fetched = new Map<string, Promise<readonly Prompt[]>>();

  const bundled = (id: string): Promise<readonly Prompt[]> => {
    const known = fetched.get(id);
    if (known) return known;
    const rows = fetchPrompts(new URL(`prompts/${id}.jsonl`, base));
    fetched.set(id, rows);
    rows.catch(() => fetched.delete(id));
    return rows;
  };

  const add = async (name: string, prompts: readonly Prompt[], facts: PromptSetFacts): Promise<PromptSetInfo> => {
    const hash = await sha256(new TextEncoder().encode(writeJsonLines(prompts)));
    const id = `${slug(name)}-${hash.slice(0, 8)}`;
    const record = { ...facts, version: RECORD_VERSION, id, name, rows: prompts.length, created: Date.now() };
    await database.write(['promptSets', 'promptBlocks'], async (transaction) => {
      const blocks = transaction.objectStore('promptBlocks');
      await blocks.delete(ownedBy(id));
      await Promise.all([
        transaction.objectStore('promptSets').put(record),
        ...blocksOf(prompts).map((rows, block) => blocks.put({ version: RECORD_VERSION, set: id, block, prompts: rows })),
      ]);
    });
    return infoOf(record);
  };

  return {
    async list() {
      const own = Object.entries(BUNDLED).map(async ([id, name]) => ({
        ...{ id, name, rows: (await bundled(id)).length, bundled: true, created: 0 },
        ...{ origin: { kind: 'bundled' as const }, split: null, columns: null, leftOut: NOTHING_LEFT_OUT },
      }));
      const stored = await database.read(['promptSets'], (transaction) => transaction.objectStore('promptSets').getAll());
      return [...(await Promise.all(own)), ...stored.sort((a, b) => b.created - a.created).map(infoOf)];
    },

    async get(id) {
      if (Object.hasOwn(BUNDLED, id)) return bundled(id);
      const blocks = await database.read(['promptBlocks'], (transaction) =>
        transaction.objectStore('promptBlocks').getAll(ownedBy(id)),
      );
      if (blocks.length === 0) throw notStored(id);
      return blocks.flatMap(({ prompts }) => prompts);
    },

    async info(id) {
      const record = await database.read(['promptSets'], (transaction) => transaction.objectStore('promptSets').get(id));
      if (record === undefined) throw notStored(id);
      return infoOf(record);
    },

    add,
    async addJsonl(name, jsonl) {
      const origin = { kind: 'file', name, format: 'jsonl' } as const;
      return add(name, parsePrompts(jsonl), { origin, split: null, columns: null, leftOut: NOTHING_LEFT_OUT });
    },

    rename(id, name) {
      return database.write(['promptSets'], async (transaction) => {
        const store = transaction.objectStore('promptSets');
        const record = await store.get(id);
        if (record === undefined) throw notStored(id);
        const renamed = { ...record, version: RECORD_VERSION, name };
        await store.put(renamed);
        return infoOf(renamed);
      });
    },

    async delete(id) {
      await database.write(['promptSets', 'promptBlocks'], (transaction) =>
        Promise.all([
          transaction.objectStore('promptSets').delete(id),
          transaction.objectStore('promptBlocks').delete(ownedBy(id)),
        ]),
      );
    },
  };
}

const infoOf = ({ version: _, ...record }: PromptSetRecord): PromptSetInfo => ({ ...record, bundled: false });

const notStored = (id: string): LabError =>
  new LabError(
    'not-found',
    `The prompt set "${id}" is not stored in this browser.`,
    'Choose another one, or import its file again.',
  );

async function fetchPrompts(url: URL): Promise<readonly Prompt[]> {
  const response = await fetch(url).catch(() => null);
  if (!response?.ok) {
    throw new LabError(
      'not-found',
      `The prompts ${url.pathname} could not be loaded.`,
      'Nothing is lost: check the connection, then reload the page.',
    );
  }
  return parsePrompts(await response.text());
}

function blocksOf(prompts: readonly Prompt[]): Prompt[][] {
  const blocks: Prompt[][] = [[]];
  let length = 0;
  for (const prompt of prompts) {
    length += JSON.stringify(prompt).length;
    if (length > BLOCK_LENGTH) {
      blocks.push([]);
      length = 0;
    }
    blocks.at(-1)?.push(prompt);
  }
  return blocks;
}

/** What may stand in an address without being escaped. */
function slug(name: string): string {
  const words =
    name
      .toLowerCase()
      .replace(/\.[a-z]+$/, '')
      .match(/[a-z0-9]+/g) ?? [];
  return words.join('-').slice(0, 40) || 'prompts';
}
