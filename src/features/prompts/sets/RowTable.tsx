import {
  type ColumnDef,
  flexRender,
  getCoreRowModel,
  getFilteredRowModel,
  getSortedRowModel,
  type SortingState,
  useReactTable,
} from '@tanstack/react-table';
import { useVirtualizer } from '@tanstack/react-virtual';
import { ArrowDown, ArrowUp, ChevronDown, ChevronRight } from 'lucide-react';
import { useMemo, useRef, useState } from 'react';
import type { Prompt } from '../../../records/prompts';
import { Button, IconButton } from '../../../ui/Button';
import { count } from '../../../ui/format';
import { NO_CATEGORY } from './Categories';
import { checkWords } from './prompt-set-words';

interface Props {
  readonly rows: readonly Prompt[];
  readonly categories: readonly string[];
  /** Null shows all categories. */
  readonly category: string | null;
  readonly onCategory: (name: string | null) => void;
}

const COLUMNS: ColumnDef<Prompt>[] = [
  { id: 'number', header: 'Row', accessorFn: (_, index) => index + 1 },
  {
    id: 'instruction',
    header: 'Instruction',
    accessorKey: 'instruction',
    sortingFn: (a, b) => a.original.instruction.length - b.original.instruction.length,
  },
  { id: 'category', header: 'Category', accessorFn: ({ category }) => category ?? '' },
  { id: 'answer', header: 'Answer', accessorFn: ({ answer }) => answer ?? '' },
  { id: 'check', header: 'Check', accessorFn: checkWords },
];

/** All prompts of a set, with search, filter and sorting. Only visible rows are rendered. */
export function RowTable({ rows, categories, category, onCategory }: Props) {
  const [text, setText] = useState('');
  const [sorting, setSorting] = useState<SortingState>([]);
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const host = useRef<HTMLDivElement>(null);
  const search = useRef<HTMLInputElement>(null);
  // Memoised, because a new object would run the filter again.
  const globalFilter = useMemo(() => ({ text: text.trim().toLowerCase(), category }), [text, category]);
  const data = useMemo(() => [...rows], [rows]);
  const table = useReactTable({
    data,
    columns: COLUMNS,
    state: { sorting, globalFilter },
    autoResetPageIndex: false,
    onSortingChange: setSorting,
    globalFilterFn: (row, columnId, filter: { text: string; category: string | null }) =>
      columnId === 'number' &&
      (filter.category === null || (row.original.category ?? '') === filter.category) &&
      (filter.text === '' ||
        `${row.original.instruction}\n${row.original.answer ?? ''}`.toLowerCase().includes(filter.text)),
    getColumnCanGlobalFilter: ({ id }) => id === 'number',
    getCoreRowModel: getCoreRowModel(),
    getFilteredRowModel: getFilteredRowModel(),
    getSortedRowModel: getSortedRowModel(),
  });
  const shown = table.getRowModel().rows;
  const virtual = useVirtualizer({
    count: shown.length,
    getScrollElement: () => host.current,
    estimateSize: () => 44,
    overscan: 8,
    getItemKey: (index) => shown[index]?.id ?? index,
  });
  const toggle = (id: string) => {
    const next = new Set(open);
    if (!next.delete(id)) next.add(id);
    setOpen(next);
  };
  return (
    <section className="panel rows" aria-labelledby="rows-title">
      <header className="rows-head">
        <h2 id="rows-title">Prompts</h2>
        <label className="rows-search">
          <span className="visually-hidden">Search prompts and answers</span>
          <input
            ref={search}
            className="input"
            type="search"
            placeholder="Search prompts and answers"
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
          />
        </label>
        <label>
          <span className="visually-hidden">Category</span>
          <select
            className="input"
            value={category ?? '*'}
            onChange={(event) => onCategory(event.currentTarget.value === '*' ? null : event.currentTarget.value)}
          >
            <option value="*">All categories</option>
            {categories.map((name) => (
              <option key={name} value={name}>
                {name || NO_CATEGORY}
              </option>
            ))}
          </select>
        </label>
        <span className="quiet tabular" role="status">
          {count(shown.length)} of {count(rows.length)}
        </span>
      </header>
      {shown.length === 0 ? (
        <p className="quiet rows-none">
          No prompt matches the search.
          <Button
            className="button-small"
            onClick={() => {
              setText('');
              onCategory(null);
              search.current?.focus();
            }}
          >
            Show all
          </Button>
        </p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
        <section ref={host} className="rows-list scroll" tabIndex={0} aria-label="Rows">
          <table className="rows-table" aria-rowcount={shown.length + 1}>
            <thead>
              <tr aria-rowindex={1} className="row-grid">
                {table.getFlatHeaders().map(({ id, column, getContext }) => {
                  const sorted = column.getIsSorted();
                  return (
                    <th
                      key={id}
                      scope="col"
                      className={`cell-${id}`}
                      aria-sort={sorted === 'asc' ? 'ascending' : sorted === 'desc' ? 'descending' : 'none'}
                    >
                      <button
                        type="button"
                        className="sort"
                        title={id === 'instruction' ? 'Sort by length' : `Sort by ${id}`}
                        onClick={column.getToggleSortingHandler()}
                      >
                        {flexRender(column.columnDef.header, getContext())}
                        {sorted === 'asc' && <ArrowUp size={12} aria-hidden="true" />}
                        {sorted === 'desc' && <ArrowDown size={12} aria-hidden="true" />}
                      </button>
                    </th>
                  );
                })}
              </tr>
            </thead>
            <tbody style={{ height: virtual.getTotalSize() }}>
              {virtual.getVirtualItems().map(({ index, start, key }) => {
                const row = shown[index];
                if (row === undefined) return null;
                const whole = open.has(row.id);
                return (
                  <tr
                    key={key}
                    ref={virtual.measureElement}
                    data-index={index}
                    aria-rowindex={index + 2}
                    className="row-grid"
                    data-open={whole}
                    style={{ transform: `translateY(${start}px)` }}
                  >
                    <Cells
                      number={row.index + 1}
                      prompt={row.original}
                      whole={whole}
                      onToggle={() => toggle(row.id)}
                    />
                  </tr>
                );
              })}
            </tbody>
          </table>
        </section>
      )}
    </section>
  );
}

interface CellsProps {
  /** Number of the row in the set, from 1. */
  readonly number: number;
  readonly prompt: Prompt;
  readonly whole: boolean;
  readonly onToggle: () => void;
}

function Cells({ number, prompt, whole, onToggle }: CellsProps) {
  const { instruction, category, answer } = prompt;
  return (
    <>
      <td className="cell-number number">{count(number)}</td>
      <td className="cell-instruction">
        <IconButton label={`Show ${whole ? 'less' : 'all'} of row ${number}`} pressed={whole} onClick={onToggle}>
          {whole ? <ChevronDown size={14} /> : <ChevronRight size={14} />}
        </IconButton>
        <span className="row-text">{instruction}</span>
      </td>
      <td className="cell-category">{category ?? '–'}</td>
      <td className="cell-answer">
        <span className="row-text">{answer ?? '–'}</span>
      </td>
      <td className="cell-check">{checkWords(prompt)}</td>
    </>
  );
}
