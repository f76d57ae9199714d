import { FlaskConical } from 'lucide-react';
import { isTaking, useDrySample } from '../../state/dry-sample';
import { canTry, tryFormat } from '../../state/dry-sample-actions';
import { useRun } from '../../state/run';
import { useSession } from '../../state/session';
import { Button } from '../../ui/Button';

/** Samples a few completions with the current recipe, before a run is started. */
export function TryFormat() {
  const taking = useDrySample(isTaking);
  const session = useSession();
  const run = useRun();
  return (
    <Button className="button-small" disabled={taking || !canTry(session, run)} onClick={tryFormat}>
      <FlaskConical aria-hidden="true" /> {taking ? 'Trying …' : 'Try the format on 8 prompts'}
    </Button>
  );
}
