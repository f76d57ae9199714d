/**
 * Transfers of models into the browser's storage: downloads from the Hub, which can be resumed, and copies of local
 * files.
 */
import { checkToken, type Hub } from '../../hub/ask-hub';
import { fetchFile, PATIENCE, type Patience } from '../../hub/fetch-file';
import { gated } from '../../hub/hub-errors';
import { LabError, toFailure } from '../../lib/errors';
import { sha256 } from '../../lib/sha256';
import type { ModelDescription } from '../../model/language-model';
import { hubModelId, localModelId } from '../../recipe/model-id';
import type { LabEvent } from '../../records/events';
import type { Download, HubOffer } from '../../records/models';
import type { ModelStore } from '../../storage/models/model-store';
import type { ModelOrigin, StoredModel, Transfer } from '../../storage/schema';
import { type LocalModel, localModel } from './local-files';
import { downloadOf, type FetchRest, RunningTransfer, sizeOf, sum } from './transfer';

export interface TransfersParts {
  readonly store: ModelStore;
  readonly hub: Hub;
  /** Loads the Hub's client, which is large. Listing transfers does not need it. */
  hubModels(): Promise<Pick<typeof import('../../hub/look-up'), 'filesOf'>>;
  readonly patience?: Patience;
  emit(event: LabEvent): void;
  /** Describes a model from its files. @throws LabError bad-file, unsupported-model */
  describe(model: Pick<StoredModel, 'id' | 'files'>): Promise<ModelDescription>;
}

/** The reasons with which a transfer's signal is aborted. */
const PAUSED = 'paused';
const CANCELLED = 'cancelled';

export class Transfers {
  /** The transfers that are running in this tab, by id. */
  private readonly running = new Map<string, RunningTransfer>();
  private last: Promise<unknown> = Promise.resolve();

  constructor(private readonly parts: TransfersParts) {}

  async list(): Promise<readonly Download[]> {
    const transfers = await this.parts.store.transfers();
    return Promise.all(transfers.map((transfer) => this.shown(transfer)));
  }

  /**
   * Begins a download, or resumes it if it was begun before.
   * @throws LabError gated, storage-full, hub-failed, running-elsewhere
   */
  async download(offer: HubOffer, choice: string, token: string | null): Promise<Download> {
    const { store, hub } = this.parts;
    const { repository, revision, licence } = offer;
    const accessToken = checkToken(token);
    if (offer.gated && accessToken === null) throw gated(repository, false);
    const id = hubModelId(repository, revision, choice);
    const { filesOf } = await this.parts.hubModels();
    const files = (await filesOf(hub, offer, choice, accessToken)).map((file) => ({
      ...file,
      sha256: null,
      partial: crypto.randomUUID(),
    }));
    const name = repository.slice(repository.indexOf('/') + 1);
    const fresh: Transfer = {
      ...{ id, name, source: 'hub', repository, revision, choice, licence, created: Date.now() },
      ...{ files, failure: null },
    };
    return this.inTurn(async () => this.begin((await store.transfer(id)) ?? fresh, accessToken));
  }

  /** Resolves when everything received so far is stored. @throws LabError running-elsewhere */
  async pause(id: string): Promise<void> {
    const running = await this.here(id);
    // A copy of local files cannot be resumed, so it is not paused.
    if (running?.transfer.source !== 'hub') return;
    running.abort.abort(PAUSED);
    await running.ended;
  }

  /** @throws LabError not-found, gated, storage-full, running-elsewhere */
  async resume(id: string, token: string | null): Promise<void> {
    const accessToken = checkToken(token);
    await this.inTurn(async () => {
      const transfer = await this.parts.store.transfer(id);
      if (transfer === null) throw noTransfer();
      await this.begin(transfer, accessToken);
    });
  }

  /** Ends a transfer and deletes what was received. @throws LabError running-elsewhere */
  async cancel(id: string): Promise<void> {
    const running = await this.here(id);
    running?.abort.abort(CANCELLED);
    await running?.ended;
    await this.parts.store.dropTransfer(id);
    this.parts.emit({ type: 'models' });
  }

  /**
   * Copies a model from the user's files, and keeps it only if it can be used.
   * @returns its id
   * @throws LabError bad-file, unsupported-model, storage-full
   */
  async addLocal(files: readonly File[]): Promise<string> {
    const { store, emit } = this.parts;
    const local = await localModel(files);
    const transfer: Transfer = {
      ...{
        id: `local/${crypto.randomUUID()}`,
        name: local.name,
        source: 'local',
        choice: 'local',
        created: Date.now(),
      },
      ...{ repository: null, revision: null, licence: null, failure: null },
      files: local.files.map(({ name, file }) => ({
        ...{ name, bytes: file.size, digest: null, sha256: null },
        partial: crypto.randomUUID(),
      })),
    };
    await store.makeSureOfRoom(sizeOf(transfer));
    const running = this.run(transfer, new Map());
    const adding = store.alone(transfer.id, async () => {
      await store.putTransfer(transfer);
      emit({ type: 'models' });
      try {
        return await this.keepLocal(running, await running.fetchAll(copyOf(local)));
      } catch (error) {
        await store.dropTransfer(transfer.id);
        throw running.abort.signal.aborted ? cancelled(local.name) : error;
      } finally {
        this.running.delete(transfer.id);
        emit({ type: 'models' });
      }
    });
    running.ended = adding.then(
      () => {},
      () => {},
    );
    return (await adding) ?? transfer.id;
  }

  /** @returns the model's id, which is made from its content */
  private async keepLocal(running: RunningTransfer, files: StoredModel['files']): Promise<string> {
    const { transfer, abort } = running;
    const list = [...files].sort((a, b) => (a.name < b.name ? -1 : 1)).map((file) => `${file.sha256}  ${file.name}\n`);
    const id = localModelId(transfer.name, await sha256(new TextEncoder().encode(list.join(''))));
    const description = await this.parts.describe({ id, files });
    abort.signal.throwIfAborted();
    await this.parts.store.finish(transfer.id, { ...originOf(transfer), id, files, description });
    return id;
  }

  /** Runs a transfer, unless it is running already. @throws LabError storage-full, running-elsewhere */
  private async begin(transfer: Transfer, token: string | null): Promise<Download> {
    const { store, emit } = this.parts;
    const { id } = transfer;
    const already = await this.here(id);
    if (already) return already.shown();
    const received = await store.received(transfer);
    await store.makeSureOfRoom(await this.missing(transfer, received));
    const started = { ...transfer, failure: null };
    await store.putTransfer(started);
    const running = this.run(started, received);
    emit({ type: 'models' });
    const end = async () => {
      // From now on, `list` shows what is stored.
      this.running.delete(id);
      const left = await store.transfer(id);
      if (left === null || running.abort.signal.reason === CANCELLED) emit({ type: 'models' });
      // The lock does not show this: this tab may not have released it yet.
      else emit({ type: 'download', download: downloadOf(left, await store.received(left), false) });
    };
    running.ended = store.alone(id, () => this.drive(running, this.fromHub(started, token))).then(end, end);
    return running.shown();
  }

  /** Never rejects: an error becomes the transfer's failure. */
  private async drive(running: RunningTransfer, fetchRest: FetchRest): Promise<void> {
    const { store, describe } = this.parts;
    const { id } = running.transfer;
    try {
      const files = await running.fetchAll(fetchRest);
      // The files are what the Hub has. Keep them even if this version of the page cannot use them.
      const description = await describe({ id, files }).catch(() => null);
      if (running.abort.signal.reason === CANCELLED) return;
      await store.finish(id, { ...originOf(running.transfer), files, description });
    } catch (error) {
      const { aborted } = running.abort.signal;
      await store.putTransfer({ ...running.transfer, failure: aborted ? null : toFailure(error) });
    }
  }

  private fromHub({ repository, revision }: Transfer, token: string | null): FetchRest {
    const { hub, patience = PATIENCE } = this.parts;
    return ({ name, bytes }, into, { signal, progress }) => {
      const url = `${hub.url}/${repository}/resolve/${revision}/${name.split('/').map(encodeURIComponent).join('/')}`;
      const transport = { fetch: hub.fetch, token, patience, signal, onProgress: progress };
      return fetchFile({ url, name, repository: repository ?? '', bytes }, into, transport);
    };
  }

  private run(transfer: Transfer, received: ReadonlyMap<string, number>): RunningTransfer {
    const { store, emit } = this.parts;
    const onProgress = (download: Download) => emit({ type: 'download', download });
    const running = new RunningTransfer(transfer, received, { store, onProgress });
    this.running.set(transfer.id, running);
    return running;
  }

  /** The transfer if it is running in this tab. @throws LabError running-elsewhere: it is running in another tab */
  private async here(id: string): Promise<RunningTransfer | undefined> {
    const running = this.running.get(id);
    if (running === undefined && (await this.parts.store.isMoving(id))) {
      throw new LabError(
        'running-elsewhere',
        'Another tab is downloading this model.',
        'Pause, resume or cancel the download there, or close that tab.',
      );
    }
    return running;
  }

  private async shown(transfer: Transfer): Promise<Download> {
    const { store } = this.parts;
    const running = this.running.get(transfer.id);
    if (running) return running.shown();
    return downloadOf(transfer, await store.received(transfer), await store.isMoving(transfer.id));
  }

  /** Bytes that must still be stored. */
  private async missing(transfer: Transfer, received: ReadonlyMap<string, number>): Promise<number> {
    const { store } = this.parts;
    let bytes = sizeOf(transfer) - sum(received.values());
    for (const file of transfer.files) {
      if (file.sha256 !== null || file.digest?.kind !== 'sha256') continue;
      if (await store.has({ sha256: file.digest.hex, bytes: file.bytes })) bytes -= file.bytes;
    }
    return bytes;
  }

  /** Runs calls that begin a transfer one after the other, so that a second click finds what the first has begun. */
  private inTurn<T>(body: () => Promise<T>): Promise<T> {
    const turn = this.last.then(body, body);
    this.last = turn;
    return turn;
  }
}

function copyOf({ files }: LocalModel): FetchRest {
  return async ({ name }, into, { signal, progress }) => {
    const file = files.find((each) => each.name === name)?.file ?? new File([], name);
    const reader = file.stream().getReader();
    for (;;) {
      signal.throwIfAborted();
      const { done, value } = await reader.read().catch((cause: unknown) => {
        throw new LabError(
          'bad-file',
          `${name} could not be read.`,
          'Nothing was kept. Choose it again; it may have changed.',
          {
            cause,
          },
        );
      });
      if (done) return;
      await into.append(value);
      progress(into.received);
    }
  };
}

function originOf({ id, name, source, repository, revision, choice, licence, created }: ModelOrigin): ModelOrigin {
  return { id, name, source, repository, revision, choice, licence, created };
}

const cancelled = (name: string): LabError =>
  new LabError('bad-file', `The copy of ${name} was cancelled.`, 'Nothing was kept.');

const noTransfer = (): LabError =>
  new LabError(
    'not-found',
    'This download does not exist any more.',
    'It may have ended or been cancelled in another tab.',
  );
