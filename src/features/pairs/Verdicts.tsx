import { measured } from '../../ui/format';
import { JudgeCalls } from '../../ui/judge/JudgeCalls';
import { CONTROL_WORDS } from '../../ui/judge/JudgeFactsLine';
import type { Rollout } from '../../worker/protocol';

interface Props {
  readonly rollout: Rollout;
  /** What a candidate is called. */
  readonly name: (candidate: number) => string;
}

/** What the judge made of a prompt's candidates: a panel's scores, control rows, and every call with its reply. */
export function Verdicts({ rollout: { judgement, position }, name }: Props) {
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
      {judgement.controls.length > 0 && (
        <p className="quiet">
          Control rows:{' '}
          {judgement.controls
            .map(
              ({ control, passed }) =>
                `${CONTROL_WORDS[control].name} ${passed === null ? 'no verdict' : passed ? 'passed' : 'failed'}`,
            )
            .join(', ')}
          .
        </p>
      )}
      {judgement.calls.length > 0 && (
        <>
          <h3>What the judge was asked and what it said</h3>
          <JudgeCalls key={position} calls={judgement.calls} nameOf={name} />
        </>
      )}
    </>
  );
}
