/** The models of the scripted API: stored models, the answers of the Hub, and downloads that advance with a timer. */
import list from '../../public/models/curated.json';
import type { Lab } from '../../src/client/client';
import { LabError } from '../../src/lib/errors';
import type { LabEvent } from '../../src/records/events';
import type { CuratedModel, Download, HubOffer, ModelCosts, ModelInfo } from '../../src/records/models';

export interface ModelScript {
  readonly models?: readonly ModelInfo[];
  readonly downloads?: readonly Download[];
  readonly offers?: readonly HubOffer[];
  /** Speed of every download. */
  readonly bytesPerSecond?: number;
}

type ModelCalls = Pick<
  Lab,
  | 'models'
  | 'modelCosts'
  | 'curatedModels'
  | 'lookUpModel'
  | 'downloads'
  | 'download'
  | 'pauseDownload'
  | 'continueDownload'
  | 'cancelDownload'
  | 'addLocalModel'
  | 'deleteModel'
>;

const TICK_MS = 100;

export const BUNDLED: ModelInfo = {
  id: 'tiny-thinker',
  name: 'tiny-thinker',
  use: 'policy',
  source: 'bundled',
  repository: null,
  revision: null,
  licence: 'mit',
  bytes: 2_170_472,
  architecture: 'LlamaForCausalLM',
  parameters: 1_083_904,
  quantization: 'BF16',
  created: 0,
  failure: null,
};

/** Invented numbers, proportional to the size of the files. */
function costs(bytes: number): ModelCosts {
  return {
    generation: Math.round(1.3 * bytes) + 120e6,
    training: Math.round(2.6 * bytes) + 400e6,
    trainingCheckpointed: Math.round(1.8 * bytes) + 260e6,
    refused: null,
  };
}

export function hubModel(repository: string, choice: string, change: Partial<ModelInfo> = {}): ModelInfo {
  const revision = 'a10cc1512eabd3dde888204e902eca88bddb4951';
  return {
    ...BUNDLED,
    id: `hub/${repository}@${revision}/${choice}`,
    name: repository.split('/')[1] ?? repository,
    source: 'hub',
    repository,
    revision,
    licence: 'apache-2.0',
    bytes: 723_674_912,
    parameters: 361_821_120,
    created: Date.UTC(2025, 10, 20, 9, 12),
    ...change,
  };
}

export function scriptedModels(script: ModelScript, emit: (events: readonly LabEvent[]) => void): ModelCalls {
  let models = script.models ?? [BUNDLED];
  let downloads = script.downloads ?? [];
  const find = (id: string): Download => {
    const found = downloads.find((download) => download.id === id);
    if (found === undefined) throw new LabError('not-found', 'There is no such download.');
    return found;
  };
  const change = (id: string, by: Partial<Download>): void => {
    const changed = { ...find(id), ...by };
    downloads = downloads.map((download) => (download.id === id ? changed : download));
    emit([{ type: 'download', download: changed }]);
  };
  const end = (id: string): void => {
    const { repository, revision, choice, bytes } = find(id);
    downloads = downloads.filter((download) => download.id !== id);
    models = [...models, hubModel(repository, choice, { id, revision, bytes })];
    emit([{ type: 'models' }]);
  };
  const speed = script.bytesPerSecond ?? 50e6;
  setInterval(() => {
    for (const { id, status, received, bytes } of downloads) {
      if (status === 'checking') end(id);
      if (status !== 'running') continue;
      const now = Math.min(bytes, received + (speed * TICK_MS) / 1000);
      if (now === bytes) change(id, { status: 'checking', received: now, bytesPerSecond: null, secondsLeft: null });
      else change(id, { received: now, bytesPerSecond: speed, secondsLeft: (bytes - now) / speed });
    }
  }, TICK_MS);

  return {
    models: async () => models,
    modelCosts: async (id) => costs(models.find((model) => model.id === id)?.bytes ?? 0),
    curatedModels: async () =>
      list.models.map(
        ({ config: _, storage: __, ...model }): CuratedModel => ({ ...model, costs: costs(model.bytes) }),
      ),
    async lookUpModel(reference, token) {
      const [repository, revision] = reference.replace(/^https:\/\/huggingface\.co\//, '').split('@');
      const offer = script.offers?.find((one) => one.repository === repository);
      if (offer === undefined) {
        throw new LabError(
          'not-found',
          `The Hub has no model ${repository}.`,
          'Check its spelling: owner/name, or the link of its page.',
        );
      }
      if (offer.gated && token === 'expired') {
        throw new LabError(
          'gated',
          'The Hub does not accept this token.',
          'Make a new one in the settings of your account there.',
        );
      }
      return { ...offer, revision: revision ?? offer.revision };
    },
    downloads: async () => downloads,
    async download({ repository, revision, choices }, choice) {
      const download: Download = {
        id: `hub/${repository}@${revision}/${choice}`,
        name: repository.split('/')[1] ?? repository,
        repository,
        revision,
        choice,
        status: 'running',
        bytes: choices.find(({ name }) => name === choice)?.bytes ?? 0,
        received: 0,
        bytesPerSecond: null,
        secondsLeft: null,
        failure: null,
      };
      downloads = [download, ...downloads];
      return download;
    },
    pauseDownload: async (id) => change(id, { status: 'paused', bytesPerSecond: null, secondsLeft: null }),
    continueDownload: async (id) => change(id, { status: 'running', failure: null }),
    async cancelDownload(id) {
      downloads = downloads.filter((download) => download.id !== id);
      emit([{ type: 'models' }]);
    },
    async addLocalModel(files) {
      await new Promise((resolve) => setTimeout(resolve, 600));
      const [first] = files;
      const config = files.some(({ name }) => name === 'config.json');
      if (first === undefined || !(config || first.name.endsWith('.gguf'))) {
        throw new LabError(
          'bad-file',
          'It has neither model.safetensors nor a GGUF file.',
          'Nothing was stored. Choose a model’s folder or one GGUF.',
        );
      }
      const name = config ? 'my-model' : first.name.replace(/\.gguf$/, '');
      const model: ModelInfo = {
        ...BUNDLED,
        id: `local/${name}-0123456789ab`,
        name,
        source: 'local',
        licence: null,
        bytes: files.reduce((sum, { size }) => sum + size, 0),
        parameters: 134_515_008,
        quantization: 'Q4_1',
        created: Date.UTC(2025, 10, 21),
      };
      models = [...models.filter(({ id }) => id !== model.id), model];
      emit([{ type: 'models' }]);
      return model;
    },
    async deleteModel(id) {
      models = models.filter((model) => model.id !== id);
      emit([{ type: 'models' }]);
    },
  };
}
