import { NumberInput } from '../../ui/NumberInput';
import { type FilterOptions, type Filters, isKind, KINDS } from './pair-list';

interface Props {
  readonly filters: Filters;
  readonly options: FilterOptions;
  readonly onChange: (filters: Filters) => void;
}

export const KIND_FIELD = 'pairs-kind';

export function FilterBar({ filters, options, onChange }: Props) {
  const set = (change: Partial<Filters>) => onChange({ ...filters, ...change });
  return (
    <search className="pairs-filters">
      <label>
        Show{' '}
        <select
          id={KIND_FIELD}
          className="input"
          value={filters.kind}
          onChange={(event) => {
            const kind = event.currentTarget.value;
            if (isKind(kind)) set({ kind });
          }}
        >
          {options.kinds.map((kind) => (
            <option key={kind} value={kind}>
              {KINDS[kind]}
            </option>
          ))}
        </select>
      </label>
      {options.categories.length > 0 && (
        <label>
          Category{' '}
          <select
            className="input"
            value={filters.category}
            onChange={(event) => set({ category: event.currentTarget.value })}
          >
            <option value="">all</option>
            {options.categories.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </label>
      )}
      <span className="pairs-range">
        <label htmlFor="pairs-shortest">Mean response tokens from</label>
        <NumberInput
          id="pairs-shortest"
          value={filters.shortest}
          min={0}
          max={100_000}
          whole
          disabled={false}
          describedBy="pairs-lengths"
          onChange={(shortest) => set({ shortest })}
        />
        <label htmlFor="pairs-longest">to</label>
        <NumberInput
          id="pairs-longest"
          value={filters.longest}
          min={0}
          max={100_000}
          whole
          disabled={false}
          describedBy="pairs-lengths"
          onChange={(longest) => set({ longest })}
        />
        <span id="pairs-lengths" className="visually-hidden">
          Mean length of a prompt’s well-formed responses; 0 is no limit.
        </span>
      </span>
      {options.disagreement && (
        <label>
          Judges disagree{' '}
          <select
            className="input"
            value={filters.disagreement}
            onChange={(event) => set({ disagreement: Number(event.currentTarget.value) })}
          >
            <option value={0}>any</option>
            <option value={0.1}>in 10% or more</option>
            <option value={0.25}>in 25% or more</option>
            <option value={0.5}>in 50% or more</option>
          </select>
        </label>
      )}
      <label className="pairs-search">
        <span className="visually-hidden">Search instructions and candidates</span>
        <input
          className="input"
          type="search"
          placeholder="Search instructions and candidates"
          value={filters.words}
          onChange={(event) => set({ words: event.currentTarget.value })}
        />
      </label>
    </search>
  );
}
