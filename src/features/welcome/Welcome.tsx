import { ArrowRight, Play } from 'lucide-react';
import { FIELDS } from '../../recipe/recipe';
import { startOrTry } from '../../state/dry-sample-actions';
import { focusField } from '../../state/focus-field';
import { useRun } from '../../state/run';
import { canStart, useSession } from '../../state/session';
import { useSettings } from '../../state/settings';
import { Button } from '../../ui/Button';
import { bytes, duration, plural } from '../../ui/format';
import { NoWebGpu } from './NoWebGpu';
import './welcome.css';

const STAGES = [
  ['think', 'It writes several candidates for every prompt: a thought, then a response.'],
  ['judge', 'A judge scores the responses. It never sees a thought.'],
  ['pair', 'The best candidate is chosen, the worst rejected.'],
  ['train', 'A small adapter learns to prefer the chosen one.'],
  ['evaluate', 'The new model answers prompts that it never trained on.'],
] as const;

/** The first visit: what this is, what was found, one button. No form. */
export function Welcome() {
  const session = useSession();
  const asked = useRun((state) => state.asked);
  const elsewhere = useRun((state) => state.elsewhere);
  const { device, noDevice, estimate, recipe } = session;
  return (
    <section className="welcome" aria-labelledby="welcome-title">
      <div className="welcome-main">
        <h1 id="welcome-title">Watch a small model learn to think.</h1>
        <p className="welcome-what">
          In this tab, on this machine, a language model finds out which of its thoughts lead to better answers, and
          learns to think that way.
        </p>
        {noDevice !== null ? (
          <NoWebGpu failure={noDevice} />
        ) : (
          <>
            <div className="welcome-start">
              <Button
                look="primary"
                className="button-large"
                onClick={startOrTry}
                disabled={!canStart(session) || asked !== null || elsewhere !== null}
              >
                <Play aria-hidden="true" /> {asked === 'start' ? 'Starting …' : 'Start'}
              </Button>
              <Button look="quiet" onClick={() => useSettings.setState({ recipeOpen: true })}>
                See the recipe first <ArrowRight aria-hidden="true" />
              </Button>
            </div>
            <dl className="welcome-facts">
              <Fact
                term="Device"
                value={device?.name ?? 'being looked for'}
                note={device === null ? '' : deviceWords(device.kind, device.maxBufferSize)}
              />
              <Fact
                term="Time, about"
                value={
                  estimate === null
                    ? 'being worked out'
                    : estimate.seconds === null
                      ? 'not yet measured'
                      : duration(estimate.seconds)
                }
                note={`${plural(recipe.iterations, 'iteration')}${recipe.arms.length === 2 ? ', with and without thoughts' : ''}${estimate?.untimed?.length ? '; its judge is not timed yet' : ''}`}
              />
              <Fact
                term="GPU memory"
                value={estimate === null ? 'being worked out' : bytes(estimate.bytes)}
                note="exactly, at its peak"
              />
              <Fact term="Download" value="none" note="model, prompts and judge are here" />
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
            <span>The model as it is.</span>
          </li>
          {STAGES.map(([stage, words]) => (
            <li key={stage}>
              <strong>{stage}</strong>
              <span>{words}</span>
            </li>
          ))}
          <li className="welcome-model">
            <strong>M₁</strong>
            <span>… and again, with a better model.</span>
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

function deviceWords(kind: 'software' | 'slow' | 'fast', maxBufferSize: number): string {
  const room = `${bytes(maxBufferSize)} usable`;
  if (kind === 'software') return `${room}; no GPU behind it, so a small recipe is chosen`;
  return kind === 'slow' ? `${room}; a small recipe is chosen` : room;
}
