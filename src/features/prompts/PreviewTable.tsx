import type { MappedRow, PromptPreview } from '../../records/prompt-import';
import { count } from '../../ui/format';
import { checkWords } from './answer-words';

interface Props {
  readonly preview: PromptPreview;
  readonly unit: 'line' | 'row';
  /** Whether the side is worth a column. */
  readonly split: boolean;
}

/** The first rows as the prompts that they become. */
export function PreviewTable({ preview: { rows, read }, unit, split }: Props) {
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
              <th scope="col">{split ? 'Side' : 'Taken'}</th>
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
                <td>{fate(row, unit, split)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </section>
  );
}

function fate({ fault, duplicateOf, nearDuplicateOf, side, kept }: MappedRow, unit: string, split: boolean): string {
  if (fault !== null) return 'left out';
  const repeats =
    duplicateOf !== null
      ? `repeats ${unit} ${duplicateOf}`
      : nearDuplicateOf !== null
        ? `nearly repeats ${unit} ${nearDuplicateOf}`
        : null;
  const taken = split ? side : 'yes';
  if (!kept) return `left out: ${repeats}`;
  return repeats === null ? taken : `${taken}; ${repeats}`;
}
