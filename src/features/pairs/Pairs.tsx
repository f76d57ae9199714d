import { Download, Vote } from 'lucide-react';
import { useEffect, useMemo, useState } from 'react';
import { asksPerson } from '../../recipe/judges/asked';
import type { Arm } from '../../recipe/recipe';
import { exportPairs } from '../../state/actions';
import { editPair, showPairs } from '../../state/pair-actions';
import { hasBegun, type PairsPlace, usePairs } from '../../state/pairs';
import { formatRoute, go } from '../../state/route';
import { useRun } from '../../state/run';
import { refreshRuns, useRuns } from '../../state/runs';
import { useVoting } from '../../state/voting';
import { loadBallots } from '../../state/voting-actions';
import { ARM_NAME } from '../../ui/arm-name';
import { Button } from '../../ui/Button';
import { count, plural, subscript } from '../../ui/format';
import { saveText } from '../../ui/save';
import { FilterBar, KIND_FIELD } from './FilterBar';
import { PairDetail } from './PairDetail';
import { PairTable } from './PairTable';
import { type Filters, fitting, keep, NO_FILTERS, offerOf, pairLines } from './pair-rows';
import './pairs.css';
import type { PairEdit } from '../../records/pairs';
import type { RunSummary } from '../../records/runs';
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
      <div className="place-empty">
        <h1>{wanted === null ? 'No pairs yet.' : 'This run is not here any more.'}</h1>
        <p>
          Every prompt of a run stands here with its candidates, their scores, and the pair that was made of them, or
          why none.
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
  const [purpose, setPurpose] = useState<PairsPlace['purpose']>('train');
  const [iteration, setIteration] = useState(() => Math.min(iterations, run.iterations + 1));
  const [wished, setWished] = useState(NO_FILTERS);
  const [chosen, setChosen] = useState<number | null>(null);
  // A prompt that was changed stays, with its undo, though the filter would leave it out now.
  const [changed, setChanged] = useState<number | null>(null);
  const { rollouts, edits, rejudgements, compared } = usePairs();
  useEffect(() => {
    setChanged(null);
    void showPairs({ run: run.id, purpose, arm, iteration });
  }, [run.id, purpose, arm, iteration]);
  const begunNow = useRun((state) => state.run?.id === run.id && hasBegun({ iteration, arm }, state));
  const begunOnce = useRuns(({ details }) => {
    const detail = details.get(run.id);
    return detail !== undefined && hasBegun({ iteration, arm }, detail);
  });

  const other = rejudgements.find(({ id }) => id === compared) ?? null;
  const here = purpose === 'train' ? other : null;
  const lines = useMemo(() => pairLines(rollouts ?? [], edits, here), [rollouts, edits, here]);
  const offer = useMemo(() => offerOf(lines, purpose), [lines, purpose]);
  const filters = useMemo(() => fitting(wished, offer), [wished, offer]);
  const kept = useMemo(
    () => lines.filter((line) => line.position === changed || keep(line, filters)),
    [lines, filters, changed],
  );
  const shown = kept.find(({ position }) => position === chosen) ?? kept[0] ?? null;

  const filter = (next: Filters) => {
    setChanged(null);
    setWished(next);
  };
  const show = (position: number) => {
    setChosen(position);
    if (position !== changed) setChanged(null);
  };
  const edit = (position: number, pair: PairEdit['pair'] | null) => {
    setChosen(position);
    setChanged(position);
    void editPair(position, pair);
  };
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
          Prompts{' '}
          <select
            className="input"
            value={purpose}
            onChange={(event) => {
              const heldOut = event.currentTarget.value === 'evaluate';
              setPurpose(heldOut ? 'evaluate' : 'train');
              if (!heldOut) setIteration(Math.max(1, iteration));
            }}
          >
            <option value="train">training</option>
            <option value="evaluate">held-out</option>
          </select>
        </label>
        <label>
          {purpose === 'train' ? 'Iteration' : 'Answered by'}{' '}
          <select
            className="input"
            value={iteration}
            onChange={(event) => setIteration(Number(event.currentTarget.value))}
          >
            {Array.from({ length: iterations + 1 }, (_, number) => number)
              .slice(purpose === 'train' ? 1 : 0)
              .map((number) => (
                <option key={number} value={number}>
                  {purpose === 'train' ? number : `M${subscript(number)}`}
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
      {purpose === 'train' && <Rejudging run={run} />}
      <FilterBar filters={filters} offer={offer} onChange={filter} />
      {rollouts !== null && lines.length === 0 ? (
        <p className="pairs-none">
          {purpose === 'train'
            ? 'This arm has written no candidates in this iteration yet.'
            : `M${subscript(iteration)} of this arm has not been evaluated.`}
        </p>
      ) : shown === null ? (
        <div className="pairs-none">
          {rollouts !== null && (
            <>
              <p>No prompt is so.</p>
              <Button
                onClick={() => {
                  filter(NO_FILTERS);
                  document.getElementById(KIND_FIELD)?.focus();
                }}
              >
                Show all
              </Button>
            </>
          )}
        </div>
      ) : (
        <div className="pairs-work">
          <PairTable purpose={purpose} lines={kept} shown={shown.position} onShow={show} />
          <PairDetail
            line={shown}
            other={here}
            begun={begunNow || begunOnce}
            onEdit={(pair) => edit(shown.position, pair)}
          />
        </div>
      )}
    </section>
  );
}

/** Only where a person is the judge, or one of them. */
function Ballots({ run }: { readonly run: RunSummary }) {
  const waiting = useVoting((state) => (state.run === run.id ? state.queue.length : 0));
  const news = useVoting((state) => state.waiting);
  useEffect(() => {
    void news;
    if (asksPerson(run.recipe)) void loadBallots(run.id);
  }, [run, news]);
  if (!asksPerson(run.recipe)) return null;
  return (
    <a className="button button-primary" href={formatRoute({ place: 'pairs', run: run.id, vote: true })}>
      <Vote aria-hidden="true" />{' '}
      {waiting === 0 ? 'Your choices' : `${plural(waiting, 'prompt')} wait for your choice`}
    </a>
  );
}
