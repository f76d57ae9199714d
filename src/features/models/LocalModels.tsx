import { FileUp, FolderUp } from 'lucide-react';
import { useRef } from 'react';
import { addLocalModel, type LocalFiles } from '../../state/models/model-actions';
import { modelsStore } from '../../state/models/models';
import { useStore } from '../../state/react';
import { Button } from '../../ui/Button';
import { bytes } from '../../ui/format';
import { Meter } from '../../ui/Meter';
import { FailureText } from '../../ui/Notice';
import { pickedFolder } from './picked-files';

/** React supports this attribute, but its types do not declare it. */
const PICK_FOLDER = { webkitdirectory: '' };

/** Adds models from the user's files, dropped anywhere on the page or picked. */
export function LocalModels({ over }: { readonly over: boolean }) {
  const adding = useStore(modelsStore, (state) => state.adding);
  const failure = useStore(modelsStore, (state) => state.addFailure);
  const folder = useRef<HTMLInputElement>(null);
  const files = useRef<HTMLInputElement>(null);
  const add = async (input: HTMLInputElement, of: (picked: readonly File[]) => LocalFiles) => {
    const picked = [...(input.files ?? [])];
    input.value = '';
    if (picked.length > 0) await addLocalModel(of(picked));
  };
  return (
    <section className="panel models-section models-drop" data-over={over} aria-labelledby="local-title">
      <h2 id="local-title">From this machine</h2>
      {adding === null ? (
        <>
          <p>
            {over
              ? 'Drop it to add the model.'
              : 'Drop a model folder or a GGUF file anywhere on this page. It is copied into the ' +
                'browser’s storage and does not leave this machine.'}
          </p>
          <div className="models-buttons">
            <Button onClick={() => folder.current?.click()}>
              <FolderUp aria-hidden="true" /> Choose a folder
            </Button>
            <Button onClick={() => files.current?.click()}>
              <FileUp aria-hidden="true" /> Choose files
            </Button>
          </div>
        </>
      ) : (
        <div className="models-adding" role="status">
          <p className="tabular">
            Copying <strong>{adding.name}</strong>: about {bytes(adding.copied)} of {bytes(adding.bytes)}
          </p>
          <Meter share={adding.bytes === 0 ? 0 : adding.copied / adding.bytes} label={`Copying ${adding.name}`} />
        </div>
      )}
      {failure !== null && <FailureText failure={failure} />}
      <input
        ref={folder}
        type="file"
        aria-label="Folder of a model"
        hidden
        {...PICK_FOLDER}
        onChange={(event) => void add(event.currentTarget, pickedFolder)}
      />
      <input
        ref={files}
        type="file"
        accept=".gguf,.safetensors,.onnx,.json,.jinja"
        aria-label="Files of a model"
        multiple
        hidden
        onChange={(event) =>
          void add(event.currentTarget, (picked) => ({ name: picked[0]?.name ?? '', files: picked }))
        }
      />
    </section>
  );
}
