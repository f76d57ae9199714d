import { measured } from '../format';
import './judge.css';
import type { JudgeCall } from '../../records/judgements';

interface Props {
  readonly calls: readonly JudgeCall[];
  /** Name of a position, e.g. "candidate 3". */
  readonly nameOf: (position: number) => string;
}

/** The calls of a judge with their verdicts. Opening one shows the reply. */
export function JudgeCalls({ calls, nameOf }: Props) {
  return (
    <ol className="judge-calls">
      {calls.map((call, i) => {
        const [first, second] = call.shown;
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: the list of calls does not change
          <li key={i} className="judge-call" data-unparsed={call.verdict === null}>
            <details>
              <summary>
                {call.judge !== undefined && <span className="tag">{call.judge}</span>}
                <span className="judge-call-shown">
                  {second === undefined ? nameOf(first) : `${nameOf(first)}, then ${nameOf(second)}`}
                </span>
                <span className="judge-call-verdict tabular">{verdictWords(call, nameOf)}</span>
              </summary>
              <pre className="judge-reply">{call.reply === '' ? '(an empty reply)' : call.reply}</pre>
            </details>
          </li>
        );
      })}
    </ol>
  );
}

function verdictWords({ shown: [first, second], verdict }: JudgeCall, nameOf: (position: number) => string): string {
  if (verdict === null) return 'no verdict: the reply could not be parsed';
  if (second === undefined) return measured(verdict);
  if (verdict === 0) return 'a tie';
  return `${nameOf(verdict > 0 ? first : second)} is better`;
}
