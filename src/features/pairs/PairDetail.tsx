import { Ban, RotateCcw } from 'lucide-react';
import { useEffect, useState } from 'react';
import { editPair, loadOtherWords } from '../../state/pair-actions';
import { pairOf, type SecondOpinion } from '../../state/pairs';
import { Button } from '../../ui/Button';
import { CandidateCard } from '../../ui/candidate/CandidateCard';
import { viewsOf } from '../../ui/candidate/candidate-view';
import { PromptHead } from '../../ui/candidate/PromptHead';
import { measured } from '../../ui/format';
import { ControlRows } from '../../ui/judge/ControlRows';
import { JudgeCalls } from '../../ui/judge/JudgeCalls';
import type { Rollout, StoredJudgement } from '../../worker/protocol';
import type { PairLine } from './pair-rows';

interface Props {
  readonly line: PairLine;
  readonly other: SecondOpinion | null;
}

/** All candidates of a prompt in full, what became of them, and the reader's own word on it. */
export function PairDetail({ line, other }: Props) {
  const { rollout, edit } = line;
  const pair = pairOf(rollout, edit);
  const entry = other?.entries.find(({ position }) => position === rollout.position) ?? null;
  const views = viewsOf(null, rollout).map((view) => ({
    ...view,
    mark:
      pair === null
        ? null
        : view.index === pair.chosen
          ? ('chosen' as const)
          : view.index === pair.rejected
            ? ('rejected' as const)
            : null,
  }));
  const name = (candidate: number) => `candidate ${candidate + 1}`;
  const set = (role: 'chosen' | 'rejected', candidate: number) => {
    const before = pair ?? { chosen: -1, rejected: -1 };
    const next = { ...before, [role]: candidate };
    // Whoever had the other role gives it up.
    if (next.chosen === next.rejected) next[role === 'chosen' ? 'rejected' : 'chosen'] = before[role];
    const { chosen, rejected } = complete(next, rollout);
    if (chosen !== rejected) void editPair(rollout.position, { chosen, rejected });
  };
  return (
    <section className="pair-detail panel scroll" aria-label={`Candidates of prompt ${rollout.position + 1}`}>
      <PromptHead
        purpose={rollout.purpose}
        iteration={rollout.iteration}
        arm={rollout.arm}
        position={rollout.position}
        instruction={rollout.prompt.instruction}
        rollout={rollout}
        waiting={false}
      />
      <div className="pair-hand">
        {edit === null ? (
          <p className="quiet">The judge’s pair. Choose another chosen or rejected below, or leave this prompt out.</p>
        ) : (
          <p>
            <strong>{edit.pair === 'excluded' ? 'Left out by you.' : 'Your pair.'}</strong>{' '}
            {edit.late
              ? 'This iteration had begun to train: your change counts in the export, not in what was learnt.'
              : 'It counts in training and in the export.'}
          </p>
        )}
        {pair !== null && (
          <Button className="button-small" onClick={() => editPair(rollout.position, 'excluded')}>
            <Ban aria-hidden="true" /> Leave it out
          </Button>
        )}
        {edit !== null && (
          <Button className="button-small" onClick={() => editPair(rollout.position, null)}>
            <RotateCcw aria-hidden="true" /> The judge’s word again
          </Button>
        )}
      </div>
      <div className="cards pair-cards">
        {views.map((view) => (
          <div key={view.index} className="pair-card">
            <CandidateCard view={view} foldThoughts={false} />
            {entry !== null && (
              <p className="pair-other tabular">
                {other?.judge}: {entry.scores[view.index] == null ? 'no verdict' : measured(entry.scores[view.index] ?? 0)}
                {'chosen' in entry.pair && entry.pair.chosen === view.index && ', would be chosen'}
                {'chosen' in entry.pair && entry.pair.rejected === view.index && ', would be rejected'}
              </p>
            )}
            <div className="pair-roles">
              <Button
                className="button-small"
                look="quiet"
                aria-pressed={pair?.chosen === view.index}
                aria-label={`Make ${name(view.index)} the chosen`}
                disabled={view.malformed !== null || pair?.chosen === view.index}
                onClick={() => set('chosen', view.index)}
              >
                Chosen
              </Button>
              <Button
                className="button-small"
                look="quiet"
                aria-pressed={pair?.rejected === view.index}
                aria-label={`Make ${name(view.index)} the rejected`}
                disabled={pair?.rejected === view.index}
                onClick={() => set('rejected', view.index)}
              >
                Rejected
              </Button>
            </div>
          </div>
        ))}
      </div>
      <Verdicts rollout={rollout} name={name} />
      {other !== null && entry !== null && <OtherWords key={other.id} other={other} position={rollout.position} name={name} />}
    </section>
  );
}

interface OtherWordsProps {
  readonly other: SecondOpinion;
  readonly position: number;
  readonly name: (candidate: number) => string;
}

function OtherWords({ other, position, name }: OtherWordsProps) {
  const [said, setSaid] = useState<StoredJudgement | null>(null);
  useEffect(() => {
    let left = false;
    void loadOtherWords(other, position).then((words) => {
      if (!left) setSaid(words);
    });
    return () => {
      left = true;
    };
  }, [other, position]);
  if (said === null || said.calls.length + said.controls.length === 0) return null;
  return (
    <>
      <h3>What {other.judge} said</h3>
      {said.calls.length > 0 && <JudgeCalls calls={said.calls} nameOf={name} />}
      <ControlRows controls={said.controls} />
    </>
  );
}

/** A role that nobody has goes to the best or the worst of the others, by score. */
function complete({ chosen, rejected }: { chosen: number; rejected: number }, { candidates }: Rollout) {
  const others = candidates
    .filter(({ index }) => index !== chosen && index !== rejected)
    .toSorted((a, b) => (b.s ?? Number.NEGATIVE_INFINITY) - (a.s ?? Number.NEGATIVE_INFINITY));
  return {
    chosen: chosen < 0 ? (others.find(({ malformed }) => malformed === null)?.index ?? rejected) : chosen,
    rejected: rejected < 0 ? (others.at(-1)?.index ?? chosen) : rejected,
  };
}

function Verdicts({ rollout: { judgement }, name }: { readonly rollout: Rollout; readonly name: (candidate: number) => string }) {
  if (judgement == null) return null;
  return (
    <>
      <p className="quiet">
        Judged by {judgement.judge}
        {judgement.promptVersion !== null && `, words ${judgement.promptVersion}`}: {judgement.detail}.
      </p>
      {judgement.members.length > 0 && (
        <table className="pair-members">
          <caption>The panel’s scores</caption>
          <thead>
            <tr>
              <th scope="col">Judge</th>
              <th scope="col">Weight</th>
              {judgement.members[0]?.scores.map((_, candidate) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: candidates are their number
                <th key={candidate} scope="col">
                  {candidate + 1}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {judgement.members.map((member) => (
              <tr key={member.judge}>
                <th scope="row">{member.judge}</th>
                <td>{measured(member.weight)}</td>
                {member.scores.map((score, candidate) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: candidates are their number
                  <td key={candidate}>{score === null ? '–' : measured(score)}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {judgement.calls.length > 0 && (
        <>
          <h3>What the judge was asked and what it said</h3>
          <JudgeCalls calls={judgement.calls} nameOf={name} />
        </>
      )}
      <ControlRows controls={judgement.controls} />
    </>
  );
}
