import { Pencil, Play, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { recipeToQuery } from '../../recipe/encoding';
import type { RunDetail } from '../../records/runs';
import { resumeRun } from '../../state/actions';
import { formatRoute, go } from '../../state/route';
import { isActive, useRun } from '../../state/run';
import { deleteRun, renameRun } from '../../state/runs';
import { Button, IconButton } from '../../ui/Button';
import { bytes, moment } from '../../ui/format';
import { Notice } from '../../ui/Notice';
import { Evaluations } from './Evaluations';
import { Exports } from './Exports';
import { JudgeSection } from './JudgeSection';
import { RunCurves } from './RunCurves';
import { recipeLine } from './recipe-line';

interface Props {
  readonly detail: RunDetail;
  /** Compared with, in the order chosen. */
  readonly others: readonly RunDetail[];
}

export function RunView({ detail, others }: Props) {
  const { summary } = detail;
  const active = useRun((state) => isActive(state));
  const here = useRun((state) => isActive(state) && state.run?.id === summary.id);
  const unfinished = summary.status !== 'finished' && !here;
  return (
    <div className="run-view">
      <header className="run-head">
        <RunName key={summary.id} id={summary.id} name={summary.name} />
        <p className="quiet">
          {moment(summary.created)} · {summary.device} · {bytes(summary.bytes)} · {recipeLine(summary.recipe)}
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
              <Play aria-hidden="true" /> Go on
            </Button>
          )}
          <Exports run={summary} />
          <a className="button button-plain" href={formatRoute({ place: 'pairs', run: summary.id, vote: false })}>
            Its pairs
          </a>
          <a
            className="button button-plain"
            href={formatRoute({ place: 'lab', query: recipeToQuery(summary.recipe) })}
          >
            Take its recipe to the Lab
          </a>
          <Button
            look="danger"
            disabled={here}
            title={here ? 'It is running' : 'You can undo this for a few seconds'}
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
      <section className="panel run-section" aria-label="Curves">
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
        // biome-ignore lint/a11y/noAutofocus: the reader asked to rename
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
