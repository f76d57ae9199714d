import { Ban, ChevronsUpDown, RotateCcw } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import type { Rollout } from '../../records/candidates';
import type { PairEdit } from '../../records/pairs';
import { pairOf, pairsStore, type RejudgedIteration, withEdit } from '../../state/judging/pairs';
import { useCommands, useStore } from '../../state/react';
import { Button } from '../../ui/Button';
import { CandidateCard } from '../../ui/candidate/CandidateCard';
import { viewsOf } from '../../ui/candidate/candidate-view';
import { PromptHead } from '../../ui/candidate/PromptHead';
import { measured } from '../../ui/format';
import { noManualPair, type Role, withRole } from './manual-pair';
import type { PairRow } from './pair-list';
import { Comparisons, OtherVerdicts, Verdicts } from './Verdicts';

interface Props {
  readonly row: PairRow;
  readonly other: RejudgedIteration | null;
  /** The iteration has started training, so a change comes too late for it. */
  readonly started: boolean;
  /** Null restores the judge's pair. */
  readonly onEdit: (pair: PairEdit['pair'] | null) => void;
}

const ROLES: readonly Role[] = ['chosen', 'rejected'];
const refusal = (next: ReturnType<typeof withRole>) => (typeof next === 'string' ? next : null);
const name = (candidate: number) => `candidate ${candidate + 1}`;

/** All candidates of a prompt, their verdicts, and the controls to change the pair. */
export function PairDetail({ row: { rollout, edit }, other, started, onEdit }: Props) {
  const inFull = useStore(pairsStore, (state) => state.inFull);
  const host = useRef<HTMLElement>(null);
  const [focused, setFocused] = useState<number | null>(null);
  const mine = rollout.purpose === 'train';
  const now = withEdit(rollout, edit);
  const pair = pairOf(now);
  const entry = other?.entries.find(({ position }) => position === rollout.position) ?? null;
  const views = viewsOf(null, now);
  const at = focused !== null && focused < views.length ? focused : null;

  // biome-ignore lint/correctness/useExhaustiveDependencies: scrolls to the top when another prompt is shown
  useEffect(() => void host.current?.scrollTo(0, 0), [rollout.iteration, rollout.arm, rollout.position]);

  const after = (role: Role, candidate: number) => withRole(rollout, pair, role, candidate);
  const setRole = (role: Role, candidate: number) => {
    const next = after(role, candidate);
    if (typeof next !== 'string') onEdit(next);
  };
  const allowed = (role: Role) => at !== null && refusal(after(role, at)) === null;
  const goTo = (candidate: number) => {
    const to = Math.min(views.length - 1, Math.max(0, candidate));
    host.current?.querySelectorAll<HTMLElement>('.pair-card')[to]?.focus();
  };
  const toggle = () => pairsStore.setState({ inFull: !inFull });
  const group = 'Pairs';
  const called = at === null ? 'the focused candidate' : name(at);
  const leftOut = edit?.pair === 'excluded';
  const judged = rollout.pair !== null;
  const notOut = leftOut
    ? 'This prompt is already left out'
    : pair === null && judged
      ? 'This prompt has no pair to leave out'
      : null;
  const notBack = edit === null ? 'You have not changed this prompt' : null;
  useCommands({
    'next-candidate': { label: 'Next candidate', group, keys: ['ArrowRight'], run: () => goTo((at ?? -1) + 1) },
    'previous-candidate': {
      label: 'Previous candidate',
      group,
      keys: ['ArrowLeft'],
      run: () => goTo((at ?? 1) - 1),
    },
    'in-full': { label: inFull ? 'Shorten long texts' : 'Show all texts in full', group, keys: ['f'], run: toggle },
    ...(mine && {
      chosen: {
        label: `Make ${called} the chosen`,
        group,
        keys: ['c'],
        enabled: allowed('chosen'),
        run: () => at !== null && setRole('chosen', at),
      },
      rejected: {
        label: `Make ${called} the rejected`,
        group,
        keys: ['r'],
        enabled: allowed('rejected'),
        run: () => at !== null && setRole('rejected', at),
      },
      'leave-out': {
        label: 'Leave this prompt out',
        group,
        keys: ['x'],
        enabled: notOut === null,
        run: () => onEdit('excluded'),
      },
      'restore-pair': {
        label: 'Restore the judge’s pair',
        group,
        keys: ['j'],
        enabled: notBack === null,
        run: () => onEdit(null),
      },
    }),
  });
  return (
    <section ref={host} className="pair-detail panel scroll" aria-labelledby="pair-detail-title">
      <h2 id="pair-detail-title" className="visually-hidden">
        Candidates of prompt {rollout.position + 1}
      </h2>
      <PromptHead
        purpose={rollout.purpose}
        iteration={rollout.iteration}
        arm={rollout.arm}
        position={rollout.position}
        instruction={rollout.prompt.instruction}
        rollout={now}
        waiting={false}
      />
      <div className="pair-hand">
        {mine && (
          <>
            <PairStatus rollout={rollout} edit={edit} started={started} />
            <Button className="button-small" idle={notOut} onClick={() => onEdit('excluded')}>
              <Ban aria-hidden="true" /> Leave out
            </Button>
            <Button className="button-small" idle={notBack} onClick={() => onEdit(null)}>
              <RotateCcw aria-hidden="true" /> Restore the judge’s pair
            </Button>
          </>
        )}
        <Button className="button-small" look="quiet" aria-pressed={inFull} onClick={toggle}>
          <ChevronsUpDown aria-hidden="true" /> Show in full
        </Button>
      </div>
      <div className="cards pair-cards">
        {views.map((view) => (
          <fieldset
            key={view.index}
            className="pair-card"
            tabIndex={-1}
            aria-label={name(view.index)}
            onFocus={() => setFocused(view.index)}
          >
            <CandidateCard key={rollout.position} view={view} foldThoughts={false} inFull={inFull} />
            {entry !== null && (
              <p className="pair-other tabular">
                {other?.judge}:{' '}
                {entry.scores[view.index] == null ? 'no verdict' : measured(entry.scores[view.index] ?? 0)}
                {'chosen' in entry.pair && entry.pair.chosen === view.index && ', would be chosen'}
                {'chosen' in entry.pair && entry.pair.rejected === view.index && ', would be rejected'}
              </p>
            )}
            {mine && (
              <div className="pair-roles">
                {ROLES.map((part) => (
                  <Button
                    key={part}
                    className="button-small"
                    look="quiet"
                    aria-pressed={pair?.[part] === view.index}
                    aria-label={`Make ${name(view.index)} the ${part}`}
                    idle={refusal(after(part, view.index))}
                    onClick={() => setRole(part, view.index)}
                  >
                    {part === 'chosen' ? 'Chosen' : 'Rejected'}
                  </Button>
                ))}
              </div>
            )}
          </fieldset>
        ))}
      </div>
      <Verdicts rollout={rollout} name={name} />
      {!mine && <Comparisons rollout={rollout} />}
      {other !== null && entry !== null && (
        <OtherVerdicts key={`${other.id} ${rollout.position}`} other={other} position={rollout.position} name={name} />
      )}
    </section>
  );
}

/** Says who made the pair, and what a change would affect. */
function PairStatus({ rollout, edit, started }: Pick<PairRow, 'rollout' | 'edit'> & Pick<Props, 'started'>) {
  const judges = pairOf(rollout);
  if (edit !== null) {
    return (
      <p>
        <strong>{edit.pair === 'excluded' ? 'Left out by you.' : 'Your pair.'}</strong>{' '}
        {edit.late
          ? 'This iteration had already started training, so your change affects the export but not the training.'
          : 'It is used in training and in the export.'}{' '}
        <span className="quiet">
          {judges === null
            ? judgeOutcome(rollout)
            : `The judge’s pair: ${name(judges.chosen)} over ${judges.rejected + 1}.`}
        </span>
      </p>
    );
  }
  const impossible = noManualPair(rollout);
  const alternative = judges === null ? ' to make a pair' : ', or leave this prompt out';
  const effect = started
    ? 'This iteration has already started training, so a change affects the export but not the training.'
    : 'A change is used in training and in the export.';
  return (
    <p className="quiet">
      {judgeOutcome(rollout)}{' '}
      {impossible ?? `Pick another chosen or rejected candidate below${alternative}. ${effect}`}
    </p>
  );
}

function judgeOutcome({ pair, judgement }: Rollout): string {
  if (judgement === null) return 'Waiting for the judge.';
  if (pair === null) return 'The pair is not decided yet.';
  return 'none' in pair ? 'The judge made no pair.' : 'The judge’s pair.';
}
