import type { PromptPlan, PromptPreview } from '../../../records/prompt-import';
import { changePlan } from '../../../state/prompts/prompt-actions';

const SHARES = [0, 0.05, 0.1, 0.2, 0.3, 0.5];

interface Props {
  readonly plan: PromptPlan;
  readonly preview: PromptPreview | null;
}

/** Which rows are left out, and how many are held out. */
export function ImportOptions({ plan, preview }: Props) {
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
          Leave out duplicates, ignoring case and white space
        </label>
        <label className="field-option">
          <input
            type="checkbox"
            checked={plan.dropNearDuplicates}
            onChange={(event) => void changePlan({ dropNearDuplicates: event.currentTarget.checked })}
          />
          Leave out near-duplicates, which share 70% of their three-word sequences
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
                {share === 0 ? 'none' : `${share * 100}%`}
              </option>
            ))}
          </select>
          <span id="plan-share-about" className="quiet">
            Held-out prompts become a set of their own for evaluation. Rows are split by a hash of the instruction, so
            that duplicates are on the same side in every import.
          </span>
        </div>
        {preview !== null && preview.faulty > 0 && (
          <fieldset className="plan-row">
            <legend className="visually-hidden">Rows with errors</legend>
            {(['drop', 'refuse'] as const).map((faulty) => (
              <label key={faulty} className="field-option">
                <input
                  type="radio"
                  name="faulty"
                  checked={plan.faulty === faulty}
                  onChange={() => void changePlan({ faulty })}
                />
                {faulty === 'drop' ? 'Leave out rows with errors' : 'Import nothing while a row has an error'}
              </label>
            ))}
          </fieldset>
        )}
      </div>
    </section>
  );
}
