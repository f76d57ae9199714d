import { ChevronLeft, ChevronRight, Radio } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useCommands, useStore } from '../../state/react';
import { currentRunStore } from '../../state/runs/current-run';
import { type PromptEntry, rollouts } from '../../state/runs/rollout-store';
import { Button, IconButton } from '../../ui/Button';
import { CandidateCard } from '../../ui/candidate/CandidateCard';
import { viewsOf } from '../../ui/candidate/candidate-view';
import { PromptHead } from '../../ui/candidate/PromptHead';
import { count } from '../../ui/format';
import { JudgeFactsLine } from '../../ui/judge/JudgeFactsLine';
import './candidates.css';
import { PromptStrip } from './PromptStrip';
import { useShownPrompt } from './useShownPrompt';

/** The candidates of one prompt while they are generated and scored, and the controls to go to other prompts. */
export function Candidates() {
  const shown = useShownPrompt();
  const { entry, follow, held, show, setFollow, setHeld } = shown;
  const [foldThoughts, setFoldThoughts] = useState(false);
  const total = rollouts.entries.length;
  const at = entry?.order ?? 0;

  useCommands({
    previous: { label: 'Previous prompt', group: 'Candidates', keys: ['ArrowLeft'], run: () => show(at - 1) },
    next: { label: 'Next prompt', group: 'Candidates', keys: ['ArrowRight'], run: () => show(at + 1) },
    first: { label: 'First prompt', group: 'Candidates', keys: ['Home'], run: () => show(0) },
    last: { label: 'Last prompt', group: 'Candidates', keys: ['End'], run: () => show(total - 1) },
    follow: {
      label: follow ? 'Pin this prompt' : 'Follow the run',
      group: 'Candidates',
      keys: ['f'],
      run: () => setFollow(!follow),
    },
    thoughts: {
      label: foldThoughts ? 'Show thoughts' : 'Hide thoughts',
      group: 'Candidates',
      keys: ['t'],
      run: () => setFoldThoughts(!foldThoughts),
    },
  });

  return (
    <section
      className="panel candidates"
      aria-labelledby="candidates-title"
      // Not on enter: the candidates may appear under a pointer that rests where Start was.
      onPointerMove={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
    >
      <header className="candidates-head">
        <h2 id="candidates-title">Candidates</h2>
        <span className="candidates-at tabular">{total > 0 && `${count(at + 1)} of ${count(total)}`}</span>
        <IconButton label="Previous prompt (←)" disabled={total === 0 || at === 0} onClick={() => show(at - 1)}>
          <ChevronLeft />
        </IconButton>
        <IconButton label="Next prompt (→)" disabled={total === 0 || at >= total - 1} onClick={() => show(at + 1)}>
          <ChevronRight />
        </IconButton>
        <Button
          className="button-small"
          look="quiet"
          aria-pressed={foldThoughts}
          onClick={() => setFoldThoughts(!foldThoughts)}
        >
          {foldThoughts ? 'Show thoughts' : 'Hide thoughts'}
        </Button>
        <Button
          className="button-small"
          look={follow ? 'plain' : 'primary'}
          aria-pressed={follow}
          onClick={() => setFollow(!follow)}
          title={
            follow
              ? 'Shows the prompt that is being generated. Stays on a prompt while your pointer is here.'
              : 'Pinned to this prompt'
          }
        >
          <Radio aria-hidden="true" /> {follow ? (held ? 'Waiting while you read' : 'Following') : 'Follow'}
        </Button>
      </header>
      <PromptStrip at={at} onShow={show} />
      {entry !== null && <Facts entry={entry} />}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard */}
      <section className="candidates-stage scroll" tabIndex={0} aria-label="Candidates of the prompt shown">
        {entry === null ? <Empty /> : <Stage entry={entry} foldThoughts={foldThoughts} />}
      </section>
    </section>
  );
}

interface StageProps {
  readonly entry: PromptEntry;
  readonly foldThoughts: boolean;
}

/** Number of preceding prompts shown below a prompt of an evaluation, which has few candidates. */
const COMPANIONS = 3;

function Stage({ entry, foldThoughts }: StageProps) {
  const companions = entry.purpose === 'evaluate' ? precedingOf(entry, COMPANIONS) : [];
  return [entry, ...companions].map((one) => <OnePrompt key={one.key} entry={one} foldThoughts={foldThoughts} />);
}

function precedingOf(entry: PromptEntry, most: number): readonly PromptEntry[] {
  const before = rollouts.entries.slice(Math.max(0, entry.order - most), entry.order);
  return before
    .filter(
      (other) => other.purpose === entry.purpose && other.iteration === entry.iteration && other.arm === entry.arm,
    )
    .toReversed();
}

function OnePrompt({ entry, foldThoughts }: StageProps) {
  const views = viewsOf(entry.live, entry.rollout);
  const [slow, setSlow] = useState(false);
  const waiting = entry.rollout === null && views.length > 0 && views.every((view) => !view.writing);
  useEffect(() => {
    const timer = setTimeout(() => setSlow(waiting), waiting ? 300 : 0);
    return () => clearTimeout(timer);
  }, [waiting]);
  return (
    <section className="candidates-prompt" aria-label={entry.instruction}>
      <PromptHead
        purpose={entry.purpose}
        iteration={entry.iteration}
        arm={entry.arm}
        position={entry.position}
        instruction={entry.instruction}
        rollout={entry.rollout}
        waiting={slow}
      />
      <div className="cards">
        {views.map((view) => (
          <CandidateCard key={view.index} view={view} foldThoughts={foldThoughts} />
        ))}
      </div>
    </section>
  );
}

/** Facts about the judge in the iteration shown, or in the one before while nothing has been judged yet. */
function Facts({ entry }: { readonly entry: PromptEntry }) {
  const iterations = useStore(currentRunStore, (state) => state.iterations);
  const judging = useStore(currentRunStore, (state) => state.judging);
  const known = iterations.filter(
    (one) => one.arm === entry.arm && one.iteration <= entry.iteration && one.judge !== undefined,
  );
  const last = known.at(-1);
  const now = judging?.iteration === entry.iteration && judging.arm === entry.arm ? judging.facts : undefined;
  const facts = last?.iteration === entry.iteration ? last.judge : (now ?? last?.judge);
  return facts === undefined ? null : (
    <div className="candidates-facts">
      <JudgeFactsLine facts={facts} />
    </div>
  );
}

function Empty() {
  return (
    <p className="candidates-empty">
      The candidates of each prompt appear here while the model generates them: the thoughts, the responses, the
      judge’s scores, and the pair of candidates that the model learns from.
    </p>
  );
}
