import { CirclePause, CirclePlay, X } from 'lucide-react';
import type { Download } from '../../records/models';
import { cancelDownload, continueDownload, pauseDownload } from '../../state/models/model-actions';
import { Button, IconButton } from '../../ui/Button';
import { bytes, duration, percent } from '../../ui/format';
import { Meter } from '../../ui/Meter';
import { FailureText } from '../../ui/Notice';
import { TokenField } from './HubModels';
import { ModelFacts } from './ModelFacts';

/** A download with its progress. It can be paused, survives a reload, and is verified before the model can be used. */
export function DownloadRow({ download }: { readonly download: Download }) {
  const { id, name, choice, status, failure } = download;
  const share = download.bytes === 0 ? 0 : download.received / download.bytes;
  return (
    <li className="model-row model-download">
      <div className="model-what">
        <h3>
          {name} <span className="tag">{STATUS[status]}</span>
        </h3>
        <ModelFacts quantization={choice} repository={download.repository} revision={download.revision} />
      </div>
      <div className="download-progress">
        <p className="tabular">{progressWords(download)}</p>
        <Meter share={share} label={`${name}, ${STATUS[status]}`} />
        {failure !== null && <FailureText failure={failure} />}
        {failure?.code === 'gated' && <TokenField />}
      </div>
      <div className="model-actions">
        {status === 'running' && (
          <Button onClick={() => pauseDownload(id)} aria-label={`Pause ${name}`}>
            <CirclePause aria-hidden="true" /> Pause
          </Button>
        )}
        {(status === 'paused' || status === 'failed') && (
          <Button
            onClick={() => continueDownload(id)}
            aria-label={`${status === 'failed' ? 'Try again' : 'Continue'}: ${name}`}
          >
            <CirclePlay aria-hidden="true" /> {status === 'failed' ? 'Try again' : 'Continue'}
          </Button>
        )}
        <IconButton label={`Cancel ${name}`} onClick={() => cancelDownload(id)}>
          <X />
        </IconButton>
      </div>
    </li>
  );
}

const STATUS: Record<Download['status'], string> = {
  running: 'downloading',
  paused: 'paused',
  checking: 'checking',
  failed: 'interrupted',
};

function progressWords({ status, bytes: all, received, bytesPerSecond, secondsLeft }: Download): string {
  const share = percent(all === 0 ? 0 : received / all, 0);
  if (status === 'checking') return `${bytes(all)} downloaded; checking the SHA-256`;
  const parts = [`${bytes(received)} of ${bytes(all)}`, share];
  if (status === 'running') {
    if (bytesPerSecond !== null) parts.push(`${bytes(bytesPerSecond)}/s`);
    if (secondsLeft !== null) parts.push(`${duration(secondsLeft)} left`);
  }
  return parts.join(' · ');
}
