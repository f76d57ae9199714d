import { CHECKS, type Check } from '../../../recipe/checks';
import type { PromptFormat, PromptLayout, PromptPlan, PromptTableInfo } from '../../../records/prompt-import';
import { changePlan, readAgainAs } from '../../../state/prompts/prompt-actions';
import { plural } from '../../../ui/format';
import { FORMAT_NAME } from '../sets/prompt-set-words';

interface Props {
  readonly table: PromptTableInfo;
  readonly plan: PromptPlan;
}

const LAYOUT_NOTES: Record<PromptLayout, string> = {
  alpaca: 'The columns look like the Alpaca format: instruction, input and output.',
  sharegpt:
    'The rows are conversations (ShareGPT or messages). The first user turn is the instruction, and ' +
    'the assistant’s reply is the answer.',
  trl: 'The columns look like the preference format of TRL: a prompt with a chosen and a rejected completion.',
  plain: 'The columns were guessed from their names and contents. Check that they are right.',
};

/** Which column holds what. The mapping is suggested, and the user can change it. */
export function ColumnMapping({ table, plan }: Props) {
  const { mapping } = plan;
  const change = (by: Partial<PromptPlan['mapping']>) => void changePlan({ mapping: { ...mapping, ...by } });
  const answered = mapping.answer !== null;
  return (
    <section className="panel prompts-section" aria-labelledby="columns-title">
      <h2 id="columns-title">Columns</h2>
      <p className="quiet">
        {plural(table.records, 'row')} of {FORMAT_NAME[table.format]}. {LAYOUT_NOTES[table.layout]}
      </p>
      <div className="mapping">
        {table.format !== 'parquet' && (
          <div>
            <ReadAs format={table.format} />
          </div>
        )}
        <Column
          table={table}
          id="instruction"
          label="Instruction"
          value={mapping.instruction}
          onChange={(name) => name !== null && change({ instruction: name })}
        />
        <Column
          table={table}
          id="input"
          label="Input, added after the instruction"
          value={mapping.input}
          optional
          onChange={(input) => change({ input })}
        />
        <Column
          table={table}
          id="answer"
          label="Reference answer"
          value={mapping.answer}
          optional
          onChange={(answer) => change({ answer, ...(answer === null && { checkColumn: null }) })}
        />
        <div>
          <label htmlFor="map-check">Check of the answer</label>
          <select
            id="map-check"
            className="input"
            disabled={!answered}
            value={mapping.checkColumn !== null ? `column ${mapping.checkColumn}` : (mapping.check ?? '')}
            onChange={(event) => {
              const { value } = event.currentTarget;
              const check: Check | undefined = CHECKS.find((one) => one === value);
              const checkColumn = table.columns.find(({ name }) => `column ${name}` === value)?.name ?? null;
              change({ checkColumn, check: check ?? null });
            }}
          >
            <option value="">none</option>
            {CHECKS.map((check) => (
              <option key={check} value={check}>
                {check}
              </option>
            ))}
            {table.columns.map(({ name }) => (
              <option key={name} value={`column ${name}`}>
                from the column {name}
              </option>
            ))}
          </select>
        </div>
        <Column
          table={table}
          id="category"
          label="Category"
          value={mapping.category}
          optional
          onChange={(category) => change({ category })}
        />
        <Column table={table} id="id" label="Id" value={mapping.id} optional onChange={(id) => change({ id })} />
      </div>
    </section>
  );
}

interface ColumnProps {
  readonly table: PromptTableInfo;
  readonly id: string;
  readonly label: string;
  readonly value: string | null;
  readonly optional?: boolean;
  readonly onChange: (name: string | null) => void;
}

function Column({ table, id, label, value, optional = false, onChange }: ColumnProps) {
  const index = table.columns.findIndex(({ name }) => name === value);
  const [sample] = table.columns[index]?.samples ?? [];
  return (
    <div>
      <label htmlFor={`map-${id}`}>{label}</label>
      <select
        id={`map-${id}`}
        className="input"
        value={index}
        aria-describedby={sample === undefined ? undefined : `map-${id}-sample`}
        onChange={(event) => onChange(table.columns[Number(event.currentTarget.value)]?.name ?? null)}
      >
        {optional && <option value={-1}>none</option>}
        {table.columns.map(({ name }, i) => (
          <option key={name} value={i}>
            {name}
          </option>
        ))}
      </select>
      {sample !== undefined && (
        <p id={`map-${id}-sample`} className="mapping-sample" title={sample}>
          {sample}
        </p>
      )}
    </div>
  );
}

const TEXT_FORMATS: readonly PromptFormat[] = ['jsonl', 'json', 'csv', 'tsv', 'lines'];

/** Chooses another format for the same text. @param format in which it was read; null if reading failed */
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
        {format === null && <option value="">choose a format</option>}
        {TEXT_FORMATS.map((one) => (
          <option key={one} value={one}>
            {FORMAT_NAME[one]}
          </option>
        ))}
      </select>
    </>
  );
}
