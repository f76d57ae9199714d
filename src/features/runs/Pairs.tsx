import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useMemo, useRef, useState } from 'react';
import type { Arm } from '../../recipe/recipe';
import { loadRollouts } from '../../state/runs';
import { ARM_NAME } from '../../ui/arm-name';
import { count } from '../../ui/format';
import type { Rollout, RunSummary } from '../../worker/protocol';
import { PairRow } from './PairRow';
import { KIND_NAMES, KINDS, type Kind, keepKind } from './pair-kinds';

/** What the judge preferred, prompt by prompt. */
export function Pairs({ run }: { readonly run: RunSummary }) {
  const { arms, iterations } = run.recipe;
  const [arm, setArm] = useState<Arm>(arms[0] ?? 'thinking');
  const [iteration, setIteration] = useState(1);
  const [kind, setKind] = useState<Kind>('all');
  const [text, setText] = useState('');
  const [found, setFound] = useState<readonly Rollout[] | null>(null);
  const host = useRef<HTMLDivElement>(null);

  useEffect(() => {
    let gone = false;
    setFound(null);
    void loadRollouts(run.id, { purpose: 'train', arm, iteration }).then((rollouts) => {
      if (!gone) setFound(rollouts);
    });
    return () => {
      gone = true;
    };
  }, [run.id, arm, iteration]);

  const rows = useMemo(() => {
    const words = text.trim().toLowerCase();
    return (found ?? []).filter(
      (rollout) => keepKind(rollout, kind) && (words === '' || rollout.prompt.instruction.toLowerCase().includes(words)),
    );
  }, [found, kind, text]);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => host.current,
    estimateSize: () => 224,
    overscan: 3,
    getItemKey: (index) => rows[index]?.position ?? index,
  });

  return (
    <section aria-labelledby="pairs-title" className="pairs">
      <header className="pairs-head">
        <h2 id="pairs-title">Pairs</h2>
        <label>
          Arm{' '}
          <select
            className="input"
            value={arm}
            onChange={(event) => setArm(event.currentTarget.value === 'direct' ? 'direct' : 'thinking')}
          >
            {arms.map((name) => (
              <option key={name} value={name}>
                {ARM_NAME[name]}
              </option>
            ))}
          </select>
        </label>
        <label>
          Iteration{' '}
          <select className="input" value={iteration} onChange={(event) => setIteration(Number(event.currentTarget.value))}>
            {Array.from({ length: iterations }, (_, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: iterations are their number
              <option key={i} value={i + 1}>
                {i + 1}
              </option>
            ))}
          </select>
        </label>
        <label>
          Show{' '}
          <select
            className="input"
            value={kind}
            onChange={(event) => setKind(KINDS.find((one) => one === event.currentTarget.value) ?? 'all')}
          >
            {KINDS.map((one) => (
              <option key={one} value={one}>
                {KIND_NAMES[one]}
              </option>
            ))}
          </select>
        </label>
        <label className="pairs-search">
          <span className="visually-hidden">Search the instructions</span>
          <input
            className="input"
            type="search"
            placeholder="Search the instructions"
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
          />
        </label>
        <span className="quiet tabular" role="status">
          {found === null ? 'Reading …' : `${count(rows.length)} of ${count(found.length)} prompts`}
        </span>
      </header>
      {found !== null && rows.length === 0 ? (
        <p className="quiet">
          {found.length === 0 ? 'This arm has written no candidates in this iteration yet.' : 'No prompt is so.'}
        </p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
        <section ref={host} className="pairs-list scroll" tabIndex={0} aria-label="Prompts with their pairs">
          <div className="pairs-track" style={{ height: virtual.getTotalSize() }}>
            {virtual.getVirtualItems().map(({ index, start, key }) => {
              const rollout = rows[index];
              return (
                rollout && (
                  <div
                    key={key}
                    ref={virtual.measureElement}
                    data-index={index}
                    className="pairs-row"
                    style={{ transform: `translateY(${start}px)` }}
                  >
                    <PairRow rollout={rollout} />
                  </div>
                )
              );
            })}
          </div>
        </section>
      )}
    </section>
  );
}
