// biome-ignore-all lint/a11y/useSemanticElements: rows that are placed by hand are no table's
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus, and says which row is active
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
import { useCommands } from '../../state/commands';
import { NO_PAIR } from '../../ui/candidate/candidate-view';
import { measured, percent } from '../../ui/format';
import type { PairChange } from './pair-change';
import type { PairLine } from './pair-rows';

interface Props {
  readonly purpose: 'train' | 'evaluate';
  readonly lines: readonly PairLine[];
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

function outcome({ edit, rollout: { pair, judgement }, chosen, rejected }: PairLine): string {
  if (edit?.pair === 'excluded') return 'left out by you';
  if (chosen !== null && rejected !== null)
    return `${chosen.index + 1} over ${rejected.index + 1}${edit ? ', by you' : ''}`;
  if (judgement === null) return 'waits for its judge';
  return pair !== null && 'none' in pair ? NO_PAIR[pair.none] : 'not decided yet';
}

const column = createColumnHelper<PairLine>();
const number = (about?: string) => ({ meta: { align: 'right', about } }) as const;
const columns = [
  column.accessor('position', { header: 'Prompt', cell: ({ getValue }) => getValue() + 1, size: 64, ...number() }),
  column.accessor((line) => line.rollout.prompt.instruction, { id: 'instruction', header: 'Instruction', size: 128 }),
  column.accessor('category', { header: 'Category', size: 80 }),
  column.accessor(outcome, { id: 'pair', header: 'Pair', size: 128 }),
  column.accessor('score', {
    header: 'Score',
    cell: ({ getValue }) => written(getValue(), measured),
    size: 64,
    ...number('Mean of the judge’s scores of the responses'),
  }),
  column.accessor('margin', {
    header: 'Margin',
    cell: ({ getValue }) => written(getValue(), measured),
    size: 64,
    ...number('s of the chosen less s of the rejected: the score, less the length control'),
  }),
  column.accessor('length', {
    header: 'Tokens',
    cell: ({ getValue }) => written(getValue(), (tokens) => String(Math.round(tokens))),
    size: 64,
    ...number('Mean length of the well-formed responses, in tokens'),
  }),
  column.accessor('malformed', { header: 'Malformed', size: 84, ...number('Candidates that are malformed') }),
  column.accessor('disagreement', {
    header: 'Disagree',
    cell: ({ getValue }) => written(getValue(), (share) => percent(share, 0)),
    size: 76,
    ...number('Of every two candidates: in what share the judges order them differently'),
  }),
  column.accessor(({ change }) => (change === null ? null : CHANGES[change]), {
    id: 'change',
    header: 'Other judge',
    cell: ({ getValue }) => written(getValue(), (change) => change),
    size: 120,
  }),
];

const written = <T,>(value: T | null, words: (value: T) => string): string => (value === null ? '–' : words(value));

const ROW = 36;

/** A prompt a line; the arrow keys go through them. */
export function PairTable({ purpose, lines, shown, onShow }: Props) {
  const [sorting, setSorting] = useState<SortingState>([]);
  const host = useRef<HTMLDivElement>(null);
  const data = useMemo(() => [...lines], [lines]);
  const table = useReactTable({
    data,
    columns,
    state: {
      sorting,
      columnVisibility: {
        pair: purpose === 'train',
        margin: purpose === 'train',
        score: purpose === 'evaluate',
        category: lines.some(({ category }) => category !== ''),
        disagreement: lines.some(({ disagreement }) => disagreement !== null),
        change: lines.some(({ change }) => change !== null),
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
  // Every line is a grid of its own: one template and one least width keep them in columns.
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
            // biome-ignore lint/a11y/useKeyWithClickEvents: the table has the keys
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

/** Only a text may be cut; numbers stand as they are written. */
const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

const aboutOf = (meta: object | undefined): string | undefined =>
  meta !== undefined && 'about' in meta ? textOf(meta.about) : undefined;

const alignOf = (meta: object | undefined): 'right' | undefined =>
  meta !== undefined && 'align' in meta && meta.align === 'right' ? 'right' : undefined;
