// biome-ignore-all lint/a11y/useSemanticElements: virtual rows are positioned by hand, which a table does not allow
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus and names the active row
import {
  createColumnHelper,
  flexRender,
  getCoreRowModel,
  getSortedRowModel,
  type SortingState,
  useReactTable,
} from '@tanstack/react-table';
import { useVirtualizer } from '@tanstack/react-virtual';
import { ArrowDown, ArrowUp } from 'lucide-react';
import { useMemo, useRef, useState } from 'react';
import { useCommands } from '../../state/react';
import { NO_PAIR } from '../../ui/candidate/candidate-view';
import { measured, percent } from '../../ui/format';
import type { PairChange } from './pair-change';
import type { PairRow } from './pair-list';

interface Props {
  readonly purpose: 'train' | 'evaluate';
  readonly rows: readonly PairRow[];
  readonly shown: number | null;
  readonly onShow: (position: number) => void;
}

const CHANGES: Record<PairChange, string> = {
  same: 'the same pair',
  'other-chosen': 'another chosen',
  'other-rejected': 'another rejected',
  'other-both': 'another pair',
  swapped: 'the pair reversed',
  gained: 'a pair',
  lost: 'no pair',
};

function outcome({ edit, rollout: { pair, judgement }, chosen, rejected }: PairRow): string {
  if (edit?.pair === 'excluded') return 'left out by you';
  if (chosen !== null && rejected !== null)
    return `${chosen.index + 1} over ${rejected.index + 1}${edit ? ', by you' : ''}`;
  if (judgement === null) return 'waiting for the judge';
  return pair !== null && 'none' in pair ? NO_PAIR[pair.none] : 'not decided yet';
}

const column = createColumnHelper<PairRow>();
const number = (about?: string) => ({ meta: { align: 'right', about } }) as const;
const columns = [
  column.accessor('position', { header: 'Prompt', cell: ({ getValue }) => getValue() + 1, size: 64, ...number() }),
  column.accessor((line) => line.rollout.prompt.instruction, { id: 'instruction', header: 'Instruction', size: 128 }),
  column.accessor('category', { header: 'Category', size: 80 }),
  column.accessor(outcome, { id: 'pair', header: 'Pair', size: 128 }),
  column.accessor('score', {
    header: 'Score',
    cell: ({ getValue }) => formatted(getValue(), measured),
    size: 64,
    ...number('Mean score of the responses'),
  }),
  column.accessor('margin', {
    header: 'Margin',
    cell: ({ getValue }) => formatted(getValue(), measured),
    size: 64,
    ...number(
      'Difference of s between the chosen and the rejected. s is the standardised score minus the length control.',
    ),
  }),
  column.accessor('length', {
    header: 'Tokens',
    cell: ({ getValue }) => formatted(getValue(), (tokens) => String(Math.round(tokens))),
    size: 64,
    ...number('Mean length of the well-formed responses, in tokens'),
  }),
  column.accessor('malformed', { header: 'Malformed', size: 84, ...number('Number of malformed candidates') }),
  column.accessor('disagreement', {
    header: 'Disagree',
    cell: ({ getValue }) => formatted(getValue(), (share) => percent(share, 0)),
    size: 76,
    ...number('Share of candidate pairs that the judges order differently'),
  }),
  column.accessor(({ change }) => (change === null ? null : CHANGES[change]), {
    id: 'change',
    header: 'Other judge',
    cell: ({ getValue }) => formatted(getValue(), (change) => change),
    size: 120,
  }),
];

const formatted = <T,>(value: T | null, words: (value: T) => string): string => (value === null ? '–' : words(value));

const ROW = 36;

/** A row for each prompt. The arrow keys move between rows. */
export function PairTable({ purpose, rows: pairRows, shown, onShow }: Props) {
  const [sorting, setSorting] = useState<SortingState>([]);
  const host = useRef<HTMLDivElement>(null);
  const data = useMemo(() => [...pairRows], [pairRows]);
  const table = useReactTable({
    data,
    columns,
    state: {
      sorting,
      columnVisibility: {
        pair: purpose === 'train',
        margin: purpose === 'train',
        score: purpose === 'evaluate',
        category: pairRows.some(({ category }) => category !== ''),
        disagreement: pairRows.some(({ disagreement }) => disagreement !== null),
        change: pairRows.some(({ change }) => change !== null),
      },
    },
    onSortingChange: setSorting,
    getCoreRowModel: getCoreRowModel(),
    getSortedRowModel: getSortedRowModel(),
  });
  const { rows } = table.getRowModel();
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => host.current,
    estimateSize: () => ROW,
    overscan: 12,
  });
  const at = rows.findIndex((row) => row.original.position === shown);
  const move = (to: number) => {
    const row = rows[Math.min(rows.length - 1, Math.max(0, to))];
    if (row === undefined) return;
    onShow(row.original.position);
    virtual.scrollToIndex(row.index === to ? to : rows.indexOf(row));
  };
  useCommands({
    'next-prompt': {
      label: 'Next prompt',
      group: 'Pairs',
      keys: ['n'],
      enabled: at < rows.length - 1,
      run: () => move(at + 1),
    },
    'previous-prompt': {
      label: 'Previous prompt',
      group: 'Pairs',
      keys: ['p'],
      enabled: at > 0,
      run: () => move(at - 1),
    },
  });
  // Each row is a separate grid; a shared template and minimum width keep the columns aligned.
  const shownColumns = table.getVisibleLeafColumns();
  const grid = {
    gridTemplateColumns: shownColumns
      .map((one) => (one.id === 'instruction' ? `minmax(${one.getSize()}px, 1fr)` : `${one.getSize()}px`))
      .join(' '),
    minWidth: shownColumns.reduce((sum, one) => sum + one.getSize(), 0),
  };
  return (
    <div
      ref={host}
      className="pair-table scroll"
      role="grid"
      aria-label="Prompts with their pairs"
      aria-rowcount={rows.length + 1}
      tabIndex={0}
      aria-activedescendant={at < 0 ? undefined : `pair-line-${shown}`}
      onKeyDown={(event) => {
        const steps: Readonly<Record<string, number>> = {
          ArrowDown: 1,
          ArrowUp: -1,
          PageDown: 10,
          PageUp: -10,
          Home: -rows.length,
          End: rows.length,
        };
        const step = steps[event.key];
        if (step === undefined || event.target !== event.currentTarget) return;
        event.preventDefault();
        event.stopPropagation();
        move(Math.min(rows.length - 1, Math.max(0, at + step)));
      }}
    >
      {table.getHeaderGroups().map((group) => (
        <div key={group.id} className="pair-line pair-names" role="row" style={grid}>
          {group.headers.map(({ id, column: own, getContext }) => {
            const sorted = own.getIsSorted();
            return (
              <div
                key={id}
                role="columnheader"
                aria-sort={sorted === false ? 'none' : sorted === 'asc' ? 'ascending' : 'descending'}
                data-align={alignOf(own.columnDef.meta)}
              >
                <button type="button" title={aboutOf(own.columnDef.meta)} onClick={own.getToggleSortingHandler()}>
                  {flexRender(own.columnDef.header, getContext())}
                  {sorted === 'asc' && <ArrowUp size={12} aria-hidden="true" />}
                  {sorted === 'desc' && <ArrowDown size={12} aria-hidden="true" />}
                </button>
              </div>
            );
          })}
        </div>
      ))}
      <div role="rowgroup" className="pair-lines" style={{ height: virtual.getTotalSize(), minWidth: grid.minWidth }}>
        {virtual.getVirtualItems().map(({ index, start }) => {
          const row = rows[index];
          if (row === undefined) return null;
          const { position } = row.original;
          return (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the grid handles the keys
            <div
              key={position}
              id={`pair-line-${position}`}
              className="pair-line"
              role="row"
              tabIndex={-1}
              aria-rowindex={index + 2}
              aria-selected={position === shown}
              style={{ ...grid, transform: `translateY(${start}px)`, height: ROW }}
              onClick={() => onShow(position)}
            >
              {row.getVisibleCells().map((cell) => (
                <div
                  key={cell.id}
                  role="gridcell"
                  tabIndex={-1}
                  data-align={alignOf(cell.column.columnDef.meta)}
                  title={textOf(cell.getValue())}
                >
                  {flexRender(cell.column.columnDef.cell, cell.getContext())}
                </div>
              ))}
            </div>
          );
        })}
      </div>
    </div>
  );
}

/** The full text, as a tooltip for cells that may be cut off. Numbers are never cut off. */
const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

const aboutOf = (meta: object | undefined): string | undefined =>
  meta !== undefined && 'about' in meta ? textOf(meta.about) : undefined;

const alignOf = (meta: object | undefined): 'right' | undefined =>
  meta !== undefined && 'align' in meta && meta.align === 'right' ? 'right' : undefined;
