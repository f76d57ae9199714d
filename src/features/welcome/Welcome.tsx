import { ArrowRight, Play } from 'lucide-react';
import type { Recipe } from '../../recipe/recipe';
import { FIELDS } from '../../recipe/recipe';
import type { Estimate } from '../../records/device';
import { useStore } from '../../state/react';
import { currentRunStore } from '../../state/runs/current-run';
import { startOrSample } from '../../state/runs/dry-sample';
import { canStart, focusField, sessionStore } from '../../state/session/session';
import { settingsStore } from '../../state/session/settings';
import { Button } from '../../ui/Button';
import { bytes, duration, plural } from '../../ui/format';
import { NoWebGpu } from './NoWebGpu';
import './welcome.css';

const STAGES = [
  ['think', 'The model writes several candidates for every prompt, each a thought and then a response.'],
  ['judge', 'A judge scores the responses. It never sees the thoughts.'],
  ['pair', 'The best candidate is marked as chosen, the worst as rejected.'],
  ['train', 'A LoRA adapter, a small set of extra weights, learns to prefer the chosen one.'],
  ['evaluate', 'The new model answers held-out prompts, which it never trains on.'],
] as const;

/** The first visit: what this is, the device, an estimate, and one button. */
export function Welcome() {
  const asked = useStore(currentRunStore, (state) => state.asked);
  const otherTab = useStore(currentRunStore, (state) => state.otherTab);
  const ready = useStore(sessionStore, canStart);
  const { device, noDevice, estimate, recipe } = useStore(sessionStore, ({ device, noDevice, estimate, recipe }) => ({
    device,
    noDevice,
    estimate,
    recipe,
  }));
  return (
    <section className="welcome" aria-labelledby="welcome-title">
      <div className="welcome-main">
        <h1 id="welcome-title">Watch a small model learn to think.</h1>
        <p className="welcome-what">
          A language model runs in this tab, on your machine. It finds out which of its thoughts lead to better
          answers, and learns to think that way.
        </p>
        {noDevice !== null ? (
          <NoWebGpu failure={noDevice} />
        ) : (
          <>
            <div className="welcome-start">
              <Button
                look="primary"
                className="button-large"
                onClick={startOrSample}
                disabled={!ready || asked !== null || otherTab !== null}
              >
                <Play aria-hidden="true" /> {asked === 'start' ? 'Starting …' : 'Start'}
              </Button>
              <Button look="quiet" onClick={() => settingsStore.setState({ recipeOpen: true })}>
                See the recipe first <ArrowRight aria-hidden="true" />
              </Button>
            </div>
            <dl className="welcome-facts">
              <Fact
                term="Device"
                value={device?.name ?? 'looking …'}
                note={device === null ? '' : deviceWords(device.kind, device.maxBufferSize)}
              />
              <Fact
                term="Estimated time"
                value={
                  estimate === null
                    ? 'estimating …'
                    : estimate.seconds === null
                      ? 'not yet measured'
                      : duration(estimate.seconds)
                }
                note={timeNote(recipe, estimate)}
              />
              <Fact
                term="GPU memory"
                value={estimate === null ? 'estimating …' : bytes(estimate.bytes)}
                note="exact, at the peak"
              />
              <Fact term="Download" value="none" note="model, prompts and judge are included" />
            </dl>
            {estimate?.refused != null && (
              <p className="welcome-refused">
                {estimate.refused}{' '}
                {estimate.field !== null && (
                  <Button className="button-small" onClick={() => estimate.field && focusField(estimate.field)}>
                    Change “{FIELDS[estimate.field].label}”
                  </Button>
                )}
              </p>
            )}
          </>
        )}
      </div>
      <figure className="welcome-loop">
        <figcaption>
          The loop: TPO, Thought Preference Optimization (<cite>Thinking LLMs</cite>, arXiv 2410.10630)
        </figcaption>
        <ol>
          <li className="welcome-model">
            <strong>M₀</strong>
            <span>The original model.</span>
          </li>
          {STAGES.map(([stage, words]) => (
            <li key={stage}>
              <strong>{stage}</strong>
              <span>{words}</span>
            </li>
          ))}
          <li className="welcome-model">
            <strong>M₁</strong>
            <span>The loop starts again with a better model.</span>
          </li>
        </ol>
      </figure>
    </section>
  );
}

function Fact({ term, value, note }: { readonly term: string; readonly value: string; readonly note: string }) {
  return (
    <div>
      <dt>{term}</dt>
      <dd>
        <strong>{value}</strong>
        <span>{note}</span>
      </dd>
    </div>
  );
}

function timeNote({ iterations, arms }: Recipe, estimate: Estimate | null): string {
  const bothArms = arms.length === 2 ? ', with and without thoughts' : '';
  const untimed = estimate?.untimed?.length ? '; without the judge, whose speed is not known yet' : '';
  return `${plural(iterations, 'iteration')}${bothArms}${untimed}`;
}

function deviceWords(kind: 'software' | 'slow' | 'fast', maxBufferSize: number): string {
  const room = `${bytes(maxBufferSize)} usable`;
  if (kind === 'software') return `${room}; no GPU, so a small recipe is selected`;
  return kind === 'slow' ? `${room}; a small recipe is selected` : room;
}
