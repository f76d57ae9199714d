import { FlaskConical } from 'lucide-react';
import { useStore } from '../../state/react';
import { currentRunStore, isIdle } from '../../state/runs/current-run';
import { drySampleStore, isSampling, startDrySample } from '../../state/runs/dry-sample';
import { canStart, sessionStore } from '../../state/session/session';
import { Button } from '../../ui/Button';

/** Samples a few completions with the current recipe, before a run is started. */
export function TryFormat() {
  const taking = useStore(drySampleStore, isSampling);
  const ready = useStore(sessionStore, canStart);
  const idle = useStore(currentRunStore, isIdle);
  return (
    <Button className="button-small" disabled={taking || !ready || !idle} onClick={startDrySample}>
      <FlaskConical aria-hidden="true" /> {taking ? 'Trying …' : 'Try the format on 8 prompts'}
    </Button>
  );
}
