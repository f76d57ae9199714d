/** Prompt sets: those that come with the page, and those that the user imported. */

import { writeJsonLines } from '../formats/jsonl';
import { parsePrompts } from '../formats/prompts/prompt-set';
import { at } from '../lib/assert';
import { LabError } from '../lib/errors';
import { sha256 } from '../lib/sha256';
import type { PromptSetInfo } from '../records/prompt-sets';
import type { Prompt } from '../records/prompts';
import { type Database, ownedBy } from './database';
import { RECORD_VERSION } from './migrations';
import type { PromptSetRecord } from './schema';
import { noRoomForPrompts } from './storage-errors';

/**
 * The sets in `prompts/<id>.jsonl` next to the page. Their numbers of rows are given here, so that listing loads no
 * files.
 */
export const BUNDLED: Readonly<Record<string, { readonly name: string; readonly rows: number }>> = {
  'tiny-train': { name: 'Tiny tasks, training', rows: 1500 },
  'tiny-heldout': { name: 'Tiny tasks, held out', rows: 300 },
  everyday: { name: 'Everyday instructions', rows: 200 },
};

/** Characters of JSON in one stored value, far below the limits of browsers. */
const BLOCK_LENGTH = 4 * 1024 * 1024;

/** Facts about a set other than its name and rows. */
export type PromptSetFacts = Pick<PromptSetInfo, 'origin' | 'split' | 'columns' | 'leftOut'>;

export interface NewPromptSet {
  readonly name: string;
  readonly prompts: readonly Prompt[];
  readonly facts: PromptSetFacts;
}

const NOTHING_LEFT_OUT = { faulty: 0, duplicates: 0 };

export interface PromptSets {
  /** The bundled sets, then the imported ones, newest first. */
  list(): Promise<readonly PromptSetInfo[]>;
  /** @throws LabError not-found, bad-prompts, no-storage */
  get(id: string): Promise<readonly Prompt[]>;
  /** Facts about an imported set. @throws LabError not-found if it is not stored, or is bundled */
  info(id: string): Promise<PromptSetInfo>;
  /**
   * Adds all of the sets or none. An id is made from the set's name and rows, so an id in a recipe always means the
   * same rows. Importing the same set again returns the one that is already stored, unchanged.
   * @throws LabError storage-full
   */
  add(...sets: readonly NewPromptSet[]): Promise<readonly PromptSetInfo[]>;
  /**
   * Adds a JSONL file with the columns of the bundled sets.
   * @throws LabError bad-prompts (with the line number), storage-full
   */
  addJsonl(name: string, jsonl: string): Promise<PromptSetInfo>;
  /** @throws LabError not-found */
  rename(id: string, name: string): Promise<PromptSetInfo>;
  /** Deletes an imported set. A run keeps the prompts that it has used, but cannot continue without its sets. */
  delete(id: string): Promise<void>;
}

/** @param base address of the page; the bundled files are relative to it */
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

  const add = async (...sets: readonly NewPromptSet[]): Promise<readonly PromptSetInfo[]> => {
    const named = await Promise.all(sets.map(async (set) => ({ ...set, id: await idOf(set) })));
    try {
      return await database.write(['promptSets', 'promptBlocks'], (transaction) => {
        const [infos, blocks] = [transaction.objectStore('promptSets'), transaction.objectStore('promptBlocks')];
        return Promise.all(
          named.map(async ({ id, name, prompts, facts }) => {
            const known = await infos.get(id);
            if (known !== undefined) return infoOf(known);
            const record = { ...facts, version: RECORD_VERSION, id, name, rows: prompts.length, created: Date.now() };
            await infos.put(record);
            for (const [block, rows] of blocksOf(prompts).entries()) {
              await blocks.put({ version: RECORD_VERSION, set: id, block, prompts: rows });
            }
            return infoOf(record);
          }),
        );
      });
    } catch (error) {
      throw error instanceof LabError && error.code === 'storage-full' ? noRoomForPrompts(error) : error;
    }
  };

  return {
    async list() {
      const own = Object.entries(BUNDLED).map(([id, { name, rows }]) => ({
        ...{ id, name, rows, bundled: true, created: 0 },
        ...{ origin: { kind: 'bundled' as const }, split: null, columns: null, leftOut: NOTHING_LEFT_OUT },
      }));
      const stored = await database.read(['promptSets'], (transaction) =>
        transaction.objectStore('promptSets').getAll(),
      );
      return [...own, ...stored.sort((a, b) => b.created - a.created).map(infoOf)];
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
      const record = await database.read(['promptSets'], (transaction) =>
        transaction.objectStore('promptSets').get(id),
      );
      if (record === undefined) throw notStored(id);
      return infoOf(record);
    },

    add,
    async addJsonl(name, jsonl) {
      const origin = { kind: 'file', name, format: 'jsonl' } as const;
      const facts = { origin, split: null, columns: null, leftOut: NOTHING_LEFT_OUT };
      return at(await add({ name, prompts: parsePrompts(jsonl), facts }), 0);
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

async function idOf({ name, prompts }: NewPromptSet): Promise<string> {
  const hash = await sha256(new TextEncoder().encode(writeJsonLines(prompts)));
  return `${slug(name)}-${hash.slice(0, 8)}`;
}

/** Letters and digits of any script, joined by hyphens. */
function slug(name: string): string {
  const words =
    name
      .normalize('NFC')
      .toLowerCase()
      .replace(/\.[a-z]+$/, '')
      .match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
  return Array.from(words.join('-')).slice(0, 40).join('') || 'prompts';
}
