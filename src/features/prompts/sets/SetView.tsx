import { Download, Trash2 } from 'lucide-react';
import { useEffect, useMemo, useState } from 'react';
import type { PromptSetInfo } from '../../../records/prompt-sets';
import type { Prompt } from '../../../records/prompts';
import {
  deletePromptSet,
  evaluateOn,
  exportPromptSet,
  measureSet,
  openSet,
  trainOn,
} from '../../../state/prompts/prompt-actions';
import { lengthsKey, promptsStore } from '../../../state/prompts/prompts';
import { useStore } from '../../../state/react';
import { formatRoute, go } from '../../../state/session/route';
import { sessionStore } from '../../../state/session/session';
import { Button } from '../../../ui/Button';
import { plural } from '../../../ui/format';
import { Notice } from '../../../ui/Notice';
import { saveText } from '../../../ui/save';
import { Categories, categoriesOf } from './Categories';
import { Lengths } from './Lengths';
import { answersSentence, originSentence } from './prompt-set-words';
import { RowTable } from './RowTable';
import { SetName } from './SetName';

export function SetView({ set }: { readonly set: PromptSetInfo }) {
  const rows = useStore(promptsStore, (state) => state.rows.get(set.id) ?? null);
  const failure = useStore(promptsStore, (state) => state.failure);
  const alreadyStored = useStore(promptsStore, (state) => state.known === set.id);
  useEffect(() => void openSet(set.id), [set.id]);
  return (
    <div className="set-view">
      <header className="set-head">
        <SetName set={set} />
        <p className="quiet">{originSentence(set)}</p>
        <Actions set={set} />
      </header>
      {alreadyStored && (
        <Notice
          look="offer"
          message="These prompts are already stored, under this name."
          advice="Nothing new was stored, and the set is unchanged."
        />
      )}
      {failure !== null && <Notice look="failure" message={failure.message} advice={failure.advice} />}
      {rows === null ? (
        failure === null && <p className="quiet">Reading {plural(set.rows, 'prompt')} …</p>
      ) : (
        <Rows set={set} rows={rows} />
      )}
    </div>
  );
}

function Actions({ set }: { readonly set: PromptSetInfo }) {
  const { prompts, heldout } = useStore(sessionStore, (session) => session.recipe);
  return (
    <div className="set-actions">
      <UseButton
        used={prompts === set.id}
        labels={['Use for training', 'Used for training']}
        onUse={() => trainOn(set.id)}
      />
      <UseButton
        used={heldout === set.id}
        labels={['Use as held-out set', 'Used as held-out set']}
        onUse={() => evaluateOn(set.id)}
      />
      <Button
        onClick={async () => {
          const jsonl = await exportPromptSet(set.id);
          if (jsonl !== undefined) saveText(`${set.id}.jsonl`, 'application/jsonl', jsonl);
        }}
      >
        <Download aria-hidden="true" /> Export, JSON Lines
      </Button>
      {!set.bundled && (
        <Button
          look="danger"
          title="You can undo this for a few seconds"
          onClick={async () => {
            if (await deletePromptSet(set.id)) go({ place: 'prompts', show: null });
          }}
        >
          <Trash2 aria-hidden="true" /> Delete
        </Button>
      )}
    </div>
  );
}

interface UseProps {
  readonly used: boolean;
  readonly labels: readonly [use: string, used: string];
  readonly onUse: () => void;
}

function UseButton({ used, labels: [use, already], onUse }: UseProps) {
  if (!used) return <Button onClick={onUse}>{use}</Button>;
  return (
    <a className="button set-used" href={formatRoute({ place: 'lab', query: '' })} title="Show the recipe in the Lab">
      {already}
    </a>
  );
}

function Rows({ set, rows }: { readonly set: PromptSetInfo; readonly rows: readonly Prompt[] }) {
  const [category, setCategory] = useState<string | null>(null);
  const inTokens = useStore(promptsStore, (state) => state.inTokens);
  const model = useStore(sessionStore, (session) => session.recipe.model);
  const unit = inTokens ? model : null;
  const lengths = useStore(promptsStore, (state) => state.lengths.get(lengthsKey(set.id, unit)) ?? null);
  useEffect(() => void measureSet(set.id, unit), [set.id, unit]);
  const categories = useMemo(() => categoriesOf(rows), [rows]);
  const answers = useMemo(() => rows.filter(({ answer }) => answer !== undefined).length, [rows]);
  const checked = useMemo(
    () => rows.filter(({ check, checks }) => check !== undefined || checks !== undefined).length,
    [rows],
  );
  return (
    <>
      <div className="set-figures">
        <section className="panel prompts-section" aria-label="Lengths">
          <Lengths
            lengths={lengths}
            model={model}
            onUnit={(tokens) => promptsStore.setState({ inTokens: tokens })}
            inTokens={inTokens}
          />
        </section>
        <section className="panel prompts-section" aria-labelledby="categories-title">
          <h2 id="categories-title">Categories</h2>
          <Categories categories={categories} total={rows.length} chosen={category} onChoose={setCategory} />
          <p className="quiet">{answersSentence(answers, checked)}</p>
        </section>
      </div>
      <RowTable
        rows={rows}
        categories={categories.map(({ name }) => name)}
        category={category}
        onCategory={setCategory}
      />
    </>
  );
}
