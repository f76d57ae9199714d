import { Sparkles, Square } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import type { MakePromptsWish, PromptProgress } from '../../records/prompts';
import { cancelMaking, makePrompts, undoThrowing } from '../../state/making-actions';
import { refreshModels } from '../../state/model-actions';
import { useModels } from '../../state/models';
import { usePrompts } from '../../state/prompts';
import { useRun } from '../../state/run';
import { useSession } from '../../state/session';
import { Button } from '../../ui/Button';
import { count, plural } from '../../ui/format';
import { Meter } from '../../ui/Meter';
import { Notice } from '../../ui/Notice';
import { NumberInput } from '../../ui/NumberInput';
import { MadeList } from './MadeList';

/** As Yuan et al. 2024 sample theirs. */
const BEGIN = { examples: 8, written: 32, seed: 1, temperature: 0.6, topP: 0.9, maxNewTokens: 128 };

/** What each number is, in the order of the form. */
const NUMBERS = [
  ['written', 'How many to write', 1, 1000, true],
  ['examples', 'Examples in each request', 1, 16, true],
  ['temperature', 'Temperature', 0, 2, false],
  ['topP', 'Top-p', 0.01, 1, false],
  ['maxNewTokens', 'Longest, in tokens', 8, 1024, true],
  ['seed', 'Seed', 0, 2 ** 32 - 1, true],
] as const satisfies readonly (readonly [keyof typeof BEGIN, string, number, number, boolean])[];

/** New instructions after the reader's own, for the reader to keep or not. */
export function MakePrompts() {
  const making = usePrompts((state) => state.making);
  const models = (useModels((state) => state.list) ?? []).filter(({ use }) => use === 'policy');
  const sets = useSession((session) => session.promptSets);
  const recipe = useSession((session) => session.recipe);
  const noDevice = useSession((session) => session.noDevice);
  const active = useRun((state) => state.active || state.elsewhere !== null);
  const [chosen, setWish] = useState({ ...BEGIN, model: recipe.model, from: recipe.prompts });
  const wish: MakePromptsWish = { ...chosen, apartFrom: recipe.heldout };
  useEffect(() => void refreshModels(), []);
  const form = useRef<HTMLFormElement>(null);
  const { status } = making;
  const seen = useRef(status);
  useEffect(() => {
    // One button takes the other's place, and a field that is disabled keeps no focus.
    if (seen.current !== status) form.current?.querySelector<HTMLButtonElement>('button.make-button')?.focus();
    seen.current = status;
  }, [status]);
  if (making.status === 'made') return <MadeList making={making} />;
  const busy = making.status === 'making';
  return (
    <div className="set-view">
      <header className="set-head">
        <h1 className="set-title">Prompts made by a model</h1>
        <p className="quiet">
          The model reads a few of your instructions and writes another of the kind, as the paper’s synthetic
          instructions were made. What is answered, unfinished, repeated or in the recipe’s held-out set is sorted out;
          you keep what is good.
        </p>
      </header>
      {making.status === 'none' && making.failure !== null && (
        <Notice look="failure" message={making.failure.message} advice={making.failure.advice} />
      )}
      {making.status === 'none' && making.thrown !== null && (
        <Notice
          look="offer"
          message={`${plural(making.thrown.made.kept.length, 'prompt')} that a model wrote will not be kept.`}
        >
          <Button className="button-small" onClick={undoThrowing}>
            Undo
          </Button>
        </Notice>
      )}
      <form
        ref={form}
        className="panel prompts-section"
        aria-label="How they are made"
        onSubmit={(event) => {
          event.preventDefault();
          void makePrompts(wish);
        }}
      >
        <div className="mapping">
          <div>
            <label htmlFor="make-model">Model</label>
            <select
              id="make-model"
              className="input"
              disabled={busy}
              value={wish.model}
              onChange={(event) => setWish({ ...chosen, model: event.currentTarget.value })}
            >
              {models.every(({ id }) => id !== wish.model) && <option value={wish.model}>{wish.model}</option>}
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
              value={wish.from}
              onChange={(event) => setWish({ ...chosen, from: event.currentTarget.value })}
            >
              {sets.every(({ id }) => id !== wish.from) && <option value={wish.from}>{wish.from}</option>}
              {sets.map(({ id, name, rows }) => (
                <option key={id} value={id}>
                  {name} ({count(rows)})
                </option>
              ))}
            </select>
          </div>
          {NUMBERS.map(([field, label, min, max, whole]) => (
            <div key={field}>
              <label htmlFor={`make-${field}`}>{label}</label>
              <NumberInput
                id={`make-${field}`}
                value={wish[field]}
                {...{ min, max, whole }}
                disabled={busy}
                describedBy="make-about"
                onChange={(value) => setWish({ ...chosen, [field]: value })}
              />
            </div>
          ))}
        </div>
        <p id="make-about" className="quiet">
          Written by the model’s own weights, without an adapter. The same seed writes the same prompts.
        </p>
        {making.status === 'making' ? (
          <Progress progress={making.progress} total={making.wish.written} />
        ) : (
          <div className="prompts-buttons">
            <Button type="submit" look="primary" className="make-button" disabled={active || noDevice !== null}>
              <Sparkles aria-hidden="true" /> Write {count(wish.written)}
            </Button>
            {active && <span className="quiet">A run is going on: it has the device until it ends.</span>}
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
        {wordsOf(progress, total)}
      </p>
      <Meter share={share} label="Prompts written" />
      <Button className="make-button" onClick={cancelMaking}>
        <Square aria-hidden="true" /> Cancel
      </Button>
    </div>
  );
}

function wordsOf(progress: PromptProgress | null, total: number): string {
  if (progress === null) return `Showing the examples to the model for ${count(total)} prompts …`;
  if (progress.kind !== 'make')
    return `Loading the model: ${count(progress.done)} of ${count(progress.total)} tensors`;
  const speed = progress.tokensPerSecond === null ? '' : `, ${count(progress.tokensPerSecond)} tokens/s`;
  return `${count(progress.done)} of ${count(progress.total)} written, ${count(progress.tokens)} tokens${speed}`;
}
