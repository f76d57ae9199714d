import { CircleX, Flame, Play, RotateCcw, SlidersHorizontal } from 'lucide-react';
import { type RefObject, useEffect, useRef } from 'react';
import { warmUpPrompts } from '../../recipe/presets';
import type { Recipe } from '../../recipe/recipe';
import { FIELDS } from '../../recipe/recipe';
import { samplesAlike, useDrySample } from '../../state/dry-sample';
import { canTry, closeDrySample, startSeen, startWithWarmUp, tryFormat } from '../../state/dry-sample-actions';
import { focusField } from '../../state/focus-field';
import { useRun } from '../../state/run';
import { useSession } from '../../state/session';
import { Button } from '../../ui/Button';
import { count, plural } from '../../ui/format';
import { Meter } from '../../ui/Meter';
import { DryCards } from './DryCards';
import './dry-sample.css';
import type { DryProgress, DrySample } from '../../records/dry-sample';

/** Whether the model keeps to the format, before an hour is spent on it: what it wrote, and what can be done. */
export function DrySamplePanel() {
  const { recipe: tried, progress, sample } = useDrySample();
  const recipe = useSession((session) => session.recipe);
  const title = useRef<HTMLHeadingElement>(null);
  useReturningFocus(title);
  const changed = tried !== null && !samplesAlike(tried, recipe);

  return (
    <section className="panel dry scroll" aria-labelledby="dry-title">
      <header className="dry-head">
        <div>
          <h2 id="dry-title" ref={title} tabIndex={-1}>
            Does this model keep to the format?
          </h2>
          <p className="quiet">
            The first training prompts, one completion each, as the run itself would write them. Nothing of it is
            stored.
          </p>
        </div>
        <Button look="quiet" onClick={closeDrySample}>
          <CircleX aria-hidden="true" /> {sample === null ? 'Cancel' : 'Close'}
        </Button>
      </header>
      {sample === null ? <Taking progress={progress} /> : <Found sample={sample} changed={changed} recipe={recipe} />}
      {sample !== null && <DryCards sample={sample} />}
    </section>
  );
}

function Taking({ progress }: { readonly progress: DryProgress | null }) {
  const share = progress === null || progress.total === 0 ? 0 : progress.done / progress.total;
  return (
    <div className="dry-taking">
      <p role="status" className="tabular">
        {takingWords(progress)}
      </p>
      <Meter share={share} label="Progress of the dry sample" />
    </div>
  );
}

function takingWords(progress: DryProgress | null): string {
  if (progress === null) return 'Opening the model …';
  const { phase, done, total, tokens, tokensPerSecond } = progress;
  if (phase === 'load') return `Loading the model: ${count(done)} of ${plural(total, 'tensor')}`;
  const speed = tokensPerSecond === null ? '' : `, ${count(tokensPerSecond)} tokens/s`;
  return `${done} of ${total} completions have ended: ${plural(tokens, 'token')}${speed}`;
}

interface FoundProps {
  readonly sample: DrySample;
  /** The recipe is another one by now. */
  readonly changed: boolean;
  readonly recipe: Recipe;
}

function Found({ sample, changed, recipe }: FoundProps) {
  const session = useSession();
  const run = useRun();
  const busy = !canTry(session, run);
  const { completions, malformed, finding, advice, meanTokens, tokensPerSecond } = sample;
  const format = sample.arm === 'thinking' ? (['format'] as const) : [];
  const fields = [...new Set<keyof Recipe>([...(sample.field === null ? [] : [sample.field]), ...format])];
  const most = advice !== null;
  const canWarmUp = sample.arm === 'thinking' && recipe.sftPrompts === 0;
  const warmUpHelps = most && canWarmUp && malformed < completions.length;
  const prompts = warmUpPrompts(recipe);
  return (
    <div className="dry-found">
      <p role="status">
        <strong>{finding}</strong>{' '}
        <span className="quiet tabular">
          {plural(Math.round(meanTokens), 'token')} each, on average
          {tokensPerSecond !== null && `; ${count(tokensPerSecond)} tokens/s together`}.
        </span>
      </p>
      {advice !== null && <p className="dry-advice">{advice}</p>}
      {changed && (
        <p className="dry-advice">The recipe is another one since: try it again to see what that changed.</p>
      )}
      <div className="dry-hand">
        {changed ? (
          <Button look="primary" onClick={tryFormat} disabled={busy}>
            <RotateCcw aria-hidden="true" /> Try again
          </Button>
        ) : (
          <>
            {!most && (
              <Button look="primary" onClick={startSeen} disabled={busy}>
                <Play aria-hidden="true" /> Start the run
              </Button>
            )}
            {most && canWarmUp && (
              <Button
                look={warmUpHelps ? 'primary' : 'plain'}
                onClick={startWithWarmUp}
                disabled={busy}
                title={`${prompts} prompts: the model imitates those of its completions that are well-formed, then the run goes on as ever`}
              >
                <Flame aria-hidden="true" /> Warm up first, on {prompts} prompts
              </Button>
            )}
          </>
        )}
        {fields.map((field, i) => (
          <Button
            key={field}
            look={i === 0 && most && !warmUpHelps && !changed ? 'primary' : 'plain'}
            onClick={() => focusField(field)}
          >
            <SlidersHorizontal aria-hidden="true" /> Change “{FIELDS[field].label}”
          </Button>
        ))}
        {most && !changed && (
          <Button onClick={startSeen} disabled={busy}>
            <Play aria-hidden="true" /> Start anyway
          </Button>
        )}
      </div>
    </div>
  );
}

/** The panel is where the reader is while it is there; afterwards the reader is where it was opened, if that is still there. */
function useReturningFocus(target: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const before = document.activeElement;
    target.current?.focus();
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, [target]);
}
