/** Models on their way into the storage: from the Hub, with pauses and reloads in between, or from the user's own files. */
import { checkToken, type Hub } from '../../hub/ask-hub';
import { fetchFile, PATIENCE, type Patience } from '../../hub/fetch-file';
import { gated } from '../../hub/hub-errors';
import { LabError, toFailure } from '../../lib/errors';
import { sha256 } from '../../lib/sha256';
import type { ModelDescription } from '../../model/describe';
import { hubModelId, localModelId } from '../../recipe/model-id';
import type { LabEvent } from '../../records/events';
import type { Download, HubOffer } from '../../records/models';
import type { ModelStore } from '../../storage/models/model-store';
import type { ModelOrigin, StoredModel, Transfer } from '../../storage/schema';
import { type LocalModel, localModel } from './local-files';
import { type Bring, Moving, resting, sizeOf, sum } from './transfer';

export interface TransferParts {
  readonly store: ModelStore;
  readonly hub: Hub;
  readonly patience?: Patience;
  emit(event: LabEvent): void;
  /** What a model's files say. @throws LabError bad-file, unsupported-model */
  describe(model: Pick<StoredModel, 'id' | 'files'>): Promise<ModelDescription>;
}

/** Why a transfer's signal is aborted. */
const PAUSED = 'paused';
const CANCELLED = 'cancelled';

export class Transfers {
  private readonly moving = new Map<string, Moving>();
  private last: Promise<unknown> = Promise.resolve();

  constructor(private readonly parts: TransferParts) {}

  async list(): Promise<readonly Download[]> {
    const transfers = await this.parts.store.transfers();
    return Promise.all(transfers.map((transfer) => this.shown(transfer)));
  }

  /** Begins, or goes on where an earlier visit began. @throws LabError gated, storage-full, hub-failed, running-elsewhere */
  async download(offer: HubOffer, choice: string, token: string | null): Promise<Download> {
    const { store, hub } = this.parts;
    const { repository, revision, licence } = offer;
    const accessToken = checkToken(token);
    if (offer.gated && accessToken === null) throw gated(repository, false);
    const id = hubModelId(repository, revision, choice);
    // Loaded when the Hub is first asked: its client is large.
    const { filesOf } = await import('../../hub/look-up');
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

  /** Resolves when all that came is safe. @throws LabError running-elsewhere */
  async pause(id: string): Promise<void> {
    const moving = await this.here(id);
    // A copy of local files cannot go on, so it does not pause.
    if (moving?.transfer.source !== 'hub') return;
    moving.abort.abort(PAUSED);
    await moving.ended;
  }

  /** @throws LabError not-found, gated, storage-full, running-elsewhere */
  async goOn(id: string, token: string | null): Promise<void> {
    const accessToken = checkToken(token);
    await this.inTurn(async () => {
      const transfer = await this.parts.store.transfer(id);
      if (transfer === null) throw noTransfer();
      await this.begin(transfer, accessToken);
    });
  }

  /** Ends it and deletes what came. @throws LabError running-elsewhere */
  async cancel(id: string): Promise<void> {
    const moving = await this.here(id);
    moving?.abort.abort(CANCELLED);
    await moving?.ended;
    await this.parts.store.dropTransfer(id);
    this.parts.emit({ type: 'models' });
  }

  /** Copies, looks whether it is a model that the lab reads, and keeps it only then. @returns its id. @throws LabError */
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
    const moving = this.move(transfer, new Map());
    const adding = store.alone(transfer.id, async () => {
      await store.putTransfer(transfer);
      emit({ type: 'models' });
      try {
        return await this.keepLocal(moving, await moving.bringAll(copyOf(local)));
      } catch (error) {
        await store.dropTransfer(transfer.id);
        throw moving.abort.signal.aborted ? cancelled(local.name) : error;
      } finally {
        this.moving.delete(transfer.id);
        emit({ type: 'models' });
      }
    });
    moving.ended = adding.then(
      () => {},
      () => {},
    );
    return (await adding) ?? transfer.id;
  }

  /** @returns its id, by its content */
  private async keepLocal(moving: Moving, files: StoredModel['files']): Promise<string> {
    const { transfer, abort } = moving;
    const list = [...files].sort((a, b) => (a.name < b.name ? -1 : 1)).map((file) => `${file.sha256}  ${file.name}\n`);
    const id = localModelId(transfer.name, await sha256(new TextEncoder().encode(list.join(''))));
    const description = await this.parts.describe({ id, files });
    abort.signal.throwIfAborted();
    await this.parts.store.finish(transfer.id, { ...originOf(transfer), id, files, description });
    return id;
  }

  /** Moves it on, unless it moves. @throws LabError storage-full, running-elsewhere */
  private async begin(transfer: Transfer, token: string | null): Promise<Download> {
    const { store, emit } = this.parts;
    const { id } = transfer;
    const already = await this.here(id);
    if (already) return already.shown();
    const came = await store.received(transfer);
    await store.makeSureOfRoom(await this.missing(transfer, came));
    const going = { ...transfer, failure: null };
    await store.putTransfer(going);
    const moving = this.move(going, came);
    emit({ type: 'models' });
    const end = async () => {
      // Who asks from now on is told what is stored.
      this.moving.delete(id);
      const left = await store.transfer(id);
      if (left === null || moving.abort.signal.reason === CANCELLED) emit({ type: 'models' });
      // This tab's lock may be on its way back.
      else emit({ type: 'download', download: resting(left, await store.received(left), false) });
    };
    moving.ended = store.alone(id, () => this.drive(moving, this.fromHub(going, token))).then(end, end);
    return moving.shown();
  }

  private async drive(moving: Moving, bring: Bring): Promise<void> {
    const { store, describe } = this.parts;
    const { id } = moving.transfer;
    try {
      const files = await moving.bringAll(bring);
      // It is what the Hub has: a page that reads it may come later.
      const description = await describe({ id, files }).catch(() => null);
      if (moving.abort.signal.reason === CANCELLED) return;
      await store.finish(id, { ...originOf(moving.transfer), files, description });
    } catch (error) {
      const { aborted } = moving.abort.signal;
      await store.putTransfer({ ...moving.transfer, failure: aborted ? null : toFailure(error) });
    }
  }

  private fromHub({ repository, revision }: Transfer, token: string | null): Bring {
    const { hub, patience = PATIENCE } = this.parts;
    return ({ name, bytes }, into, { signal, progress }) => {
      const url = `${hub.url}/${repository}/resolve/${revision}/${name.split('/').map(encodeURIComponent).join('/')}`;
      const transport = { fetch: hub.fetch, token, patience, signal, onProgress: progress };
      return fetchFile({ url, name, repository: repository ?? '', bytes }, into, transport);
    };
  }

  private move(transfer: Transfer, came: ReadonlyMap<string, number>): Moving {
    const { store, emit } = this.parts;
    const moving = new Moving(transfer, came, { store, tell: (download) => emit({ type: 'download', download }) });
    this.moving.set(transfer.id, moving);
    return moving;
  }

  /** The one that this tab moves. @throws LabError running-elsewhere */
  private async here(id: string): Promise<Moving | undefined> {
    const moving = this.moving.get(id);
    if (moving === undefined && (await this.parts.store.isMoving(id))) {
      throw new LabError(
        'running-elsewhere',
        'Another tab fetches this model.',
        'Pause, go on or cancel there, or close that tab.',
      );
    }
    return moving;
  }

  private async shown(transfer: Transfer): Promise<Download> {
    const { store } = this.parts;
    const moving = this.moving.get(transfer.id);
    return moving?.shown() ?? resting(transfer, await store.received(transfer), await store.isMoving(transfer.id));
  }

  /** Bytes that must still come. */
  private async missing(transfer: Transfer, came: ReadonlyMap<string, number>): Promise<number> {
    const { store } = this.parts;
    let bytes = sizeOf(transfer) - sum(came.values());
    for (const file of transfer.files) {
      if (file.sha256 !== null || file.digest?.kind !== 'sha256') continue;
      if (await store.has({ sha256: file.digest.hex, bytes: file.bytes })) bytes -= file.bytes;
    }
    return bytes;
  }

  /** Beginnings one after the other: a second click finds what the first began. */
  private inTurn<T>(body: () => Promise<T>): Promise<T> {
    const turn = this.last.then(body, body);
    this.last = turn;
    return turn;
  }
}

function copyOf({ files }: LocalModel): Bring {
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
  new LabError('not-found', 'This download is not known here.', 'It may have ended or been cancelled in another tab.');
