import { useEffect, useState } from 'react';
import type { Rollout } from '../../records/candidates';
import type { Comparison, StoredJudgement } from '../../records/judgements';
import { loadOtherJudgement } from '../../state/judging/pair-actions';
import type { RejudgedIteration } from '../../state/judging/pairs';
import { ARM_NAME, measured, plural, subscript } from '../../ui/format';
import { ControlRows } from '../../ui/judge/ControlRows';
import { JudgeCalls } from '../../ui/judge/JudgeCalls';

interface Props {
  readonly rollout: Rollout;
  /** Name of a candidate. */
  readonly name: (candidate: number) => string;
}

/** The judge's verdicts on a prompt: scores of a panel's members, control rows, and every call with its reply. */
export function Verdicts({ rollout: { judgement, candidates, position }, name }: Props) {
  if (judgement == null) return null;
  return (
    <>
      <p className="quiet">
        Judged by {judgement.judge}
        {judgement.promptVersion !== null && `, prompt version ${judgement.promptVersion}`}: {judgement.detail}.
      </p>
      {judgement.members.length > 0 && (
        <table className="pair-members">
          <caption>Scores of the panel’s members, with their weights</caption>
          <thead>
            <tr>
              <th scope="col">Candidate</th>
              {judgement.members.map(({ judge, weight }) => (
                <th key={judge} scope="col">
                  {judge} × {measured(weight)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {candidates.map(({ index }) => (
              <tr key={index}>
                <th scope="row">{index + 1}</th>
                {judgement.members.map(({ judge, scores }) => (
                  <td key={judge}>{scores[index] == null ? '–' : measured(scores[index] ?? 0)}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {judgement.calls.length > 0 && (
        <>
          <h3>The judge’s calls and replies</h3>
          <JudgeCalls key={position} calls={judgement.calls} nameOf={name} />
        </>
      )}
      <ControlRows key={`controls ${position}`} controls={judgement.controls} />
    </>
  );
}

/** How the judge of the evaluation compared the samples of a held-out prompt with those of another model. */
export function Comparisons({ rollout: { comparisons, position } }: { readonly rollout: Rollout }) {
  return comparisons.map((comparison) => {
    const { against, outcomes, calls } = comparison;
    const other = `M${subscript(against.iteration)}, ${ARM_NAME[against.arm]}`;
    return (
      <section key={`${position} ${other}`}>
        <h3>
          Against {other}: {outcomeWords(comparison)}
        </h3>
        {calls.map((ofSample, sample) => (
          <JudgeCalls
            // biome-ignore lint/suspicious/noArrayIndexKey: samples have no id
            key={sample}
            calls={ofSample}
            nameOf={(which) => (which === 0 ? `candidate ${sample + 1}` : `the sample of ${other}`)}
          />
        ))}
        {outcomes.length > 0 && calls.every((ofSample) => ofSample.length === 0) && (
          <p className="quiet">
            No judge was called: in each comparison one sample is malformed, or both are the same.
          </p>
        )}
      </section>
    );
  });
}

function outcomeWords({ outcomes }: Comparison): string {
  const of = (kind: number | null) => outcomes.filter((outcome) => outcome === kind).length;
  const words = [
    [of(1), 'won'],
    [of(0), 'lost'],
    [of(0.5), 'tied'],
    [of(null), 'without a verdict'],
  ] as const;
  const counts = words.flatMap(([count, word]) => (count === 0 ? [] : [`${count} ${word}`]));
  return `${counts.join(', ')} of ${plural(outcomes.length, 'sample')}`;
}

interface OtherVerdictsProps {
  readonly other: RejudgedIteration;
  readonly position: number;
  readonly name: (candidate: number) => string;
}

/** The calls and replies of another judge for a prompt, loaded when it is shown. */
export function OtherVerdicts({ other, position, name }: OtherVerdictsProps) {
  const [judgement, setJudgement] = useState<StoredJudgement | null>(null);
  useEffect(() => {
    let left = false;
    void loadOtherJudgement(other, position).then((loaded) => {
      if (!left) setJudgement(loaded);
    });
    return () => {
      left = true;
    };
  }, [other, position]);
  if (judgement === null || judgement.calls.length + judgement.controls.length === 0) return null;
  return (
    <>
      <h3>Calls and replies of {other.judge}</h3>
      {judgement.calls.length > 0 && <JudgeCalls calls={judgement.calls} nameOf={name} />}
      <ControlRows controls={judgement.controls} />
    </>
  );
}
