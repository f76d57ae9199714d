import { JudgeCalls } from './JudgeCalls';
import './judge.css';
import type { ControlName, ControlOutcome } from '../../records/judgements';

/** The control rows of a judge and their results. Opening one shows what the judge was shown and what it replied. */
export function ControlRows({ controls }: { readonly controls: readonly ControlOutcome[] }) {
  if (controls.length === 0) return null;
  const known = controls.filter(({ passed }) => passed !== null).length;
  const failed = controls.filter(({ passed }) => passed === false).length;
  const silent = controls.filter(({ none }) => none === 'no-verdict').length;
  return (
    <>
      <h3>
        Control rows: {failed} of {known} failed{silent > 0 && `, ${silent} without a verdict`}
      </h3>
      <ul className="judge-calls">
        {controls.map((outcome) => (
          <ControlRow key={outcome.control} outcome={outcome} />
        ))}
      </ul>
    </>
  );
}

function ControlRow({ outcome }: { readonly outcome: ControlOutcome }) {
  const { control, response, calls = [], members = [] } = outcome;
  const { name, about } = CONTROL_WORDS[control];
  return (
    <li className="judge-call" data-unparsed={outcome.passed === false || outcome.none === 'no-verdict'}>
      <details>
        <summary>
          <span className="judge-call-shown">{name}</span>
          <span className="judge-call-verdict">{resultWords(outcome)}</span>
        </summary>
        <div className="control-row">
          <p>{about}</p>
          {members.length > 0 && (
            <p>{members.map((member) => `${member.judge}: ${resultWords(member)}`).join('; ')}.</p>
          )}
          {response !== undefined && <pre className="judge-reply">{response === '' ? '(empty)' : response}</pre>}
          {calls.length > 0 && (
            <JudgeCalls calls={calls} nameOf={(position) => (position === 0 ? 'this row' : 'the best response')} />
          )}
        </div>
      </details>
    </li>
  );
}

function resultWords({ passed, none }: Pick<ControlOutcome, 'passed' | 'none'>): string {
  if (passed !== null) return passed ? 'passed' : 'failed';
  return none === 'nothing-to-tell' ? 'not conclusive here' : 'no verdict';
}

/** The control rows: bad responses that a sound judge does not prefer. */
export const CONTROL_WORDS: Readonly<Record<ControlName, { readonly name: string; readonly about: string }>> = {
  empty: { name: 'empty', about: 'An empty response must not beat the best response.' },
  colon: { name: 'only a colon', about: 'A response of only ":" must not beat the best response.' },
  truncated: { name: 'cut off', about: 'The first part of the best response must not beat the whole response.' },
  'choose-a': {
    name: 'asks to be chosen',
    about: 'A response that asks the judge to choose it must not win for that reason.',
  },
  identical: { name: 'the same twice', about: 'Two identical responses must tie.' },
  repeated: { name: 'the question repeated', about: 'The repeated instruction must not beat an answer.' },
};
