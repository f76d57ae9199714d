import { CHECKS, type Check } from '../../recipe/checks';
import type { PromptLayout, PromptPlan, PromptTableInfo } from '../../records/prompt-import';
import { changePlan } from '../../state/prompt-actions';
import { plural } from '../../ui/format';
import { FORMAT_NAME } from './origin-words';
import { ReadAs } from './ReadAs';

interface Props {
  readonly table: PromptTableInfo;
  readonly plan: PromptPlan;
}

const LAYOUT: Record<PromptLayout, string> = {
  alpaca: 'It looks like Alpaca’s: instruction, input and output.',
  sharegpt:
    'It holds conversations (ShareGPT, messages): the first turn of the user, and the assistant’s answer to it.',
  trl: 'It looks like TRL’s: a prompt with a chosen and a rejected completion.',
  plain: 'Its columns were told apart by their names.',
};

/** Which column is what: suggested, and for the reader to change. */
export function MapColumns({ table, plan }: Props) {
  const { mapping } = plan;
  const change = (by: Partial<PromptPlan['mapping']>) => void changePlan({ mapping: { ...mapping, ...by } });
  const answered = mapping.answer !== null;
  return (
    <section className="panel prompts-section" aria-labelledby="columns-title">
      <h2 id="columns-title">Columns</h2>
      <p className="quiet">
        {plural(table.records, 'row')} of {FORMAT_NAME[table.format]}. {LAYOUT[table.layout]}
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
          label="Input, behind it"
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
          <label htmlFor="map-check">Answer is checked</label>
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
            <option value="">by no rule</option>
            {CHECKS.map((check) => (
              <option key={check} value={check}>
                by the rule {check}
              </option>
            ))}
            {table.columns.map(({ name }) => (
              <option key={name} value={`column ${name}`}>
                as the column {name} says
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
