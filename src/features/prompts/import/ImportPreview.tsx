import type { MappedRow, PromptPreview } from '../../../records/prompt-import';
import { count, plural } from '../../../ui/format';
import { checkWords } from '../sets/prompt-set-words';

interface Props {
  readonly preview: PromptPreview;
  readonly unit: 'line' | 'row';
  /** Show whether a row is for training or held out. */
  readonly split: boolean;
}

/** The first rows, as the prompts that they become. */
export function ImportPreview({ preview: { rows, read }, unit, split }: Props) {
  return (
    <section className="panel prompts-section" aria-labelledby="preview-title">
      <h2 id="preview-title">{rows.length < read ? `The first ${rows.length} of ${count(read)} rows` : 'All rows'}</h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard */}
      <section className="preview scroll" tabIndex={0} aria-label="Preview">
        <table>
          <thead>
            <tr>
              <th scope="col" className="number">
                {unit === 'line' ? 'Line' : 'Row'}
              </th>
              <th scope="col">Instruction</th>
              <th scope="col">Category</th>
              <th scope="col">Answer</th>
              <th scope="col">Check</th>
              <th scope="col">{split ? 'Side' : 'Imported'}</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.line} data-out={!row.kept}>
                <td className="number">{count(row.line)}</td>
                {row.prompt === null ? (
                  <td colSpan={4} className="preview-fault">
                    {row.fault}
                  </td>
                ) : (
                  <>
                    <td>
                      <span className="preview-text">{row.prompt.instruction}</span>
                    </td>
                    <td>{row.prompt.category ?? '–'}</td>
                    <td>
                      <span className="preview-text">{row.prompt.answer ?? '–'}</span>
                    </td>
                    <td>{checkWords(row.prompt)}</td>
                  </>
                )}
                <td>{outcome(row, unit, split)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </section>
  );
}

function outcome(
  { fault, duplicateOf, nearDuplicateOf, side, kept }: MappedRow,
  unit: string,
  split: boolean,
): string {
  if (fault !== null) return 'left out';
  const repeats =
    duplicateOf !== null
      ? `repeats ${unit} ${duplicateOf}`
      : nearDuplicateOf !== null
        ? `nearly repeats ${unit} ${nearDuplicateOf}`
        : null;
  const imported = split ? side : 'yes';
  if (!kept) return `left out: ${repeats}`;
  return repeats === null ? imported : `${imported}; ${repeats}`;
}

interface FaultsProps {
  readonly preview: PromptPreview;
  readonly unit: 'line' | 'row';
}

export function Faults({ preview: { faults, faulty }, unit }: FaultsProps) {
  return (
    <section className="panel prompts-section" aria-labelledby="faults-title">
      <h2 id="faults-title">
        {plural(faulty, 'row')} with {faulty === 1 ? 'an error' : 'errors'}
      </h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard */}
      <ul className="faults scroll" tabIndex={0} aria-label="Errors">
        {faults.map(({ line, fault }) => (
          <li key={line}>
            <span className="fault-line tabular">
              {unit === 'line' ? 'Line' : 'Row'} {count(line)}
            </span>
            {fault}
          </li>
        ))}
      </ul>
      {faulty > faults.length && <p className="quiet">The first {faults.length} are shown.</p>}
    </section>
  );
}
