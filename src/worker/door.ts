import { toFailure } from '../lib/errors';
import type { Lab } from './protocol';

/**
 * The calls of a lab that may still be opening: the door must be there at once, for what is said to a worker before anybody listens is
 * lost. Every call that fails rejects with a `Failure`: plain data, which survives the way to the page.
 */
export function openDoor(opening: Promise<Lab>): Lab {
  const call =
    <A extends unknown[], R>(choose: (lab: Lab) => (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      try {
        return await choose(await opening)(...args);
      } catch (error) {
        throw toFailure(error);
      }
    };
  return {
    device: call((lab) => lab.device),
    listen: call((lab) => lab.listen),
    estimate: call((lab) => lab.estimate),
    promptSets: call((lab) => lab.promptSets),
    importPrompts: call((lab) => lab.importPrompts),
    promptRows: call((lab) => lab.promptRows),
    renamePromptSet: call((lab) => lab.renamePromptSet),
    mayDeletePromptSet: call((lab) => lab.mayDeletePromptSet),
    deletePromptSet: call((lab) => lab.deletePromptSet),
    exportPromptSet: call((lab) => lab.exportPromptSet),
    promptLengths: call((lab) => lab.promptLengths),
    readPrompts: call((lab) => lab.readPrompts),
    readPromptsAs: call((lab) => lab.readPromptsAs),
    previewPrompts: call((lab) => lab.previewPrompts),
    importMapped: call((lab) => lab.importMapped),
    closePrompts: call((lab) => lab.closePrompts),
    lookUpDataset: call((lab) => lab.lookUpDataset),
    fetchDataset: call((lab) => lab.fetchDataset),
    makePrompts: call((lab) => lab.makePrompts),
    cancelMakePrompts: call((lab) => lab.cancelMakePrompts),
    keepPrompts: call((lab) => lab.keepPrompts),
    drySample: call((lab) => lab.drySample),
    cancelDrySample: call((lab) => lab.cancelDrySample),
    tryJudge: call((lab) => lab.tryJudge),
    cancelTrial: call((lab) => lab.cancelTrial),
    start: call((lab) => lab.start),
    resume: call((lab) => lab.resume),
    pause: call((lab) => lab.pause),
    unpause: call((lab) => lab.unpause),
    stepOnce: call((lab) => lab.stepOnce),
    stop: call((lab) => lab.stop),
    current: call((lab) => lab.current),
    runs: call((lab) => lab.runs),
    run: call((lab) => lab.run),
    rollouts: call((lab) => lab.rollouts),
    renameRun: call((lab) => lab.renameRun),
    deleteRun: call((lab) => lab.deleteRun),
    ballots: call((lab) => lab.ballots),
    vote: call((lab) => lab.vote),
    undoVote: call((lab) => lab.undoVote),
    rejudge: call((lab) => lab.rejudge),
    cancelRejudge: call((lab) => lab.cancelRejudge),
    rejudgements: call((lab) => lab.rejudgements),
    rejudgedPairs: call((lab) => lab.rejudgedPairs),
    rejudgedWords: call((lab) => lab.rejudgedWords),
    deleteRejudgement: call((lab) => lab.deleteRejudgement),
    editPair: call((lab) => lab.editPair),
    pairEdits: call((lab) => lab.pairEdits),
    exportAdapter: call((lab) => lab.exportAdapter),
    keepAdapter: call((lab) => lab.keepAdapter),
    exportEvaluations: call((lab) => lab.exportEvaluations),
    importAdapter: call((lab) => lab.importAdapter),
    adapters: call((lab) => lab.adapters),
    deleteAdapter: call((lab) => lab.deleteAdapter),
    exportImportedAdapter: call((lab) => lab.exportImportedAdapter),
    exportPairs: call((lab) => lab.exportPairs),
    exportMetrics: call((lab) => lab.exportMetrics),
    report: call((lab) => lab.report),
    parity: call((lab) => lab.parity),
    models: call((lab) => lab.models),
    modelCosts: call((lab) => lab.modelCosts),
    curatedModels: call((lab) => lab.curatedModels),
    lookUpModel: call((lab) => lab.lookUpModel),
    downloads: call((lab) => lab.downloads),
    download: call((lab) => lab.download),
    pauseDownload: call((lab) => lab.pauseDownload),
    continueDownload: call((lab) => lab.continueDownload),
    cancelDownload: call((lab) => lab.cancelDownload),
    addLocalModel: call((lab) => lab.addLocalModel),
    deleteModel: call((lab) => lab.deleteModel),
    setRemoteAccess: call((lab) => lab.setRemoteAccess),
    remoteAccess: call((lab) => lab.remoteAccess),
    remoteModels: call((lab) => lab.remoteModels),
    webllmModels: call((lab) => lab.webllmModels),
    webllmModelSize: call((lab) => lab.webllmModelSize),
    addWebllmModel: call((lab) => lab.addWebllmModel),
    fetchWebllmModel: call((lab) => lab.fetchWebllmModel),
    cancelWebllmFetch: call((lab) => lab.cancelWebllmFetch),
    deleteWebllmModel: call((lab) => lab.deleteWebllmModel),
    storage: call((lab) => lab.storage),
    persist: call((lab) => lab.persist),
  };
}
