/** The main thread's door to the worker: typed calls, failures as LabError. */
import { proxy, wrap } from 'comlink';
import { type Failure, fromFailure } from '../lib/errors';
import type { Lab } from '../worker/protocol';

async function typed<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (thrown) {
    throw fromFailure(thrown);
  }
}

/**
 * Starts the worker.
 * @param onCrash told when the worker itself ends: it could not be loaded, or an error nobody caught
 */
export function connect(onCrash: (failure: Failure) => void): Lab {
  const worker = new Worker(new URL('../worker/lab.worker.ts', import.meta.url), { type: 'module', name: 'lab' });
  worker.addEventListener('error', (event) => {
    onCrash({
      code: 'internal',
      message: `The engine stopped: ${event.message || 'its program could not be loaded'}.`,
      advice: 'What was stored is safe. Reload the page and go on.',
    });
  });
  const remote = wrap<Lab>(worker);
  return {
    device: () => typed<Awaited<ReturnType<Lab['device']>>>(remote.device()),
    listen: (listener) => typed(remote.listen(proxy(listener))),
    estimate: (recipe) => typed(remote.estimate(recipe)),
    promptSets: () => typed(remote.promptSets()),
    importPrompts: (name, jsonl) => typed(remote.importPrompts(name, jsonl)),
    promptRows: (id) => typed(remote.promptRows(id)),
    renamePromptSet: (id, name) => typed(remote.renamePromptSet(id, name)),
    mayDeletePromptSet: (id) => typed(remote.mayDeletePromptSet(id)),
    deletePromptSet: (id) => typed(remote.deletePromptSet(id)),
    exportPromptSet: (id) => typed(remote.exportPromptSet(id)),
    promptLengths: (set, model) => typed(remote.promptLengths(set, model)),
    readPrompts: (source) => typed(remote.readPrompts(source)),
    readPromptsAs: (format) => typed(remote.readPromptsAs(format)),
    previewPrompts: (plan) => typed(remote.previewPrompts(plan)),
    importMapped: (name, plan) => typed(remote.importMapped(name, plan)),
    closePrompts: () => typed(remote.closePrompts()),
    lookUpDataset: (reference, token) => typed(remote.lookUpDataset(reference, token)),
    fetchDataset: (offer, file, token) => typed(remote.fetchDataset(offer, file, token)),
    makePrompts: (wish) => typed(remote.makePrompts(wish)),
    cancelMakePrompts: () => typed(remote.cancelMakePrompts()),
    keepPrompts: (name, instructions, how) => typed(remote.keepPrompts(name, instructions, how)),
    drySample: (recipe) => typed(remote.drySample(recipe)),
    cancelDrySample: () => typed(remote.cancelDrySample()),
    tryJudge: (recipe, trial) => typed(remote.tryJudge(recipe, trial)),
    cancelTrial: () => typed(remote.cancelTrial()),
    start: (recipe) => typed(remote.start(recipe)),
    resume: (runId) => typed(remote.resume(runId)),
    pause: () => typed(remote.pause()),
    unpause: () => typed(remote.unpause()),
    stepOnce: () => typed(remote.stepOnce()),
    stop: () => typed(remote.stop()),
    current: () => typed(remote.current()),
    runs: () => typed(remote.runs()),
    run: (runId) => typed(remote.run(runId)),
    rollouts: (runId, filter) => typed(remote.rollouts(runId, filter)),
    renameRun: (runId, name) => typed(remote.renameRun(runId, name)),
    deleteRun: (runId) => typed(remote.deleteRun(runId)),
    ballots: (runId) => typed(remote.ballots(runId)),
    vote: (runId, ballot, vote) => typed(remote.vote(runId, ballot, vote)),
    undoVote: (runId) => typed(remote.undoVote(runId)),
    rejudge: (runId, place, recipe) => typed(remote.rejudge(runId, place, recipe)),
    cancelRejudge: () => typed(remote.cancelRejudge()),
    rejudgements: (runId) => typed(remote.rejudgements(runId)),
    rejudgedPairs: (runId, id) => typed(remote.rejudgedPairs(runId, id)),
    rejudgedWords: (...args) => typed(remote.rejudgedWords(...args)),
    deleteRejudgement: (runId, id) => typed(remote.deleteRejudgement(runId, id)),
    editPair: (runId, place, pair) => typed(remote.editPair(runId, place, pair)),
    pairEdits: (runId) => typed(remote.pairEdits(runId)),
    exportAdapter: (...args) => typed(remote.exportAdapter(...args)),
    keepAdapter: (...args) => typed(remote.keepAdapter(...args)),
    exportEvaluations: (runId) => typed(remote.exportEvaluations(runId)),
    importAdapter: (files) => typed(remote.importAdapter(files)),
    adapters: () => typed(remote.adapters()),
    deleteAdapter: (id) => typed(remote.deleteAdapter(id)),
    exportImportedAdapter: (id) => typed(remote.exportImportedAdapter(id)),
    exportPairs: (runId) => typed(remote.exportPairs(runId)),
    exportMetrics: (runId) => typed(remote.exportMetrics(runId)),
    report: (runId) => typed(remote.report(runId)),
    parity: (folder) => typed(remote.parity(folder)),
    models: () => typed(remote.models()),
    modelCosts: (id, recipe) => typed(remote.modelCosts(id, recipe)),
    curatedModels: () => typed(remote.curatedModels()),
    lookUpModel: (reference, token) => typed(remote.lookUpModel(reference, token)),
    downloads: () => typed(remote.downloads()),
    download: (offer, choice, token) => typed(remote.download(offer, choice, token)),
    pauseDownload: (id) => typed(remote.pauseDownload(id)),
    continueDownload: (id, token) => typed(remote.continueDownload(id, token)),
    cancelDownload: (id) => typed(remote.cancelDownload(id)),
    addLocalModel: (files) => typed(remote.addLocalModel(files)),
    deleteModel: (id) => typed(remote.deleteModel(id)),
    setRemoteAccess: (url, access, remember) => typed(remote.setRemoteAccess(url, access, remember)),
    remoteAccess: (url) => typed(remote.remoteAccess(url)),
    remoteModels: (url) => typed(remote.remoteModels(url)),
    webllmModels: () => typed(remote.webllmModels()),
    webllmModelSize: (id) => typed(remote.webllmModelSize(id)),
    addWebllmModel: (record) => typed(remote.addWebllmModel(record)),
    fetchWebllmModel: (id) => typed(remote.fetchWebllmModel(id)),
    cancelWebllmFetch: () => typed(remote.cancelWebllmFetch()),
    deleteWebllmModel: (id) => typed(remote.deleteWebllmModel(id)),
    storage: () => typed(remote.storage()),
    persist: () => typed(remote.persist()),
  };
}
