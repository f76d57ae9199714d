/** Reads a file of prompts and holds its table for previews and for the import. `reader.worker.ts` exposes it. */
import { LabError } from '../../lib/errors';
import { histogram } from '../../lib/statistics';
import type { MappedRow, PromptFormat, PromptPlan, PromptPreview, PromptTableInfo } from '../../records/prompt-import';
import type { Prompt } from '../../records/prompts';
import { detectLayout, textOf } from './layout';
import { mapPrompts } from './mapping';
import { MAX_PROMPT_TEXT } from './prompt-set';
import { readPromptFile } from './read-file';
import type { PromptTable } from './table';

const PREVIEWED = 50;
const FAULTS_SHOWN = 200;
const CATEGORIES_SHOWN = 100;
const SAMPLES = 3;
const SAMPLE_LENGTH = 120;

/** The rows of both sides of the split, and the numbers of rows that were left out. */
export interface ImportedPrompts {
  readonly training: readonly Prompt[];
  readonly heldout: readonly Prompt[];
  readonly faulty: number;
  /** Including near duplicates. */
  readonly duplicates: number;
}

export class PromptReader {
  private table: PromptTable | null = null;

  /** @throws LabError bad-prompts */
  async read(name: string, blob: Blob, format: PromptFormat | null): Promise<PromptTableInfo> {
    this.table = null;
    const table = await readPromptFile(name, blob, format);
    this.table = table;
    const { layout, mapping } = detectLayout(table);
    const samplesOf = (column: string) =>
      table.records
        .flatMap(({ value }) => textOf(value?.[column], 'user') || [])
        .slice(0, SAMPLES)
        .map((text) => (text.length > SAMPLE_LENGTH ? `${text.slice(0, SAMPLE_LENGTH)} …` : text));
    return {
      name,
      layout,
      mapping,
      format: table.format,
      unit: table.unit,
      records: table.records.length,
      more: table.more,
      columns: table.columns.map((column) => ({ name: column, samples: samplesOf(column) })),
    };
  }

  /** @throws LabError not-found if no file was read */
  preview(plan: PromptPlan): PromptPreview {
    const rows = mapPrompts(this.whole(), plan);
    const kept = rows.filter((row) => row.kept);
    const prompts = kept.flatMap(({ prompt }) => prompt ?? []);
    const categories = new Map<string, number>();
    for (const { category = '' } of prompts) categories.set(category, (categories.get(category) ?? 0) + 1);
    return {
      rows: rows.slice(0, PREVIEWED),
      faults: rows.flatMap(({ line, fault }) => (fault === null ? [] : { line, fault })).slice(0, FAULTS_SHOWN),
      read: rows.length,
      faulty: rows.filter(({ fault }) => fault !== null).length,
      duplicates: rows.filter(({ duplicateOf }) => duplicateOf !== null).length,
      nearDuplicates: rows.filter(({ nearDuplicateOf }) => nearDuplicateOf !== null).length,
      training: kept.filter(({ side }) => side === 'training').length,
      heldout: kept.filter(({ side }) => side === 'held-out').length,
      answers: prompts.filter(({ answer }) => answer !== undefined).length,
      checked: prompts.filter(({ check, checks }) => check !== undefined || checks !== undefined).length,
      categories: [...categories]
        .map(([name, count]) => ({ name, rows: count }))
        .sort((a, b) => b.rows - a.rows)
        .slice(0, CATEGORIES_SHOWN),
      lengths: histogram(prompts.map(({ instruction }) => instruction.length)),
    };
  }

  /** @throws LabError bad-prompts, not-found */
  prompts(plan: PromptPlan): ImportedPrompts {
    const table = this.whole();
    const rows = mapPrompts(table, plan);
    const bad = rows.find(({ fault }) => fault !== null);
    if (bad && plan.faulty === 'refuse') {
      throw new LabError(
        'bad-prompts',
        `${table.unit === 'line' ? 'Line' : 'Row'} ${bad.line} cannot be imported: ${bad.fault}.`,
        'Nothing was imported. Correct the file, or choose to leave such rows out.',
      );
    }
    const kept = rows.filter((row) => row.kept);
    const of = (side: MappedRow['side']) =>
      kept.filter((row) => row.side === side).flatMap(({ prompt }) => prompt ?? []);
    const length = kept.reduce(
      (sum, { prompt }) => sum + (prompt?.instruction.length ?? 0) + (prompt?.answer?.length ?? 0),
      0,
    );
    if (kept.length === 0)
      throw new LabError(
        'bad-prompts',
        'No row of this file can be imported.',
        'Nothing was imported. Choose another column.',
      );
    if (length > MAX_PROMPT_TEXT) {
      throw new LabError(
        'bad-prompts',
        `The prompts have ${length} characters together; a set may have at most ${MAX_PROMPT_TEXT}.`,
        'Nothing was imported. Leave the answers out, or shorten the file.',
      );
    }
    const faulty = rows.filter(({ fault }) => fault !== null).length;
    return {
      training: of('training'),
      heldout: of('held-out'),
      faulty,
      duplicates: rows.length - kept.length - faulty,
    };
  }

  /** The instructions that would be imported. @throws LabError not-found */
  instructions(plan: PromptPlan): readonly string[] {
    return mapPrompts(this.whole(), plan).flatMap(({ kept, prompt }) => (kept && prompt ? prompt.instruction : []));
  }

  private whole(): PromptTable {
    if (this.table === null) {
      throw new LabError('not-found', 'The file is no longer open.', 'Nothing was imported. Choose it again.');
    }
    return this.table;
  }
}
