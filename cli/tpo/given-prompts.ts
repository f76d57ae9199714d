/** Prompt sets that the command line names: bundled ones, and files that the page reads. */
import { readFileSync } from 'node:fs';
import { basename, extname } from 'node:path';
import type { LabPage } from '../browser/lab-page';

/**
 * The id of the set: a bundled one's as it stands, a file's after the page has read it. JSON lines are in the lab's own columns: an answer is
 * checked by the rule that its row names, and by none else. Of another format the page tells the columns apart. A row with a fault refuses
 * the file.
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
