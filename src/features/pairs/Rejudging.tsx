import { Scale, Trash2 } from 'lucide-react';
import { asksPerson } from '../../recipe/judges/asked';
import { judgeCallsOfAgain } from '../../recipe/judges/calls';
import { KINDS } from '../../recipe/judges/kinds';
import type { Rollout } from '../../records/candidates';
import type { RunSummary } from '../../records/runs';
import { focusField } from '../../state/focus-field';
import { cancelRejudge, deleteRejudgement, rejudge, undoDeleteRejudgement } from '../../state/pair-actions';
import { type SecondOpinion, usePairs } from '../../state/pairs';
import { go } from '../../state/route';
import { isActive, useRun } from '../../state/run';
import { useSession } from '../../state/session';
import { Button } from '../../ui/Button';
import { moment, plural } from '../../ui/format';
import { JudgeFactsLine } from '../../ui/judge/JudgeFactsLine';
import { Meter } from '../../ui/Meter';
import { pairChange } from './pair-change';

/** The same candidates before another judge: nothing is written anew. */
export function Rejudging({ run }: { readonly run: RunSummary }) {
  const { rejudgements: here, compared, rejudging, rejudgeFailure, rollouts } = usePairs();
  const recipe = useSession((session) => session.recipe);
  const active = useRun((state) => isActive(state));
  const shown = here.find(({ id }) => id === compared) ?? null;
  const calls = judgeCallsOfAgain(recipe, rollouts?.length ?? 0, run.recipe.k);
  const idle = active
    ? 'A run is going on: it comes first.'
    : asksPerson(recipe)
      ? 'A person changes pairs one by one: for a whole iteration another judge is needed.'
      : rollouts === null || rollouts.length === 0
        ? 'Nothing is written here yet.'
        : null;
  return (
    <details className="rejudging panel" open={here.length > 0}>
      <summary>
        <h2>Another judge</h2>
        {here.length > 0 && <span className="tag">{plural(here.length, 'second opinion')}</span>}
      </summary>
      <div className="rejudging-hand">
        {/* One button for both: it keeps the focus. */}
        {rejudging === null ? (
          <Button
            key="hand"
            onClick={rejudge}
            idle={idle}
            title={`The judge that the recipe in the Lab names; ${run.name} stays as it is`}
          >
            <Scale aria-hidden="true" /> Judge this iteration again: {KINDS[recipe.judge].label}
          </Button>
        ) : (
          <Button key="hand" onClick={cancelRejudge}>
            Cancel
          </Button>
        )}
        {rejudging === null ? (
          <>
            {idle !== null && <span className="quiet">{idle}</span>}
            <Button
              look="quiet"
              onClick={() => {
                go({ place: 'lab', query: '' });
                focusField('judge');
              }}
            >
              Choose the judge in the recipe
            </Button>
            {calls !== null && (
              <span className="quiet tabular">At most {plural(calls, 'call')} of it, control rows with them.</span>
            )}
          </>
        ) : (
          <>
            <p role="status" className="tabular">
              {rejudging.total === 0
                ? 'The judge is being loaded …'
                : `Judged ${rejudging.done} of ${plural(rejudging.total, 'prompt')}`}
            </p>
            <Meter
              share={rejudging.total === 0 ? 0 : rejudging.done / rejudging.total}
              label="Progress of the re-judging"
            />
          </>
        )}
      </div>
      {rejudgeFailure !== null && (
        <p className="trial-failure" role="alert">
          <strong>{rejudgeFailure.message}</strong> {rejudgeFailure.advice}
        </p>
      )}
      {here.length > 0 && (
        <ul className="rejudgements">
          <li>
            <label className="field-option">
              <input
                type="radio"
                name="compared"
                checked={shown === null}
                onChange={() => usePairs.setState({ compared: null })}
              />
              The run’s own judge only
            </label>
          </li>
          {here.map((one) => (
            <Opinion key={one.id} rejudgement={one} rollouts={rollouts ?? []} />
          ))}
        </ul>
      )}
      {shown?.facts != null && <JudgeFactsLine facts={shown.facts} />}
      {shown?.warnings?.map(({ code, message, advice }) => (
        <p key={code} className="rejudging-warning">
          <strong>{message}</strong> {advice}
        </p>
      ))}
    </details>
  );
}

interface OpinionProps {
  readonly rejudgement: SecondOpinion;
  readonly rollouts: readonly Rollout[];
}

function Opinion({ rejudgement, rollouts }: OpinionProps) {
  const { id, judge, created } = rejudgement;
  const compared = usePairs((state) => state.compared === id);
  const going = usePairs((state) => state.going.has(id));
  return (
    <li>
      {going ? (
        <span className="quiet">The judgement of {judge} will be deleted.</span>
      ) : (
        <label className="field-option">
          <input
            type="radio"
            name="compared"
            checked={compared}
            onChange={() => usePairs.setState({ compared: id })}
          />
          {judge}, {moment(created)}: <Changes rejudgement={rejudgement} rollouts={rollouts} />
        </label>
      )}
      <Button
        look="quiet"
        className="button-small"
        aria-label={`${going ? 'Keep' : 'Delete'} the judgement of ${judge}`}
        title={going ? 'Undo' : 'Delete'}
        onClick={() => (going ? undoDeleteRejudgement(id) : deleteRejudgement(id))}
      >
        {going ? 'Undo' : <Trash2 aria-hidden="true" />}
      </Button>
    </li>
  );
}

function Changes({ rejudgement, rollouts }: OpinionProps) {
  const own = new Map(rollouts.map((rollout) => [rollout.position, rollout.pair]));
  const changes = rejudgement.entries.map(({ position, pair }) => pairChange(own.get(position) ?? null, pair));
  const of = (...kinds: readonly string[]) => changes.filter((change) => kinds.includes(change)).length;
  const words = [
    [of('same'), 'the same'],
    [of('other-chosen', 'other-rejected', 'other-both', 'swapped'), 'another pair'],
    [of('gained'), 'gained'],
    [of('lost'), 'lost'],
  ] as const;
  return (
    <span className="tabular">
      {words.map(([count, name]) => `${count} ${name}`).join(', ')}
      {rejudgement.done < rejudgement.total && ` (${rejudgement.done} of ${rejudgement.total} judged)`}
    </span>
  );
}
