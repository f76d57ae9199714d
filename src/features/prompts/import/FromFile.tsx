import { FileUp } from 'lucide-react';
import { useRef, useState } from 'react';
import { readPrompts } from '../../../state/prompts/prompt-actions';
import { Button } from '../../../ui/Button';

/** The user's own file, dropped anywhere on the page or picked, or pasted text. */
export function FromFile({ over }: { readonly over: boolean }) {
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState('');
  return (
    <div className="sources-column">
      <section className="panel prompts-section prompts-drop" data-over={over} aria-labelledby="file-title">
        <h2 id="file-title">From a file</h2>
        <p>{over ? 'Drop it to read the file.' : 'Drop a file anywhere on this page, or choose one.'}</p>
        <Button look="primary" onClick={() => input.current?.click()}>
          <FileUp aria-hidden="true" /> Choose a file
        </Button>
        <p className="quiet">Up to 64 MB of text or 256 MB of Parquet. The first 100,000 rows are read.</p>
        <input
          ref={input}
          type="file"
          accept=".jsonl,.ndjson,.json,.csv,.tsv,.parquet,.txt,.gz"
          aria-label="File of prompts"
          hidden
          onChange={(event) => {
            const [file] = event.currentTarget.files ?? [];
            event.currentTarget.value = '';
            if (file) void readPrompts({ kind: 'file', file });
          }}
        />
      </section>
      <section className="panel prompts-section" aria-labelledby="paste-title">
        <h2 id="paste-title">Paste</h2>
        <form
          className="paste"
          onSubmit={(event) => {
            event.preventDefault();
            void readPrompts({ kind: 'paste', text });
          }}
        >
          <label htmlFor="paste" className="field-label">
            One instruction per line, spreadsheet cells with a header row, or JSON
          </label>
          <textarea
            id="paste"
            className="input"
            rows={5}
            spellCheck={false}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
          />
          <Button type="submit" disabled={text.trim() === ''}>
            Read text
          </Button>
        </form>
      </section>
    </div>
  );
}
