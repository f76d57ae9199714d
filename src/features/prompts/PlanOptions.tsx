import type { PromptPlan, PromptPreview } from '../../records/prompt-import';
import { changePlan } from '../../state/prompt-actions';

const SHARES = [0, 0.05, 0.1, 0.2, 0.3, 0.5];

interface Props {
  readonly plan: PromptPlan;
  readonly preview: PromptPreview | null;
}

/** What is left out, and what is held out. */
export function PlanOptions({ plan, preview }: Props) {
  return (
    <section className="panel prompts-section" aria-labelledby="plan-title">
      <h2 id="plan-title">Rows</h2>
      <div className="plan">
        <label className="field-option">
          <input
            type="checkbox"
            checked={plan.dropDuplicates}
            onChange={(event) => void changePlan({ dropDuplicates: event.currentTarget.checked })}
          />
          Leave duplicates out: equal up to case and white space
        </label>
        <label className="field-option">
          <input
            type="checkbox"
            checked={plan.dropNearDuplicates}
            onChange={(event) => void changePlan({ dropNearDuplicates: event.currentTarget.checked })}
          />
          Leave near-duplicates out: 70% of their runs of three words shared
        </label>
        <div className="plan-row">
          <label htmlFor="plan-share">Held out</label>
          <select
            id="plan-share"
            className="input"
            value={plan.heldoutShare}
            aria-describedby="plan-share-about"
            onChange={(event) => void changePlan({ heldoutShare: Number(event.currentTarget.value) })}
          >
            {SHARES.map((share) => (
              <option key={share} value={share}>
                {share === 0 ? 'none: one set' : `${share * 100}%`}
              </option>
            ))}
          </select>
          <span id="plan-share-about" className="quiet">
            By the hash of the instruction: a row falls on the same side in every import, and its duplicates with it.
          </span>
        </div>
        {preview !== null && preview.faulty > 0 && (
          <fieldset className="plan-row">
            <legend className="visually-hidden">Rows with a fault</legend>
            {(['drop', 'refuse'] as const).map((faulty) => (
              <label key={faulty} className="field-option">
                <input
                  type="radio"
                  name="faulty"
                  checked={plan.faulty === faulty}
                  onChange={() => void changePlan({ faulty })}
                />
                {faulty === 'drop' ? 'Leave rows with a fault out' : 'Take nothing while a row has a fault'}
              </label>
            ))}
          </fieldset>
        )}
      </div>
    </section>
  );
}
