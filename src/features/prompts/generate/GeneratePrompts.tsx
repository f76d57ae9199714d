import { Sparkles, Square } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import type { MakePromptsOptions, PromptProgress } from '../../../records/prompt-sets';
import { refreshModels } from '../../../state/models/model-actions';
import { modelsStore } from '../../../state/models/models';
import { cancelMaking, makePrompts, undoDiscard } from '../../../state/prompts/generated-prompts';
import { promptsStore } from '../../../state/prompts/prompts';
import { useStore } from '../../../state/react';
import { currentRunStore } from '../../../state/runs/current-run';
import { sessionStore } from '../../../state/session/session';
import { Button } from '../../../ui/Button';
import { count, openingWords, plural, tokenSpeed } from '../../../ui/format';
import { Meter } from '../../../ui/Meter';
import { Notice } from '../../../ui/Notice';
import { NumberInput } from '../../../ui/NumberInput';
import { GeneratedList } from './GeneratedList';

/** Sampling settings of Yuan et al. 2024. */
const DEFAULTS = { examples: 8, written: 32, seed: 1, temperature: 0.6, topP: 0.9, maxNewTokens: 128 };

/** Name, label, minimum, maximum and whether it is an integer, in the order of the form. */
const NUMBER_FIELDS = [
  ['written', 'Number of prompts', 1, 1000, true],
  ['examples', 'Examples in each request', 1, 16, true],
  ['temperature', 'Temperature', 0, 2, false],
  ['topP', 'Top-p', 0.01, 1, false],
  ['maxNewTokens', 'Maximum length in tokens', 8, 1024, true],
  ['seed', 'Seed', 0, 2 ** 32 - 1, true],
] as const satisfies readonly (readonly [keyof typeof DEFAULTS, string, number, number, boolean])[];

/** Generates new instructions from the user's own as examples. */
export function GeneratePrompts() {
  const making = useStore(promptsStore, (state) => state.making);
  const models = (useStore(modelsStore, (state) => state.list) ?? []).filter(({ use }) => use === 'policy');
  const sets = useStore(sessionStore, (session) => session.promptSets);
  const recipe = useStore(sessionStore, (session) => session.recipe);
  const noDevice = useStore(sessionStore, (session) => session.noDevice);
  const active = useStore(currentRunStore, (state) => state.active || state.otherTab !== null);
  const [chosen, setChosen] = useState({ ...DEFAULTS, model: recipe.model, from: recipe.prompts });
  const options: MakePromptsOptions = { ...chosen, apartFrom: recipe.heldout };
  useEffect(() => void refreshModels(), []);
  const form = useRef<HTMLFormElement>(null);
  const { status } = making;
  const seen = useRef(status);
  useEffect(() => {
    // The start and cancel buttons replace each other, and disabled fields lose the focus.
    if (seen.current !== status) form.current?.querySelector<HTMLButtonElement>('button.make-button')?.focus();
    seen.current = status;
  }, [status]);
  if (making.status === 'made') return <GeneratedList making={making} />;
  const busy = making.status === 'making';
  return (
    <div className="set-view">
      <header className="set-head">
        <h1 className="set-title">Generate prompts with a model</h1>
        <p className="quiet">
          The model reads a few of your instructions and writes a new one of the same kind, like the synthetic
          instructions of the paper. Prompts that are unfinished, repeated, contain an answer or occur in the held-out
          set are left out. You choose which of the others to keep.
        </p>
      </header>
      {making.status === 'none' && making.failure !== null && (
        <Notice look="failure" message={making.failure.message} advice={making.failure.advice} />
      )}
      {making.status === 'none' && making.discarded !== null && (
        <Notice
          look="offer"
          message={`You discarded ${plural(making.discarded.made.kept.length, 'generated prompt')}.`}
        >
          <Button className="button-small" onClick={undoDiscard}>
            Undo
          </Button>
        </Notice>
      )}
      <form
        ref={form}
        className="panel prompts-section"
        aria-label="Settings"
        onSubmit={(event) => {
          event.preventDefault();
          void makePrompts(options);
        }}
      >
        <div className="mapping">
          <div>
            <label htmlFor="make-model">Model</label>
            <select
              id="make-model"
              className="input"
              disabled={busy}
              value={options.model}
              onChange={(event) => setChosen({ ...chosen, model: event.currentTarget.value })}
            >
              {models.every(({ id }) => id !== options.model) && (
                <option value={options.model}>{options.model}</option>
              )}
              {models.map(({ id, name, failure }) => (
                <option key={id} value={id} disabled={failure !== null}>
                  {name}
                </option>
              ))}
            </select>
          </div>
          <div>
            <label htmlFor="make-from">Examples from</label>
            <select
              id="make-from"
              className="input"
              disabled={busy}
              value={options.from}
              onChange={(event) => setChosen({ ...chosen, from: event.currentTarget.value })}
            >
              {sets.every(({ id }) => id !== options.from) && <option value={options.from}>{options.from}</option>}
              {sets.map(({ id, name, rows }) => (
                <option key={id} value={id}>
                  {name} ({count(rows)})
                </option>
              ))}
            </select>
          </div>
          {NUMBER_FIELDS.map(([field, label, min, max, whole]) => (
            <div key={field}>
              <label htmlFor={`make-${field}`}>{label}</label>
              <NumberInput
                id={`make-${field}`}
                value={options[field]}
                {...{ min, max, whole }}
                disabled={busy}
                describedBy="make-about"
                onChange={(value) => setChosen({ ...chosen, [field]: value })}
              />
            </div>
          ))}
        </div>
        <p id="make-about" className="quiet">
          The model generates them without an adapter. The same seed gives the same prompts.
        </p>
        {making.status === 'making' ? (
          <Progress progress={making.progress} total={making.options.written} />
        ) : (
          <div className="prompts-buttons">
            <Button type="submit" look="primary" className="make-button" disabled={active || noDevice !== null}>
              <Sparkles aria-hidden="true" /> Generate {count(options.written)}
            </Button>
            {active && <span className="quiet">A run is active and uses the device until it ends.</span>}
            {noDevice !== null && <span className="quiet">{noDevice.message}</span>}
          </div>
        )}
      </form>
    </div>
  );
}

function Progress({ progress, total }: { readonly progress: PromptProgress | null; readonly total: number }) {
  const share = progress === null || progress.total === 0 ? 0 : progress.done / progress.total;
  return (
    <div className="making">
      <p role="status" className="tabular">
        {progressWords(progress, total)}
      </p>
      <Meter share={share} label="Prompts generated" />
      <Button className="make-button" onClick={cancelMaking}>
        <Square aria-hidden="true" /> Cancel
      </Button>
    </div>
  );
}

function progressWords(progress: PromptProgress | null, total: number): string {
  if (progress === null) return `Reading the examples for ${plural(total, 'prompt')} …`;
  if (progress.kind !== 'make')
    return openingWords({ ...progress, phase: progress.kind === 'tune' ? 'tune' : 'load' });
  const speed = progress.tokensPerSecond === null ? '' : `, ${tokenSpeed(progress.tokensPerSecond)}`;
  return `${count(progress.done)} of ${count(progress.total)} generated, ${plural(progress.tokens, 'token')}${speed}`;
}
