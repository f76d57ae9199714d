import { Download } from 'lucide-react';
import type { HubChoice, HubOffer } from '../../records/models';
import { startDownload } from '../../state/model-actions';
import { useModels } from '../../state/models';
import { useSession } from '../../state/session';
import { Button } from '../../ui/Button';
import { bytes, plural } from '../../ui/format';
import { TokenField } from './TokenField';

interface Props {
  readonly offer: HubOffer;
  /** Stands first, where it is among the choices. */
  readonly wanted: string | null;
}

/** What a repository has at one commit: each choice with its size on the button that fetches it. */
export function Offer({ offer, wanted }: Props) {
  const token = useModels((state) => state.token);
  const { repository, revision, licence, gated } = offer;
  const choices = offer.choices.toSorted(
    (a, b) => Number(b.name === wanted) - Number(a.name === wanted) || a.bytes - b.bytes,
  );
  return (
    <div className="offer">
      <h3>{repository}</h3>
      <p className="model-facts">
        <code title={`Commit ${revision}`}>@{revision.slice(0, 7)}</code> · {licence ?? 'no licence named'}
        {gated && (
          <>
            {' '}
            <span className="tag">gated</span>
          </>
        )}
      </p>
      {gated && (
        <>
          <p>Its owner gives it to those who accepted its licence on the Hub.</p>
          <TokenField />
        </>
      )}
      {wanted !== null && choices.every(({ name }) => name !== wanted) && (
        <p className="models-about">{wanted} is not among its files any more.</p>
      )}
      {choices.length === 0 && <p>It has no files that the lab reads.</p>}
      <ul className="choices">
        {choices.map((choice) => (
          <Choice
            key={choice.name}
            offer={offer}
            choice={choice}
            locked={gated && token === ''}
            first={choice.name === wanted || choices.length === 1}
          />
        ))}
      </ul>
    </div>
  );
}

interface ChoiceProps {
  readonly offer: HubOffer;
  readonly choice: HubChoice;
  /** A token is needed first. */
  readonly locked: boolean;
  /** The one to take, unless the reader knows better. */
  readonly first: boolean;
}

function Choice({ offer, choice, locked, first }: ChoiceProps) {
  const id = `hub/${offer.repository}@${offer.revision}/${choice.name}`;
  const stored = useModels((state) => state.list?.some((model) => model.id === id) ?? false);
  const coming = useModels((state) => state.downloads.some((download) => download.id === id));
  const storage = useSession((session) => session.storage);
  const free = storage === null || storage.quota === 0 ? null : Math.max(0, storage.quota - storage.usage);
  const fits = free === null || choice.bytes <= free;
  return (
    <li className="choice">
      <span className="choice-type">{typeOf(choice.name)}</span>
      {stored ? (
        <span className="tag">stored here</span>
      ) : coming ? (
        <span className="tag">on its way</span>
      ) : (
        <Button
          look={first ? 'primary' : 'plain'}
          disabled={!fits || locked}
          onClick={() => startDownload(offer, choice)}
          aria-label={`Download ${bytes(choice.bytes)}: ${choice.name}`}
        >
          <Download aria-hidden="true" /> Download {bytes(choice.bytes)}
        </Button>
      )}
      <span className="choice-about">
        {choice.files.length > 1 ? plural(choice.files.length, 'file') : choice.name}
        {!fits && free !== null && (
          <span className="choice-unfit"> Does not fit: {bytes(free)} are free. Delete a model or a run first.</span>
        )}
      </span>
    </li>
  );
}

/** How most of a GGUF's values are stored, as its name says: `Llama-3.2-1B-Instruct-Q4_K_M.gguf` → Q4_K_M. */
function typeOf(choice: string): string {
  return /[-.]((?:I?Q\d|B?F16|F32)\w*)\.gguf$/i.exec(choice)?.[1]?.toUpperCase() ?? choice;
}
