import { useEffect, useState } from 'react';
import type { StoredJudgement } from '../../records/judgements';
import { loadOtherWords } from '../../state/pair-actions';
import type { SecondOpinion } from '../../state/pairs';
import { ControlRows } from '../../ui/judge/ControlRows';
import { JudgeCalls } from '../../ui/judge/JudgeCalls';

interface Props {
  readonly other: SecondOpinion;
  readonly position: number;
  readonly name: (candidate: number) => string;
}

/** What another judge said of a prompt, read when it is looked at. */
export function OtherWords({ other, position, name }: Props) {
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
