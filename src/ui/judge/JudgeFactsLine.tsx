import { CircleAlert } from 'lucide-react';
import { measured, percent, plural } from '../format';
import { CONTROL_WORDS } from './control-words';
import './judge.css';
import type { JudgeFacts } from '../../records/judgements';

/** A judge that fails more of its controls than this, or is silent on more, is not to be believed. */
const DOUBTFUL_SHARE = 1 / 3;

/** How far a judge is to be believed, in one line that opens. */
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
        {of > 0 && <span className="tabular">{`failed ${failed} of ${plural(of, 'control')}`}</span>}
        {silent > 0 && (
          <span className="tabular">{`no verdict on ${silent} of ${plural(of + silent, 'control')}`}</span>
        )}
        {facts.agreement !== null && (
          <span className="tabular">{`agrees with the rule in ${percent(facts.agreement.share, 0)}`}</span>
        )}
      </summary>
      <dl className="judge-facts-list">
        {controls.map(([name, outcome]) => (
          <Fact
            key={name}
            name={`Control: ${wordsOf(name)?.name ?? name}`}
            value={`failed ${outcome.failed} of ${outcome.of}`}
            about={wordsOf(name)?.about ?? ''}
          />
        ))}
        <Fact
          name="Position bias"
          value={
            facts.positionBias === null
              ? 'not asked in two orders'
              : `the order decided ${percent(facts.positionBias.share, 0)} of ${facts.positionBias.of}`
          }
          about="Of every two compared in both orders: how often the verdict followed the order instead of the responses."
        />
        <Fact
          name="Length bias"
          value={facts.lengthBias === null ? 'not known' : `r = ${measured(facts.lengthBias)}`}
          about="Correlation of score and response length within a prompt: far above 0 it pays to be long."
        />
        <Fact
          name="Agreement with the rule"
          value={
            facts.agreement === null
              ? 'no reference answers'
              : `${percent(facts.agreement.share, 1)} of ${facts.agreement.of} pairs`
          }
          about="Of every right and wrong response to one prompt: how often the right one scored higher; a tie is half. A coin gets 50%."
        />
        <Fact
          name="Replies that are no verdict"
          value={`${facts.unparsed.count} of ${facts.unparsed.of}`}
          about="They count for neither side."
        />
        {silent > 0 && (
          <Fact
            name="Control rows without a verdict"
            value={`${silent} of ${of + silent}`}
            about="They are in no other count."
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
