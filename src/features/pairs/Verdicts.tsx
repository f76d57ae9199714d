import type { Rollout } from '../../records/candidates';
import { measured } from '../../ui/format';
import { ControlRows } from '../../ui/judge/ControlRows';
import { JudgeCalls } from '../../ui/judge/JudgeCalls';

interface Props {
  readonly rollout: Rollout;
  /** What a candidate is called. */
  readonly name: (candidate: number) => string;
}

/** What the judge made of a prompt's candidates: a panel's scores, control rows, and every call with its reply. */
export function Verdicts({ rollout: { judgement, candidates, position }, name }: Props) {
  if (judgement == null) return null;
  return (
    <>
      <p className="quiet">
        Judged by {judgement.judge}
        {judgement.promptVersion !== null && `, words ${judgement.promptVersion}`}: {judgement.detail}.
      </p>
      {judgement.members.length > 0 && (
        <table className="pair-members">
          <caption>The panel’s scores, and the weights of its members</caption>
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
          <h3>What the judge was asked and what it said</h3>
          <JudgeCalls key={position} calls={judgement.calls} nameOf={name} />
        </>
      )}
      <ControlRows key={`controls ${position}`} controls={judgement.controls} />
    </>
  );
}
