import { Plus, Trash2 } from 'lucide-react';
import { useId } from 'react';
import type { WeightedCheck } from '../../recipe/checks';
import { answerFault, CHECKS, type Check, isCheck } from '../../recipe/checks';
import type { JudgeTrial } from '../../records/judges';
import { editTrial } from '../../state/judging/judge-trial';
import { Button, IconButton } from '../../ui/Button';
import { NumberInput } from '../../ui/NumberInput';

/** Meaning of the text for each kind of check. */
const CHECK_EXPLANATIONS: Readonly<Record<Check, string>> = {
  exact: 'The response equals this text. Case, white space and a leading “The answer is” are ignored.',
  number: 'The response contains exactly one number, and it is this one.',
  time: 'The response contains exactly one time, and it is this one, e.g. 9:45.',
  regex: 'The response contains a match of this regular expression, e.g. ^\\d+$ or /yes|no/i.',
  contains: 'The response contains one of these texts, separated by |, e.g. Paris|City of Light.',
  json: 'The response is JSON of this shape, e.g. {"name": "string", "age?": "integer"}.',
  length: 'The response has this length, e.g. 10-50 words or -200 characters.',
};
/** Largest number of further checks. */
const MAX_CHECKS = 16;

interface Props {
  readonly trial: JudgeTrial;
  /** The rule is the judge, or a member of the panel: offer further checks. */
  readonly rule: boolean;
  readonly disabled: boolean;
}

/** The reference answer and its check, and further checks of the rule with their weights. */
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
            Reference answer, for judges that use one
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
          label="Check"
          value={check}
          disabled={disabled}
          onChange={(next) => editTrial({ reference: { answer, check: next } })}
          none="none"
        />
        <About
          id={`${id}-about`}
          check={check}
          answer={answer}
          none="Without a check, only a judge by similarity uses it."
        />
      </div>
      {(rule || checks.length > 0) &&
        checks.map(({ check: kind, answer: text, weight }, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: checks have no id
          // biome-ignore lint/a11y/useSemanticElements: a fieldset's legend cannot be placed in the row
          <div key={i} className="trial-wide trial-check" role="group" aria-label={`Check ${i + 2}`}>
            <div>
              <label htmlFor={`${id}-${i}`} className="field-label">
                Also check
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
              label="Check"
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
              label={`Remove check ${i + 2}`}
              disabled={disabled}
              onClick={() => editTrial({ checks: checks.filter((_, other) => other !== i) })}
            >
              <Trash2 />
            </IconButton>
            <About id={`${id}-${i}-about`} check={kind} answer={text} none="" />
          </div>
        ))}
      {rule && checks.length < MAX_CHECKS && (
        <div className="trial-wide">
          <Button
            className="button-small"
            disabled={disabled}
            onClick={() => editTrial({ checks: [...checks, { check: 'length', answer: '1-12 words', weight: 1 }] })}
          >
            <Plus aria-hidden="true" /> Add a check
          </Button>
          {checks.length > 0 && (
            <p className="field-about">
              The reference answer has weight 1. The score of a response is the weighted share of checks that it
              passes.
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
  /** Label of the option for no check. Absent if a check is required. */
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
            {check}
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

/** Explains the check, or the fault of its text. */
function About({ id, check, answer, none }: AboutProps) {
  const fault = isCheck(check) && answer !== '' ? answerFault(check, answer) : null;
  return (
    <p id={id} className={fault === null ? 'field-about trial-about' : 'field-fault trial-about'}>
      {fault === null ? (isCheck(check) ? CHECK_EXPLANATIONS[check] : none) : `This cannot be checked: ${fault}.`}
    </p>
  );
}
