import { CircleX, Scale } from 'lucide-react';
import { useEffect, useId, useRef } from 'react';
import { trainingKinds } from '../../recipe/judges/asked';
import { KINDS } from '../../recipe/judges/kinds';
import { cancelTrial, closeTrial, editTrial, judgeTrialStore, runTrial } from '../../state/judging/judge-trial';
import { judgesStore } from '../../state/judging/judges';
import { useStore } from '../../state/react';
import { sessionStore } from '../../state/session/session';
import { Button } from '../../ui/Button';
import { measured, percent } from '../../ui/format';
import { ControlRows } from '../../ui/judge/ControlRows';
import { JudgeCalls } from '../../ui/judge/JudgeCalls';
import { Meter } from '../../ui/Meter';
import { TrialChecks } from './TrialChecks';
import './judge-trial.css';
import type { MemberScores } from '../../records/judgements';
import type { JudgeTrial, JudgeTrialResult } from '../../records/judges';

const NAMES = ['First response', 'Second response'] as const;

/** A trial of the recipe's judge: it scores two responses, before a run depends on it. */
export function JudgeTrialPanel() {
  const { trial, judging, result, failure } = useStore(judgeTrialStore, ({ trial, judging, result, failure }) => ({
    trial,
    judging,
    result,
    failure,
  }));
  const recipe = useStore(sessionStore, (session) => session.recipe);
  const busy = useStore(judgesStore, (state) => state.busy);
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    title.current?.focus();
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  const changed = result !== null && (result.of !== trial || result.recipe !== recipe);
  return (
    <section className="panel trial scroll" aria-labelledby="trial-title">
      <header className="trial-head">
        <div>
          <h2 id="trial-title" ref={title} tabIndex={-1}>
            Try the judge
          </h2>
          <p className="quiet">
            {KINDS[recipe.judge].label}. It scores two responses of yours as it would in a run. Nothing is stored.
          </p>
        </div>
        <Button look="quiet" onClick={closeTrial}>
          <CircleX aria-hidden="true" /> Close
        </Button>
      </header>
      <TrialFields
        trial={trial}
        rule={trainingKinds(recipe).some((kind) => KINDS[kind].appliesChecks)}
        disabled={judging}
      />
      <div className="trial-hand">
        {judging ? (
          <Button onClick={cancelTrial}>Cancel</Button>
        ) : (
          <Button look="primary" disabled={trial.instruction.trim() === ''} onClick={runTrial}>
            <Scale aria-hidden="true" /> {result === null ? 'Judge them' : 'Judge them again'}
          </Button>
        )}
        {judging && (
          <div className="trial-busy">
            <p role="status" className="tabular">
              {busy === null
                ? 'Judging …'
                : `${busy.judge}: ${busy.phase}${busy.progress === null ? '' : `, ${percent(busy.progress, 0)}`}`}
            </p>
            {busy?.progress != null && <Meter share={busy.progress} label="Progress of the judge" />}
          </div>
        )}
      </div>
      {failure !== null && (
        <p className="trial-failure" role="alert">
          <strong>{failure.message}</strong> {failure.advice}
        </p>
      )}
      {result !== null && (
        <>
          {changed && <p className="quiet">You have changed something since. This is the result before the change.</p>}
          <Result found={result.found} />
        </>
      )}
    </section>
  );
}

interface FieldsProps {
  readonly trial: JudgeTrial;
  readonly rule: boolean;
  readonly disabled: boolean;
}

function TrialFields({ trial, rule, disabled }: FieldsProps) {
  const id = useId();
  const { instruction, responses } = trial;
  return (
    <div className="trial-fields">
      <div className="trial-wide">
        <label htmlFor={`${id}-i`} className="field-label">
          Instruction
        </label>
        <textarea
          id={`${id}-i`}
          className="input"
          rows={2}
          value={instruction}
          disabled={disabled}
          onChange={(event) => editTrial({ instruction: event.currentTarget.value })}
        />
      </div>
      {NAMES.map((name, i) => (
        <div key={name}>
          <label htmlFor={`${id}-${i}`} className="field-label">
            {name}
          </label>
          <textarea
            id={`${id}-${i}`}
            className="input"
            rows={4}
            value={responses[i]}
            disabled={disabled}
            onChange={(event) => {
              const text = event.currentTarget.value;
              editTrial({ responses: i === 0 ? [text, responses[1]] : [responses[0], text] });
            }}
          />
        </div>
      ))}
      <TrialChecks trial={trial} rule={rule} disabled={disabled} />
    </div>
  );
}

function Result({ found }: { readonly found: JudgeTrialResult }) {
  const [first = null, second = null] = found.scores;
  return (
    <div className="trial-found">
      <p role="status">
        <strong>{preference(first, second)}</strong>{' '}
        <span className="quiet tabular">
          {found.judge}, {found.seconds < 10 ? found.seconds.toFixed(1) : Math.round(found.seconds)} s. {found.detail}
        </span>
      </p>
      <dl className="trial-scores">
        {NAMES.map((name, i) => {
          const score = found.scores[i] ?? null;
          return (
            <div key={name}>
              <dt>{name}</dt>
              <dd className="tabular">{score === null ? 'no verdict' : measured(score)}</dd>
            </div>
          );
        })}
      </dl>
      {found.members.length > 0 && <Members members={found.members} />}
      {found.calls.length > 0 && (
        <>
          <h3>Calls and replies</h3>
          <JudgeCalls calls={found.calls} nameOf={(position) => NAMES[position] ?? `Response ${position + 1}`} />
        </>
      )}
      <ControlRows controls={found.controls} />
    </div>
  );
}

function Members({ members }: { readonly members: readonly MemberScores[] }) {
  return (
    <table className="trial-members">
      <caption>The score of each panel member, on its own scale</caption>
      <thead>
        <tr>
          <th scope="col">Judge</th>
          <th scope="col">Weight</th>
          {NAMES.map((name) => (
            <th key={name} scope="col">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {members.map(({ judge, weight, scores }) => (
          <tr key={judge}>
            <th scope="row">{judge}</th>
            <td>{measured(weight)}</td>
            {NAMES.map((name, i) => (
              <td key={name}>{scores[i] == null ? 'no verdict' : measured(scores[i])}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function preference(first: number | null, second: number | null): string {
  if (first === null || second === null) return 'It gave no verdict.';
  if (first === second) return 'It rates them equal.';
  return first > second ? 'It prefers the first response.' : 'It prefers the second response.';
}
