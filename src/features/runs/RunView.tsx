import { Pencil, Play, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { recipeToQuery } from '../../recipe/encoding';
import type { RunDetail } from '../../records/runs';
import { useStore } from '../../state/react';
import { currentRunStore, isActive } from '../../state/runs/current-run';
import { resumeRun } from '../../state/runs/run-actions';
import { deleteRun, renameRun } from '../../state/runs/stored-runs';
import { formatRoute, go } from '../../state/session/route';
import { Button, IconButton } from '../../ui/Button';
import { bytes, moment, plural } from '../../ui/format';
import { Notice } from '../../ui/Notice';
import { Exports } from './Exports';
import { Evaluations } from './evaluations/Evaluations';
import { JudgeSection } from './evaluations/JudgeFactsList';
import { RunCurves } from './RunCurves';
import { recipeLine } from './RunList';

interface Props {
  readonly detail: RunDetail;
  /** Runs to compare with, in the order in which they were chosen. */
  readonly others: readonly RunDetail[];
}

export function RunView({ detail, others }: Props) {
  const { summary } = detail;
  const active = useStore(currentRunStore, (state) => isActive(state));
  const here = useStore(currentRunStore, (state) => isActive(state) && state.run?.id === summary.id);
  const unfinished = summary.status !== 'finished' && !here;
  return (
    <div className="run-view">
      <header className="run-head">
        <RunName key={summary.id} id={summary.id} name={summary.name} />
        <p className="quiet">
          {moment(summary.created)} · {summary.device} · {bytes(summary.bytes)} · {recipeLine(summary.recipe)}
          {summary.lanes !== undefined && ` · ${plural(summary.lanes, 'lane')}`}
        </p>
        <div className="run-actions">
          {unfinished && (
            <Button
              look="primary"
              disabled={active}
              onClick={() => {
                go({ place: 'lab', query: '' });
                void resumeRun(summary.id);
              }}
            >
              <Play aria-hidden="true" /> Continue
            </Button>
          )}
          <Exports run={summary} />
          <a className="button button-plain" href={formatRoute({ place: 'pairs', run: summary.id, vote: false })}>
            View pairs
          </a>
          <a
            className="button button-plain"
            href={formatRoute({ place: 'lab', query: recipeToQuery(summary.recipe) })}
          >
            Use its recipe in the Lab
          </a>
          <Button
            look="danger"
            disabled={here}
            title={here ? 'The run is active' : 'You can undo this for a few seconds'}
            onClick={() => {
              deleteRun(summary.id);
              go({ place: 'runs', run: null, others: [] });
            }}
          >
            <Trash2 aria-hidden="true" /> Delete
          </Button>
        </div>
      </header>
      {summary.failure !== null && (
        <Notice look="failure" message={summary.failure.message} advice={summary.failure.advice} />
      )}
      {detail.warnings.map((warning) => (
        <Notice
          key={`${warning.code} ${warning.message}`}
          look="warning"
          message={warning.message}
          advice={warning.advice}
        />
      ))}
      <section className="panel run-section" aria-label="Charts">
        <RunCurves runs={[detail, ...others]} />
      </section>
      <Evaluations key={`evaluations of ${summary.id}`} detail={detail} others={others} />
      <JudgeSection detail={detail} />
    </div>
  );
}

function RunName({ id, name }: { readonly id: string; readonly name: string }) {
  const [edited, setEdited] = useState<string | null>(null);
  if (edited === null) {
    return (
      <h1 className="run-title">
        {name}
        <IconButton label="Rename" onClick={() => setEdited(name)}>
          <Pencil />
        </IconButton>
      </h1>
    );
  }
  const save = () => {
    const next = edited.trim();
    setEdited(null);
    if (next !== '' && next !== name) void renameRun(id, next);
  };
  return (
    <form
      className="run-rename"
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
    >
      <input
        className="input"
        aria-label="Name of the run"
        // biome-ignore lint/a11y/noAutofocus: the user asked to rename
        autoFocus
        maxLength={120}
        value={edited}
        onChange={(event) => setEdited(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape') setEdited(null);
        }}
      />
      <Button type="submit">Rename</Button>
    </form>
  );
}
