import { Download, Vote } from 'lucide-react';
import { useEffect, useMemo, useState } from 'react';
import { asksPerson } from '../../recipe/judges/asked';
import type { Arm } from '../../recipe/recipe';
import { editPair, showPairs } from '../../state/judging/pair-actions';
import { hasStartedTraining, type PairsPlace, pairsStore } from '../../state/judging/pairs';
import { loadBallots, votingStore } from '../../state/judging/voting';
import { useStore } from '../../state/react';
import { currentRunStore } from '../../state/runs/current-run';
import { exportPairs } from '../../state/runs/run-actions';
import { refreshRuns, storedRunsStore } from '../../state/runs/stored-runs';
import { formatRoute, go } from '../../state/session/route';
import { Button } from '../../ui/Button';
import { ARM_NAME, count, plural, subscript } from '../../ui/format';
import { saveText } from '../../ui/save';
import { FilterBar, KIND_FIELD } from './FilterBar';
import { PairDetail } from './PairDetail';
import { PairTable } from './PairTable';
import { availableFilters, type Filters, filterOptionsOf, matches, NO_FILTERS, pairRowsOf } from './pair-list';
import './pairs.css';
import type { PairEdit } from '../../records/pairs';
import type { RunSummary } from '../../records/runs';
import { Rejudging } from './Rejudging';

/** The Pairs page. @param runInAddress the run in the address; null shows the run in the Lab, or the newest one */
export function Pairs({ runInAddress }: { readonly runInAddress: string | null }) {
  const list = useStore(storedRunsStore, (state) => state.list);
  const current = useStore(currentRunStore, (state) => state.run?.id ?? null);
  useEffect(() => void refreshRuns(), []);
  const run =
    list?.find(({ id }) => id === (runInAddress ?? current)) ??
    (runInAddress === null ? list?.[0] : undefined) ??
    null;
  if (list === null) return <div className="lab-quiet" aria-busy="true" />;
  if (run === null) {
    return (
      <div className="place-empty">
        <h1>{runInAddress === null ? 'No pairs yet.' : 'This run has been deleted.'}</h1>
        <p>
          This page shows every prompt of a run with its candidates, their scores, and the pair made from them, or why
          there is none.
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
  const [requested, setRequested] = useState(NO_FILTERS);
  const [chosen, setChosen] = useState<number | null>(null);
  // A prompt that was just edited stays visible, so that it can be undone, even if the filter no longer matches.
  const [changed, setChanged] = useState<number | null>(null);
  const { rollouts, edits, rejudgements, compared } = useStore(
    pairsStore,
    ({ rollouts, edits, rejudgements, compared }) => ({ rollouts, edits, rejudgements, compared }),
  );
  useEffect(() => {
    setChanged(null);
    void showPairs({ run: run.id, purpose, arm, iteration });
  }, [run.id, purpose, arm, iteration]);
  const startedNow = useStore(
    currentRunStore,
    (state) => state.run?.id === run.id && hasStartedTraining({ iteration, arm }, state),
  );
  const startedBefore = useStore(storedRunsStore, ({ details }) => {
    const detail = details.get(run.id);
    return detail !== undefined && hasStartedTraining({ iteration, arm }, detail);
  });

  const other = rejudgements.find(({ id }) => id === compared) ?? null;
  const shownOther = purpose === 'train' ? other : null;
  const rows = useMemo(() => pairRowsOf(rollouts ?? [], edits, shownOther), [rollouts, edits, shownOther]);
  const options = useMemo(() => filterOptionsOf(rows, purpose), [rows, purpose]);
  const filters = useMemo(() => availableFilters(requested, options), [requested, options]);
  const matching = useMemo(
    () => rows.filter((row) => row.position === changed || matches(row, filters)),
    [rows, filters, changed],
  );
  const shown = matching.find(({ position }) => position === chosen) ?? matching[0] ?? null;

  const filter = (next: Filters) => {
    setChanged(null);
    setRequested(next);
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
          {rollouts === null ? 'Reading …' : `${count(matching.length)} of ${plural(rows.length, 'prompt')}`}
        </span>
        <Ballots run={run} />
        <Button
          onClick={save}
          title="JSON Lines with prompt, chosen and rejected, the preference format of TRL. Includes your changes."
        >
          <Download aria-hidden="true" /> Export, JSONL
        </Button>
      </header>
      {purpose === 'train' && <Rejudging run={run} />}
      <FilterBar filters={filters} options={options} onChange={filter} />
      {rollouts !== null && rows.length === 0 ? (
        <p className="pairs-none">
          {purpose === 'train'
            ? 'This arm has not generated any candidates in this iteration yet.'
            : `M${subscript(iteration)} of this arm has not been evaluated yet.`}
        </p>
      ) : shown === null ? (
        <div className="pairs-none">
          {rollouts !== null && (
            <>
              <p>No prompt matches the filters.</p>
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
          <PairTable purpose={purpose} rows={matching} shown={shown.position} onShow={show} />
          <PairDetail
            row={shown}
            other={shownOther}
            started={startedNow || startedBefore}
            onEdit={(pair) => edit(shown.position, pair)}
          />
        </div>
      )}
    </section>
  );
}

/** The link to voting, if a person is the judge or a member of the panel. */
function Ballots({ run }: { readonly run: RunSummary }) {
  const waiting = useStore(votingStore, (state) => (state.run === run.id ? state.queue.length : 0));
  const news = useStore(votingStore, (state) => state.waiting);
  useEffect(() => {
    void news;
    if (asksPerson(run.recipe)) void loadBallots(run.id);
  }, [run, news]);
  if (!asksPerson(run.recipe)) return null;
  return (
    <a className="button button-primary" href={formatRoute({ place: 'pairs', run: run.id, vote: true })}>
      <Vote aria-hidden="true" />{' '}
      {waiting === 0
        ? 'Your choices'
        : `${plural(waiting, 'prompt')} ${waiting === 1 ? 'waits' : 'wait'} for your choice`}
    </a>
  );
}
