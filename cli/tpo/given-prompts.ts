/** Prompt sets named on the command line: bundled sets, or files that the page imports. */
import { readFileSync } from 'node:fs';
import { basename, extname } from 'node:path';
import type { LabPage } from '../browser/lab-page';

/**
 * Returns the id of the set: a bundled set's own id, or the id of a file's set after the page has imported it. JSON
 * lines use the prompt set's own columns: an answer is checked only by the rule that its row names. For other formats
 * the page detects the columns. A file with a faulty row is refused.
 */
export async function promptSet(lab: LabPage, named: string): Promise<string> {
  const sets = await lab.ask((worker) => worker.promptSets(), null);
  if (sets.some(({ id }) => id === named)) return named;
  const extension = extname(named).toLowerCase();
  const name = basename(named, extname(named));
  if (extension === '.jsonl' || extension === '') {
    const given = { name, text: readFileSync(named, 'utf8') };
    return (await lab.ask((worker, { name: of, text }) => worker.importPrompts(of, text), given)).id;
  }
  const given = { name, file: basename(named), base64: readFileSync(named).toString('base64') };
  return lab.ask(async (worker, { name: of, file, base64 }) => {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    const { mapping } = await worker.readPrompts({ kind: 'file', file: new File([bytes], file) });
    const rules = { dropDuplicates: true, dropNearDuplicates: false, heldoutShare: 0, faulty: 'refuse' } as const;
    const [set] = await worker.importMapped(of, { mapping, ...rules });
    if (set === undefined) throw new Error(`${file} has no prompts.`);
    return set.id;
  }, given);
}
