import { CONTROL_WORDS } from './control-words';
import { JudgeCalls } from './JudgeCalls';
import './judge.css';
import type { ControlOutcome } from '../../records/judgements';

/** Every control row that a judge met and what came of it; what it was shown and said is one click away. */
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
          {response !== undefined && (
            <pre className="judge-reply">{response === '' ? '(nothing at all)' : response}</pre>
          )}
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
  return none === 'nothing-to-tell' ? 'tells nothing here' : 'no verdict';
}
