import { useState } from 'react';
import { Button } from '../../ui/Button';
import { CandidateCard } from '../../ui/candidate/CandidateCard';
import { viewsOf } from '../../ui/candidate/candidate-view';
import { PromptHead } from '../../ui/candidate/PromptHead';
import type { Rollout } from '../../worker/protocol';

/** A prompt with its chosen and rejected candidate, and at wish all of them. */
export function PairRow({ rollout }: { readonly rollout: Rollout }) {
  const [all, setAll] = useState(false);
  const views = viewsOf(null, rollout);
  const pair = views.filter((view) => view.mark !== null).toSorted((a) => (a.mark === 'chosen' ? -1 : 1));
  const shown = all || pair.length === 0 ? views : pair;
  return (
    <article className="pair-row">
      <PromptHead
        purpose={rollout.purpose}
        iteration={rollout.iteration}
        arm={rollout.arm}
        position={rollout.position}
        instruction={rollout.prompt.instruction}
        rollout={rollout}
        waiting={false}
      />
      <div className="cards">
        {shown.map((view) => (
          <CandidateCard key={view.index} view={view} foldThoughts={false} />
        ))}
      </div>
      {pair.length > 0 && (
        <Button look="quiet" className="button-small" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? 'Only the pair' : `All ${views.length} candidates`}
        </Button>
      )}
    </article>
  );
}
