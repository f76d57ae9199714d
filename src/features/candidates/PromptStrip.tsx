import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef } from 'react';
import { type PromptEntry, rollouts } from '../../state/runs/rollout-store';
import { CandidateMark } from '../../ui/candidate/CandidateCard';
import { statusOf, viewsOf, wellFormedOf } from '../../ui/candidate/candidate-view';

const TILE = 28;
const MOST_MARKS = 8;

interface Props {
  readonly at: number;
  readonly onShow: (order: number) => void;
}

/** All prompts of the run as narrow tiles, with a mark for each candidate. Choosing a tile shows its prompt. */
export function PromptStrip({ at, onShow }: Props) {
  const host = useRef<HTMLDivElement>(null);
  const count = rollouts.entries.length;
  const virtual = useVirtualizer({
    count,
    getScrollElement: () => host.current,
    estimateSize: () => TILE,
    horizontal: true,
    overscan: 8,
  });

  useEffect(() => {
    if (count > 0) virtual.scrollToIndex(at, { align: 'auto' });
  }, [at, count, virtual]);

  return (
    <div
      ref={host}
      className="filmstrip scroll"
      role="listbox"
      aria-label="Prompts of this run"
      aria-orientation="horizontal"
      aria-activedescendant={count > 0 ? `tile-${at}` : undefined}
      tabIndex={0}
    >
      <div className="filmstrip-track" style={{ width: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map(({ index, start }) => {
          const entry = rollouts.entries[index];
          return (
            entry && (
              <Tile key={entry.key} entry={entry} start={start} size={count} selected={index === at} onShow={onShow} />
            )
          );
        })}
      </div>
    </div>
  );
}

interface TileProps {
  readonly entry: PromptEntry;
  readonly start: number;
  readonly size: number;
  readonly selected: boolean;
  readonly onShow: (order: number) => void;
}

function Tile({ entry, start, size, selected, onShow }: TileProps) {
  const views = viewsOf(entry.live, entry.rollout);
  const statuses = views.map(statusOf);
  const right = statuses.filter((status) => status === 'right' || status === 'chosen').length;
  const previous = rollouts.entries[entry.order - 1];
  const begins =
    previous === undefined ||
    previous.purpose !== entry.purpose ||
    previous.iteration !== entry.iteration ||
    previous.arm !== entry.arm;
  const result =
    entry.purpose === 'warm-up' ? `${wellFormedOf(views)} well-formed` : `${right} of ${views.length} right`;
  const outcome = entry.rollout === null ? 'being generated' : result;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the listbox handles the arrow keys
    <div
      id={`tile-${entry.order}`}
      role="option"
      tabIndex={-1}
      aria-selected={selected}
      aria-setsize={size}
      aria-posinset={entry.order + 1}
      aria-label={`Prompt ${entry.order + 1}: ${entry.instruction}, ${outcome}`}
      title={entry.instruction}
      className={`tile tile-${entry.purpose} tile-${entry.arm} ${begins ? 'tile-begins' : ''}`}
      style={{ transform: `translateX(${start}px)` }}
      onClick={() => onShow(entry.order)}
    >
      {statuses.slice(0, MOST_MARKS).map((status, i) => (
        <CandidateMark key={views[i]?.index ?? i} status={status} />
      ))}
    </div>
  );
}
