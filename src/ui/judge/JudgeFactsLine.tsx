import { CircleAlert } from 'lucide-react';
import { measured, percent, plural } from '../format';
import { CONTROL_WORDS } from './ControlRows';
import './judge.css';
import type { JudgeFacts } from '../../records/judgements';

/** A judge that fails a larger share of its control rows, or gives no verdict on more, is marked as doubtful. */
const DOUBTFUL_SHARE = 1 / 3;

/** How far a judge can be trusted: one line, which opens to show the details. */
export function JudgeFactsLine({ facts }: { readonly facts: JudgeFacts }) {
  const controls = Object.entries(facts.controls);
  const failed = controls.reduce((sum, [, { failed: count }]) => sum + count, 0);
  const of = controls.reduce((sum, [, { of: count }]) => sum + count, 0);
  const { silentControls: silent = 0, members = [] } = facts;
  const doubtful = failed > DOUBTFUL_SHARE * of || silent > DOUBTFUL_SHARE * (of + silent);
  return (
    <details className="judge-facts" data-doubtful={doubtful}>
      <summary>
        {doubtful && <CircleAlert size={14} aria-label="doubtful" />}
        <span>Judge {facts.judge}</span>
        {of > 0 && <span className="tabular">{`failed ${failed} of ${plural(of, 'control row')}`}</span>}
        {silent > 0 && (
          <span className="tabular">{`no verdict on ${silent} of ${plural(of + silent, 'control row')}`}</span>
        )}
        {facts.agreement !== null && (
          <span className="tabular">{`agrees with the rule on ${percent(facts.agreement.share, 0)}`}</span>
        )}
      </summary>
      <dl className="judge-facts-list">
        {controls.map(([name, outcome]) => (
          <Fact
            key={name}
            name={`Control row: ${wordsOf(name)?.name ?? name}`}
            value={`failed ${outcome.failed} of ${outcome.of}`}
            about={wordsOf(name)?.about ?? ''}
          />
        ))}
        <Fact
          name="Position bias"
          value={
            facts.positionBias === null
              ? 'not asked in both orders'
              : `the order decided ${percent(facts.positionBias.share, 0)} of ${facts.positionBias.of} comparisons`
          }
          about={
            'Pairs of responses are compared in both orders. This is how often the verdict followed ' +
            'the order instead of the responses.'
          }
        />
        <Fact
          name="Length bias"
          value={facts.lengthBias === null ? 'unknown' : `r = ${measured(facts.lengthBias)}`}
          about={
            'Correlation of score and response length within a prompt. Far above 0, long responses ' +
            'are rewarded for their length.'
          }
        />
        <Fact
          name="Agreement with the rule"
          value={
            facts.agreement === null
              ? 'no right and wrong responses'
              : `${percent(facts.agreement.share, 1)} of ${facts.agreement.of} pairs`
          }
          about={
            'How often a right response scored higher than a wrong one to the same prompt. A tie ' +
            'counts as half. Guessing gives 50%.'
          }
        />
        <Fact
          name="Replies without a verdict"
          value={`${facts.unparsed.count} of ${facts.unparsed.of}`}
          about="These replies could not be parsed and count for neither side."
        />
        {silent > 0 && (
          <Fact
            name="Control rows without a verdict"
            value={`${silent} of ${of + silent}`}
            about="They are not included in any other number here."
          />
        )}
      </dl>
      {members.length > 0 && (
        <ul className="judge-members" aria-label="The panel’s members">
          {members.map((member) => (
            <li key={member.judge}>
              <JudgeFactsLine facts={member} />
            </li>
          ))}
        </ul>
      )}
    </details>
  );
}

function Fact({ name, value, about }: { readonly name: string; readonly value: string; readonly about: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd className="tabular">{value}</dd>
      <dd className="judge-fact-about">{about}</dd>
    </div>
  );
}

const wordsOf = (name: string) => Object.entries(CONTROL_WORDS).find(([known]) => known === name)?.[1];
