import { Pencil } from 'lucide-react';
import { useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import type { PromptSetInfo } from '../../../records/prompt-sets';
import { renamePromptSet } from '../../../state/prompts/prompt-actions';
import { Button, IconButton } from '../../../ui/Button';

/** The name of a prompt set. Bundled sets cannot be renamed. */
export function SetName({ set: { id, name, bundled } }: { readonly set: PromptSetInfo }) {
  const [edited, setEdited] = useState<string | null>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const close = () => {
    flushSync(() => setEdited(null));
    heading.current?.querySelector('button')?.focus();
  };
  if (edited === null) {
    return (
      <h1 className="set-title" ref={heading}>
        {name}
        {!bundled && (
          <IconButton label="Rename" onClick={() => setEdited(name)}>
            <Pencil />
          </IconButton>
        )}
      </h1>
    );
  }
  return (
    <form
      className="set-rename"
      onSubmit={(event) => {
        event.preventDefault();
        const next = edited.trim();
        close();
        if (next !== '' && next !== name) void renamePromptSet(id, next);
      }}
    >
      <input
        className="input"
        aria-label="Name of the set"
        // biome-ignore lint/a11y/noAutofocus: the user asked to rename
        autoFocus
        maxLength={120}
        value={edited}
        onChange={(event) => setEdited(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape') close();
        }}
      />
      <Button type="submit">Rename</Button>
    </form>
  );
}
