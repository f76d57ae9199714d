import type { PromptFormat } from '../../records/prompt-import';
import { readAgainAs } from '../../state/prompt-actions';
import { FORMAT_NAME } from './origin-words';

const TEXT_FORMATS: readonly PromptFormat[] = ['jsonl', 'json', 'csv', 'tsv', 'lines'];

/** @param format that it was read as; null where it could not be read as what it looked like */
export function ReadAs({ format }: { readonly format: PromptFormat | null }) {
  return (
    <>
      <label htmlFor="read-as">Read as</label>
      <select
        id="read-as"
        className="input"
        value={format ?? ''}
        onChange={(event) => {
          const chosen = TEXT_FORMATS.find((one) => one === event.currentTarget.value);
          if (chosen) void readAgainAs(chosen);
        }}
      >
        {format === null && <option value="">what it looks like</option>}
        {TEXT_FORMATS.map((one) => (
          <option key={one} value={one}>
            {FORMAT_NAME[one]}
          </option>
        ))}
      </select>
    </>
  );
}
