import { Scale, Trash2 } from 'lucide-react';
import { asksPerson } from '../../recipe/judges/asked';
import { rejudgingCalls } from '../../recipe/judges/calls';
import { KINDS } from '../../recipe/judges/kinds';
import type { Rollout } from '../../records/candidates';
import type { RunSummary } from '../../records/runs';
import { cancelRejudge, deleteRejudgement, rejudge, undoDeleteRejudgement } from '../../state/judging/pair-actions';
import { pairsStore, type RejudgedIteration } from '../../state/judging/pairs';
import { useStore } from '../../state/react';
import { currentRunStore, isActive } from '../../state/runs/current-run';
import { go } from '../../state/session/route';
import { focusField, sessionStore } from '../../state/session/session';
import { Button } from '../../ui/Button';
import { moment, plural } from '../../ui/format';
import { JudgeFactsLine } from '../../ui/judge/JudgeFactsLine';
import { Meter } from '../../ui/Meter';
import { pairChange } from './pair-change';

/** Judges the candidates of an iteration again with another judge. Nothing is generated again. */
export function Rejudging({ run }: { readonly run: RunSummary }) {
  const { rejudgements, compared, rejudging, rejudgeFailure, rollouts } = useStore(pairsStore, (state) => ({
    rejudgements: state.rejudgements,
    compared: state.compared,
    rejudging: state.rejudging,
    rejudgeFailure: state.rejudgeFailure,
    rollouts: state.rollouts,
  }));
  const recipe = useStore(sessionStore, (session) => session.recipe);
  const active = useStore(currentRunStore, (state) => isActive(state));
  const shown = rejudgements.find(({ id }) => id === compared) ?? null;
  const calls = rejudgingCalls(recipe, rollouts?.length ?? 0, run.recipe.k);
  const idle = active
    ? 'Wait until the active run has ended.'
    : asksPerson(recipe)
      ? 'The judge of the recipe is a person. Choose another judge to judge a whole iteration again.'
      : rollouts === null || rollouts.length === 0
        ? 'There are no candidates to judge yet.'
        : null;
  return (
    <details className="rejudging panel" open={rejudgements.length > 0}>
      <summary>
        <h2>Another judge</h2>
        {rejudgements.length > 0 && <span className="tag">{plural(rejudgements.length, 'second opinion')}</span>}
      </summary>
      <div className="rejudging-hand">
        {/* The two buttons share a key, so that the focus stays when one replaces the other. */}
        {rejudging === null ? (
          <Button
            key="hand"
            onClick={rejudge}
            idle={idle}
            title={`Uses the judge of the recipe in the Lab. ${run.name} is not changed.`}
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
              <span className="quiet tabular">At most {plural(calls, 'call')}, including control rows.</span>
            )}
          </>
        ) : (
          <>
            <p role="status" className="tabular">
              {rejudging.total === 0
                ? 'Loading the judge …'
                : `Judged ${rejudging.done} of ${plural(rejudging.total, 'prompt')}`}
            </p>
            <Meter
              share={rejudging.total === 0 ? 0 : rejudging.done / rejudging.total}
              label="Progress of judging again"
            />
          </>
        )}
      </div>
      {rejudgeFailure !== null && (
        <p className="trial-failure" role="alert">
          <strong>{rejudgeFailure.message}</strong> {rejudgeFailure.advice}
        </p>
      )}
      {rejudgements.length > 0 && (
        <ul className="rejudgements">
          <li>
            <label className="field-option">
              <input
                type="radio"
                name="compared"
                checked={shown === null}
                onChange={() => pairsStore.setState({ compared: null })}
              />
              Only the run’s own judge
            </label>
          </li>
          {rejudgements.map((one) => (
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
  readonly rejudgement: RejudgedIteration;
  readonly rollouts: readonly Rollout[];
}

function Opinion({ rejudgement, rollouts }: OpinionProps) {
  const { id, judge, created } = rejudgement;
  const compared = useStore(pairsStore, (state) => state.compared === id);
  const deleting = useStore(pairsStore, (state) => state.pendingDeletes.has(id));
  return (
    <li>
      {deleting ? (
        <span className="quiet">The judgement of {judge} will be deleted.</span>
      ) : (
        <label className="field-option">
          <input
            type="radio"
            name="compared"
            checked={compared}
            onChange={() => pairsStore.setState({ compared: id })}
          />
          {judge}, {moment(created)}: <Changes rejudgement={rejudgement} rollouts={rollouts} />
        </label>
      )}
      <Button
        look="quiet"
        className="button-small"
        aria-label={`${deleting ? 'Keep' : 'Delete'} the judgement of ${judge}`}
        title={deleting ? 'Undo' : 'Delete'}
        onClick={() => (deleting ? undoDeleteRejudgement(id) : deleteRejudgement(id))}
      >
        {deleting ? 'Undo' : <Trash2 aria-hidden="true" />}
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
