import { Download, Vote } from 'lucide-react';
import { useEffect, useMemo, useState } from 'react';
import { exportPairs } from '../../state/actions';
import { refreshPairs, showPairs } from '../../state/pair-actions';
import { usePairs } from '../../state/pairs';
import { formatRoute, go } from '../../state/route';
import { useRun } from '../../state/run';
import { refreshRuns, useRuns } from '../../state/runs';
import { useVoting } from '../../state/voting';
import { loadBallots } from '../../state/voting-actions';
import { ARM_NAME } from '../../ui/arm-name';
import { Button } from '../../ui/Button';
import { count, plural } from '../../ui/format';
import { saveText } from '../../ui/save';
import type { Arm, RunSummary } from '../../worker/protocol';
import { FilterBar } from './FilterBar';
import { PairDetail } from './PairDetail';
import { PairTable } from './PairTable';
import { keep, NO_FILTERS, pairLines } from './pair-rows';
import './pairs.css';
import { Rejudging } from './Rejudging';

/** What did the judge prefer? @param wanted the run that the address names; null: the one in the Lab, or the newest */
export function Pairs({ wanted }: { readonly wanted: string | null }) {
  const list = useRuns((state) => state.list);
  const current = useRun((state) => state.run?.id ?? null);
  useEffect(() => void refreshRuns(), []);
  const run = list?.find(({ id }) => id === (wanted ?? current)) ?? (wanted === null ? list?.[0] : undefined) ?? null;
  if (list === null) return <div className="lab-quiet" aria-busy="true" />;
  if (run === null) {
    return (
      <div className="runs-none">
        <h1>{wanted === null ? 'No pairs yet.' : 'This run is not here any more.'}</h1>
        <p>
          Every prompt of a run stands here with its candidates, their scores, and the pair that was made of them, or why none.
        </p>
        <a className="button button-primary" href={formatRoute({ place: 'lab', query: '' })}>
          Start a run in the Lab
        </a>
      </div>
    );
  }
  return <PairsOfRun key={run.id} run={run} runs={list} />;
}

function PairsOfRun({ run, runs }: { readonly run: RunSummary; readonly runs: readonly RunSummary[] }) {
  const { arms, iterations } = run.recipe;
  const [arm, setArm] = useState<Arm>(arms[0] ?? 'thinking');
  const [iteration, setIteration] = useState(() => Math.min(iterations, run.iterations + 1));
  const [filters, setFilters] = useState(NO_FILTERS);
  const [chosen, setChosen] = useState<number | null>(null);
  const { rollouts, edits, rejudgements, compared } = usePairs();
  useEffect(() => void showPairs({ run: run.id, arm, iteration }), [run.id, arm, iteration]);
  // A run that goes on brings more.
  const news = useRun((state) => (state.run?.id === run.id ? state.progress?.done : null));
  useEffect(() => {
    void news;
    void refreshPairs();
  }, [news]);

  const other = rejudgements.find(({ id }) => id === compared) ?? null;
  const lines = useMemo(() => pairLines(rollouts ?? [], edits, other), [rollouts, edits, other]);
  const kept = useMemo(() => lines.filter((line) => keep(line, filters)), [lines, filters]);
  const shown = kept.find(({ position }) => position === chosen) ?? kept[0] ?? null;

  const save = async () => {
    const text = await exportPairs(run.id);
    if (text !== undefined)
      saveText(`${run.name.replace(/[^a-z0-9]+/gi, '-').toLowerCase()}-pairs.jsonl`, 'application/x-ndjson', text);
  };
  return (
    <section className="pairs" aria-labelledby="pairs-title">
      <header className="pairs-head">
        <h1 id="pairs-title">Pairs</h1>
        <label>
          Run{' '}
          <select
            className="input"
            value={run.id}
            onChange={(event) => go({ place: 'pairs', run: event.currentTarget.value, vote: false })}
          >
            {runs.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </select>
        </label>
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
            {Array.from({ length: iterations }, (_, i) => i + 1).map((number) => (
              <option key={number} value={number}>
                {number}
              </option>
            ))}
          </select>
        </label>
        <span className="quiet tabular pairs-count" role="status">
          {rollouts === null ? 'Reading …' : `${count(kept.length)} of ${plural(lines.length, 'prompt')}`}
        </span>
        <Ballots run={run} />
        <Button onClick={save} title="prompt, chosen, rejected: TRL’s preference format, with your changes">
          <Download aria-hidden="true" /> Export, JSONL
        </Button>
      </header>
      <Rejudging run={run} />
      <FilterBar filters={filters} lines={lines} onChange={setFilters} />
      {rollouts !== null && lines.length === 0 ? (
        <p className="pairs-none">This arm has written no candidates in this iteration yet.</p>
      ) : kept.length === 0 ? (
        <div className="pairs-none">
          {rollouts !== null && (
            <>
              <p>No prompt is so.</p>
              <Button onClick={() => setFilters(NO_FILTERS)}>Show all</Button>
            </>
          )}
        </div>
      ) : (
        <div className="pairs-work">
          <PairTable lines={kept} shown={shown?.position ?? null} onShow={setChosen} />
          {shown !== null && <PairDetail key={`${iteration} ${arm} ${shown.position}`} line={shown} other={other} />}
        </div>
      )}
    </section>
  );
}

/** Only where a person is the judge. */
function Ballots({ run }: { readonly run: RunSummary }) {
  const waiting = useVoting((state) => (state.run === run.id ? state.queue.length : 0));
  const news = useVoting((state) => state.waiting);
  useEffect(() => {
    void news;
    if (run.recipe.judge === 'human') void loadBallots(run.id);
  }, [run, news]);
  if (run.recipe.judge !== 'human') return null;
  return (
    <a className="button button-primary" href={formatRoute({ place: 'pairs', run: run.id, vote: true })}>
      <Vote aria-hidden="true" /> {waiting === 0 ? 'Your choices' : `${plural(waiting, 'prompt')} wait for your choice`}
    </a>
  );
}
