import { Ban, ChevronsUpDown, RotateCcw } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import type { Rollout } from '../../records/candidates';
import type { PairEdit } from '../../records/pairs';
import { useCommands } from '../../state/commands';
import { pairOf, type SecondOpinion, usePairs, withEdit } from '../../state/pairs';
import { Button } from '../../ui/Button';
import { CandidateCard } from '../../ui/candidate/CandidateCard';
import { viewsOf } from '../../ui/candidate/candidate-view';
import { PromptHead } from '../../ui/candidate/PromptHead';
import { measured } from '../../ui/format';
import { Comparisons } from './Comparisons';
import { OtherWords } from './OtherWords';
import { noPairByHand, type Role, withRole } from './pair-hand';
import type { PairLine } from './pair-rows';
import { Verdicts } from './Verdicts';

interface Props {
  readonly line: PairLine;
  readonly other: SecondOpinion | null;
  /** The iteration has begun to train: a change comes too late for it. */
  readonly begun: boolean;
  /** null takes the reader's change back. */
  readonly onEdit: (pair: PairEdit['pair'] | null) => void;
}

const ROLES: readonly Role[] = ['chosen', 'rejected'];
const refusal = (next: ReturnType<typeof withRole>) => (typeof next === 'string' ? next : null);
const name = (candidate: number) => `candidate ${candidate + 1}`;

/** All candidates of a prompt in full, what became of them, and the reader's own word on it. */
export function PairDetail({ line: { rollout, edit }, other, begun, onEdit }: Props) {
  const inFull = usePairs((state) => state.inFull);
  const host = useRef<HTMLElement>(null);
  const [focused, setFocused] = useState<number | null>(null);
  const mine = rollout.purpose === 'train';
  const now = withEdit(rollout, edit);
  const pair = pairOf(now);
  const entry = other?.entries.find(({ position }) => position === rollout.position) ?? null;
  const views = viewsOf(null, now);
  const at = focused !== null && focused < views.length ? focused : null;

  // biome-ignore lint/correctness/useExhaustiveDependencies: another prompt is read from its beginning
  useEffect(() => void host.current?.scrollTo(0, 0), [rollout.iteration, rollout.arm, rollout.position]);

  const after = (role: Role, candidate: number) => withRole(rollout, pair, role, candidate);
  const give = (role: Role, candidate: number) => {
    const next = after(role, candidate);
    if (typeof next !== 'string') onEdit(next);
  };
  const allowed = (role: Role) => at !== null && refusal(after(role, at)) === null;
  const goTo = (candidate: number) => {
    const to = Math.min(views.length - 1, Math.max(0, candidate));
    host.current?.querySelectorAll<HTMLElement>('.pair-card')[to]?.focus();
  };
  const toggle = () => usePairs.setState({ inFull: !inFull });
  const group = 'Pairs';
  const called = at === null ? 'the candidate at hand' : name(at);
  const leftOut = edit?.pair === 'excluded';
  const judged = rollout.pair !== null;
  const notOut = leftOut ? 'It is left out already' : pair === null && judged ? 'It has no pair to leave out' : null;
  const notBack = edit === null ? 'You changed nothing here' : null;
  useCommands({
    'next-candidate': { label: 'To the next candidate', group, keys: ['ArrowRight'], run: () => goTo((at ?? -1) + 1) },
    'previous-candidate': {
      label: 'To the previous candidate',
      group,
      keys: ['ArrowLeft'],
      run: () => goTo((at ?? 1) - 1),
    },
    'in-full': { label: inFull ? 'Cut long texts' : 'All texts in full', group, keys: ['f'], run: toggle },
    ...(mine && {
      chosen: {
        label: `Make ${called} the chosen`,
        group,
        keys: ['c'],
        enabled: allowed('chosen'),
        run: () => at !== null && give('chosen', at),
      },
      rejected: {
        label: `Make ${called} the rejected`,
        group,
        keys: ['r'],
        enabled: allowed('rejected'),
        run: () => at !== null && give('rejected', at),
      },
      'leave-out': {
        label: 'Leave this prompt out',
        group,
        keys: ['x'],
        enabled: notOut === null,
        run: () => onEdit('excluded'),
      },
      'judges-word': {
        label: 'The judge’s word again',
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
            <Standing rollout={rollout} edit={edit} begun={begun} />
            <Button className="button-small" idle={notOut} onClick={() => onEdit('excluded')}>
              <Ban aria-hidden="true" /> Leave it out
            </Button>
            <Button className="button-small" idle={notBack} onClick={() => onEdit(null)}>
              <RotateCcw aria-hidden="true" /> The judge’s word again
            </Button>
          </>
        )}
        <Button className="button-small" look="quiet" aria-pressed={inFull} onClick={toggle}>
          <ChevronsUpDown aria-hidden="true" /> All in full
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
                    onClick={() => give(part, view.index)}
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
        <OtherWords key={`${other.id} ${rollout.position}`} other={other} position={rollout.position} name={name} />
      )}
    </section>
  );
}

/** Whose the pair is, and what a change of it counts for: said before it is made. */
function Standing({ rollout, edit, begun }: Pick<PairLine, 'rollout' | 'edit'> & Pick<Props, 'begun'>) {
  const judges = pairOf(rollout);
  if (edit !== null) {
    return (
      <p>
        <strong>{edit.pair === 'excluded' ? 'Left out by you.' : 'Your pair.'}</strong>{' '}
        {edit.late
          ? 'This iteration had begun to train: your change counts in the export, not in what was learnt.'
          : 'It counts in training and in the export.'}{' '}
        <span className="quiet">
          {judges === null
            ? judgesWord(rollout)
            : `The judge’s pair: ${name(judges.chosen)} over ${judges.rejected + 1}.`}
        </span>
      </p>
    );
  }
  const impossible = noPairByHand(rollout);
  return (
    <p className="quiet">
      {judgesWord(rollout)}{' '}
      {impossible ??
        `Choose another chosen or rejected below${judges === null ? ' to make one' : ', or leave this prompt out'}. ${
          begun
            ? 'This iteration has begun to train: a change counts in the export, not in what is learnt.'
            : 'A change counts in training and in the export.'
        }`}
    </p>
  );
}

function judgesWord({ pair, judgement }: Rollout): string {
  if (judgement === null) return 'It waits for its judge.';
  if (pair === null) return 'Its pair is not decided yet.';
  return 'none' in pair ? 'The judge made no pair.' : 'The judge’s pair.';
}
