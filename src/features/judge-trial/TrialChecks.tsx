import { Plus, Trash2 } from 'lucide-react';
import { useId } from 'react';
import type { WeightedCheck } from '../../recipe/checks';
import { answerFault, CHECKS, type Check, isCheck } from '../../recipe/checks';
import type { JudgeTrial } from '../../records/judges';
import { editTrial } from '../../state/judge-trial';
import { Button, IconButton } from '../../ui/Button';
import { NumberInput } from '../../ui/NumberInput';

/** What each rule makes of the text beside it. */
const WORDS: Readonly<Record<Check, string>> = {
  exact: 'The response is this, up to case, white space and “The answer is”.',
  number: 'The one number that the response names.',
  time: 'The one time that the response names, e.g. 9:45.',
  regex: 'A pattern that is found in the response, e.g. ^\\d+$ or /yes|no/i.',
  contains: 'Texts of which the response holds one, e.g. Paris|City of Light.',
  json: 'The shape of the JSON that the response is, e.g. {"name": "string", "age?": "integer"}.',
  length: 'How long the response is, e.g. 10-50 words or -200 characters.',
};
const MOST = 16;

interface Props {
  readonly trial: JudgeTrial;
  /** The rule has a say: there may be more for it to check. */
  readonly rule: boolean;
  readonly disabled: boolean;
}

/** The reference answer and how it is checked; what else the rule checks, each with its weight. */
export function TrialChecks({ trial: { reference, checks = [] }, rule, disabled }: Props) {
  const id = useId();
  const { answer = '', check = '' } = reference ?? {};
  const put = (at: number, change: Partial<WeightedCheck>) =>
    editTrial({ checks: checks.map((each, i) => (i === at ? { ...each, ...change } : each)) });
  return (
    <>
      <div className="trial-wide trial-check">
        <div>
          <label htmlFor={`${id}-a`} className="field-label">
            Reference answer, for judges that want one
          </label>
          <input
            id={`${id}-a`}
            className="input"
            value={answer}
            disabled={disabled}
            aria-describedby={`${id}-about`}
            onChange={(event) => editTrial({ reference: { answer: event.currentTarget.value, check } })}
          />
        </div>
        <Kind
          label="It is checked"
          value={check}
          disabled={disabled}
          onChange={(next) => editTrial({ reference: { answer, check: next } })}
          none="by no rule"
        />
        <About
          id={`${id}-about`}
          check={check}
          answer={answer}
          none="What a response is like, for a judge by similarity."
        />
      </div>
      {(rule || checks.length > 0) &&
        checks.map(({ check: kind, answer: text, weight }, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: checks are their place
          // biome-ignore lint/a11y/useSemanticElements: a fieldset's legend cannot stand in the row
          <div key={i} className="trial-wide trial-check" role="group" aria-label={`Check ${i + 2}`}>
            <div>
              <label htmlFor={`${id}-${i}`} className="field-label">
                And also
              </label>
              <input
                id={`${id}-${i}`}
                className="input"
                value={text}
                disabled={disabled}
                aria-describedby={`${id}-${i}-about`}
                onChange={(event) => put(i, { answer: event.currentTarget.value })}
              />
            </div>
            <Kind
              label="Checked"
              value={kind}
              disabled={disabled}
              onChange={(next) => isCheck(next) && put(i, { check: next })}
            />
            <div className="trial-weight">
              <label htmlFor={`${id}-${i}-w`} className="field-label">
                Weight
              </label>
              <NumberInput
                id={`${id}-${i}-w`}
                value={weight}
                min={0.01}
                max={1000}
                whole={false}
                disabled={disabled}
                describedBy={`${id}-${i}-about`}
                onChange={(next) => put(i, { weight: next })}
              />
            </div>
            <IconButton
              label={`Take check ${i + 2} away`}
              disabled={disabled}
              onClick={() => editTrial({ checks: checks.filter((_, other) => other !== i) })}
            >
              <Trash2 />
            </IconButton>
            <About id={`${id}-${i}-about`} check={kind} answer={text} none="" />
          </div>
        ))}
      {rule && checks.length < MOST && (
        <div className="trial-wide">
          <Button
            className="button-small"
            disabled={disabled}
            onClick={() => editTrial({ checks: [...checks, { check: 'length', answer: '1-12 words', weight: 1 }] })}
          >
            <Plus aria-hidden="true" /> Check something else too
          </Button>
          {checks.length > 0 && (
            <p className="field-about">
              The reference answer weighs 1. A response’s score is the share, by weight, that it fulfils.
            </p>
          )}
        </div>
      )}
    </>
  );
}

interface KindProps {
  readonly label: string;
  readonly value: string;
  readonly disabled: boolean;
  readonly onChange: (check: string) => void;
  /** Words of choosing none; absent where one must be chosen. */
  readonly none?: string;
}

function Kind({ label, value, disabled, onChange, none }: KindProps) {
  const id = useId();
  return (
    <div>
      <label htmlFor={id} className="field-label">
        {label}
      </label>
      <select
        id={id}
        className="input"
        value={value}
        disabled={disabled}
        onChange={(event) => onChange(event.currentTarget.value)}
      >
        {none !== undefined && <option value="">{none}</option>}
        {CHECKS.map((check) => (
          <option key={check} value={check}>
            by the rule {check}
          </option>
        ))}
      </select>
    </div>
  );
}

interface AboutProps {
  readonly id: string;
  readonly check: string;
  readonly answer: string;
  readonly none: string;
}

/** What the rule reads, and what is wrong with it. */
function About({ id, check, answer, none }: AboutProps) {
  const fault = isCheck(check) && answer !== '' ? answerFault(check, answer) : null;
  return (
    <p id={id} className={fault === null ? 'field-about trial-about' : 'field-fault trial-about'}>
      {fault === null ? (isCheck(check) ? WORDS[check] : none) : `It cannot be checked: ${fault}.`}
    </p>
  );
}
