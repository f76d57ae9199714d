import { CircleX, Flame, Play, RotateCcw, SlidersHorizontal } from 'lucide-react';
import { type RefObject, useEffect, useRef } from 'react';
import { warmUpPrompts } from '../../recipe/presets';
import { FIELDS, type Recipe } from '../../recipe/recipe';
import type { DryProgress, DrySample } from '../../records/candidates';
import { useStore } from '../../state/react';
import { currentRunStore, isIdle } from '../../state/runs/current-run';
import {
  closeDrySample,
  drySampleStore,
  haveSameSample,
  startAfterSample,
  startDrySample,
  startWithWarmUp,
} from '../../state/runs/dry-sample';
import { canStart, focusField, sessionStore } from '../../state/session/session';
import { Button } from '../../ui/Button';
import { openingWords, plural, tokenSpeed } from '../../ui/format';
import { Meter } from '../../ui/Meter';
import { DryCards } from './DryCards';
import './dry-sample.css';

/**
 * A dry sample: whether the model follows the format, before time is spent on a run, and what to do if it does not.
 */
export function DrySamplePanel() {
  const { tried, progress, sample } = useStore(drySampleStore, ({ recipe, progress, sample }) => ({
    tried: recipe,
    progress,
    sample,
  }));
  const recipe = useStore(sessionStore, (session) => session.recipe);
  const title = useRef<HTMLHeadingElement>(null);
  useReturningFocus(title);
  const changed = tried !== null && !haveSameSample(tried, recipe);

  return (
    <section className="panel dry scroll" aria-labelledby="dry-title">
      <header className="dry-head">
        <div>
          <h2 id="dry-title" ref={title} tabIndex={-1}>
            Does this model follow the format?
          </h2>
          <p className="quiet">
            One completion for each of the first training prompts, generated as the run would generate them. Nothing is
            stored.
          </p>
        </div>
        <Button look="quiet" onClick={closeDrySample}>
          <CircleX aria-hidden="true" /> {sample === null ? 'Cancel' : 'Close'}
        </Button>
      </header>
      {sample === null ? (
        <Sampling progress={progress} />
      ) : (
        <Result sample={sample} changed={changed} recipe={recipe} />
      )}
      {sample !== null && <DryCards sample={sample} />}
    </section>
  );
}

function Sampling({ progress }: { readonly progress: DryProgress | null }) {
  const share = progress === null || progress.total === 0 ? 0 : progress.done / progress.total;
  return (
    <div className="dry-taking">
      <p role="status" className="tabular">
        {progressWords(progress)}
      </p>
      <Meter share={share} label="Progress of the dry sample" />
    </div>
  );
}

function progressWords(progress: DryProgress | null): string {
  if (progress === null) return 'Opening the model …';
  const { phase, done, total, tokens, tokensPerSecond } = progress;
  if (phase !== 'generate') return openingWords({ phase, done, total });
  const speed = tokensPerSecond === null ? '' : `, ${tokenSpeed(tokensPerSecond)}`;
  return `${done} of ${total} completions finished: ${plural(tokens, 'token')}${speed}`;
}

interface ResultProps {
  readonly sample: DrySample;
  /** The recipe has changed since. */
  readonly changed: boolean;
  readonly recipe: Recipe;
}

function Result({ sample, changed, recipe }: ResultProps) {
  const ready = useStore(sessionStore, canStart);
  const idle = useStore(currentRunStore, isIdle);
  const busy = !ready || !idle;
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
          {plural(Math.round(meanTokens), 'token')} per completion on average
          {tokensPerSecond !== null && `; ${tokenSpeed(tokensPerSecond)} in total`}.
        </span>
      </p>
      {advice !== null && <p className="dry-advice">{advice}</p>}
      {changed && <p className="dry-advice">The recipe has changed since. Try again to see the effect.</p>}
      <div className="dry-hand">
        {changed ? (
          <Button look="primary" onClick={startDrySample} disabled={busy}>
            <RotateCcw aria-hidden="true" /> Try again
          </Button>
        ) : (
          <>
            {!most && (
              <Button look="primary" onClick={startAfterSample} disabled={busy}>
                <Play aria-hidden="true" /> Start the run
              </Button>
            )}
            {most && canWarmUp && (
              <Button
                look={warmUpHelps ? 'primary' : 'plain'}
                onClick={startWithWarmUp}
                disabled={busy}
                title={
                  `The model first learns to imitate its own well-formed completions for ${prompts} ` +
                  'prompts (SFT). Then the run continues as usual.'
                }
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
          <Button onClick={startAfterSample} disabled={busy}>
            <Play aria-hidden="true" /> Start anyway
          </Button>
        )}
      </div>
    </div>
  );
}

/**
 * Focuses the panel when it opens. When it closes, the focus returns to where it was, if that element still exists.
 */
function useReturningFocus(target: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const before = document.activeElement;
    target.current?.focus();
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, [target]);
}
