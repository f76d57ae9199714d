import { useState } from 'react';
import { useStore } from '../../state/react';
import { sessionStore } from '../../state/session/session';
import { persistStorage } from '../../state/session/session-actions';
import { Button } from '../../ui/Button';
import { bytes } from '../../ui/format';
import { Meter } from '../../ui/Meter';

/** How much the browser keeps for this page, how much more it would, and whether it may throw it away. */
export function StorageLine() {
  const storage = useStore(sessionStore, (session) => session.storage);
  const [asked, setAsked] = useState(false);
  if (storage === null || storage.quota === 0) return null;
  const { usage, quota, persisted } = storage;
  return (
    <div className="storage-line">
      <p className="tabular">
        <strong>{bytes(usage)}</strong> stored, <strong>{bytes(Math.max(0, quota - usage))}</strong> free.{' '}
        {persisted
          ? 'Kept until you delete it.'
          : asked
            ? 'The browser did not promise to keep it; it more often does for pages that are bookmarked or installed.'
            : 'The browser may clear it when the disk fills.'}
      </p>
      {!persisted && (
        <Button
          className="button-small"
          onClick={async () => {
            await persistStorage();
            setAsked(true);
          }}
        >
          Ask to keep it
        </Button>
      )}
      <Meter share={usage / quota} label="Storage used" />
    </div>
  );
}
