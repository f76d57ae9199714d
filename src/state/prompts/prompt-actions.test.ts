import { beforeEach, expect, it, vi } from 'vitest';
import type { Lab } from '../../client/client';
import { LabError } from '../../lib/errors';
import type { PromptPreview, PromptTableInfo } from '../../records/prompt-import';
import type { MadePrompts, PromptSetInfo } from '../../records/prompt-sets';
import { provideLab } from '../lab';
import { sessionStore } from '../session/session';
import { UNDO_MS } from '../undoable-delete';
import {
  cancelMaking,
  discardGenerated,
  keepGenerated,
  makePrompts,
  toggleGenerated,
  undoDiscard,
} from './generated-prompts';
import {
  closeImport,
  deletePromptSet,
  keepImport,
  measureImport,
  measureSet,
  readAgainAs,
  readDropped,
  readPrompts,
} from './prompt-actions';
import { NO_GENERATION, NO_IMPORT, promptsStore } from './prompts';

const lab = {
  readPrompts: vi.fn<Lab['readPrompts']>(),
  readPromptsAs: vi.fn<Lab['readPromptsAs']>(),
  previewPrompts: vi.fn<Lab['previewPrompts']>(),
  promptLengths: vi.fn<Lab['promptLengths']>(),
  importMapped: vi.fn<Lab['importMapped']>(),
  closePrompts: vi.fn<Lab['closePrompts']>(),
  promptSets: vi.fn<Lab['promptSets']>(),
  storage: vi.fn<Lab['storage']>(),
  mayDeletePromptSet: vi.fn<Lab['mayDeletePromptSet']>(),
  deletePromptSet: vi.fn<Lab['deletePromptSet']>(),
  makePrompts: vi.fn<Lab['makePrompts']>(),
  cancelMakePrompts: vi.fn<Lab['cancelMakePrompts']>(),
  keepPrompts: vi.fn<Lab['keepPrompts']>(),
};

const mapping = {
  instruction: 'text',
  input: null,
  answer: null,
  checkColumn: null,
  check: null,
  category: null,
  id: null,
};
const tableOf = (name: string): PromptTableInfo => ({
  ...{ name, format: 'lines', unit: 'line', columns: [], records: 1, more: false, layout: 'plain', mapping },
});
const histogram = { from: 0, width: 1, counts: [1], values: 1, median: 1, longest: 1 };
const preview: PromptPreview = {
  ...{ rows: [], faults: [], read: 1, faulty: 0, duplicates: 0, nearDuplicates: 0, training: 1, heldout: 0 },
  ...{ answers: 0, checked: 0, categories: [], lengths: histogram },
};
const setOf = (id: string): PromptSetInfo => ({
  ...{ id, name: id, rows: 1, bundled: false, origin: { kind: 'paste', format: 'lines' }, split: null, columns: null },
  ...{ leftOut: { faulty: 0, duplicates: 0 }, created: 1 },
});
function later<T>() {
  let [resolve, reject] = [(_: T) => {}, (_: Error) => {}];
  const promise = new Promise<T>((...settle) => {
    [resolve, reject] = settle;
  });
  return { promise, resolve, reject };
}
const file = (name: string) => new File(['One?'], name);
const drop = (name: string) => readDropped([file(name)]);
const coming = () => promptsStore.getState().coming;

beforeEach(() => {
  vi.resetAllMocks();
  vi.stubGlobal('location', { hash: '' });
  // Only the calls that these actions make.
  provideLab(lab as unknown as Lab);
  lab.previewPrompts.mockResolvedValue(preview);
  lab.promptSets.mockResolvedValue([]);
  promptsStore.setState({
    coming: NO_IMPORT,
    making: NO_GENERATION,
    failure: null,
    known: null,
    inTokens: false,
    pendingDeletes: new Map(),
  });
  sessionStore.setState({ promptSets: [], failure: null });
});

it('reads a file that is dropped twice, although the first reading is cancelled', async () => {
  const first = later<PromptTableInfo>();
  lab.readPrompts.mockReturnValueOnce(first.promise).mockResolvedValueOnce(tableOf('a.txt'));
  const given = drop('a.txt');
  await drop('a.txt');
  expect(coming()).toMatchObject({ status: 'read', name: 'a', preview });
  first.reject(new LabError('cancelled', 'The import was cancelled.'));
  await given;
  expect(coming()).toMatchObject({ status: 'read', name: 'a' });
});

it('does not show a file whose import was cancelled', async () => {
  const reading = later<PromptTableInfo>();
  lab.readPrompts.mockReturnValueOnce(reading.promise);
  const given = drop('a.txt');
  await closeImport();
  reading.resolve(tableOf('a.txt'));
  await given;
  expect(coming()).toEqual(NO_IMPORT);
});

it('refuses several files, and keeps the file that is being reviewed', async () => {
  await readDropped([file('a.txt'), file('b.txt')]);
  expect(lab.readPrompts).not.toHaveBeenCalled();
  expect(coming()).toMatchObject({
    status: 'none',
    failure: { message: 'You dropped 2 files. A prompt set is made from one file.' },
  });
  lab.readPrompts.mockResolvedValueOnce(tableOf('a.jsonl.gz'));
  await drop('a.jsonl.gz');
  await readDropped([file('a.txt'), file('b.txt')]);
  expect(coming()).toMatchObject({ status: 'read', name: 'a', failure: { code: 'bad-prompts' } });
});

it('offers another format only for text that could not be read', async () => {
  const bad = new LabError('bad-prompts', 'The file is not JSON.', 'Nothing was imported.');
  lab.readPrompts.mockRejectedValueOnce(bad);
  await readPrompts({ kind: 'paste', text: '[Context] Who?' });
  expect(coming()).toMatchObject({ status: 'none', failure: { message: 'The file is not JSON.' }, readable: true });
  lab.readPromptsAs.mockResolvedValueOnce(tableOf('The pasted text'));
  await readAgainAs('lines');
  expect(lab.readPromptsAs).toHaveBeenCalledWith('lines');
  expect(coming()).toMatchObject({ status: 'read' });
  for (const [name, error] of [
    ['a.parquet', bad],
    ['folder', new LabError('bad-file', 'folder cannot be read.')],
  ] as const) {
    lab.readPrompts.mockRejectedValueOnce(error);
    await drop(name);
    expect(coming()).toMatchObject({ status: 'none', readable: false });
  }
});

it('says in the import that the disk is full and that nothing was stored', async () => {
  lab.readPrompts.mockResolvedValueOnce(tableOf('a.txt'));
  await drop('a.txt');
  lab.importMapped.mockRejectedValueOnce(
    new LabError('storage-full', 'The browser has no room left for these prompts.', 'Nothing was imported.'),
  );
  await keepImport();
  expect(coming()).toMatchObject({ status: 'read', keeping: false, failure: { code: 'storage-full' } });
  expect(sessionStore.getState().failure).toBeNull();
});

it('shows the stored set, and says when it existed already', async () => {
  lab.readPrompts.mockResolvedValue(tableOf('a.txt'));
  lab.importMapped.mockResolvedValue([setOf('a-1')]);
  await drop('a.txt');
  await keepImport();
  expect(location.hash).toBe('#/prompts/a-1');
  expect(promptsStore.getState()).toMatchObject({ coming: NO_IMPORT, known: null });
  sessionStore.setState({ promptSets: [setOf('a-1')] });
  await drop('a.txt');
  await keepImport();
  expect(promptsStore.getState().known).toBe('a-1');
});

it('does not replace a file that was opened while another was being stored', async () => {
  lab.readPrompts.mockResolvedValueOnce(tableOf('a.txt')).mockResolvedValueOnce(tableOf('b.txt'));
  const keeping = later<readonly PromptSetInfo[]>();
  lab.importMapped.mockReturnValueOnce(keeping.promise);
  await drop('a.txt');
  const kept = keepImport();
  await drop('b.txt');
  keeping.resolve([setOf('a-1')]);
  await kept;
  expect(coming()).toMatchObject({ status: 'read', name: 'b' });
  expect(location.hash).toBe('');
  expect(lab.promptSets).toHaveBeenCalled();
});

it('shows characters when tokens cannot be counted, and says why', async () => {
  lab.promptLengths.mockRejectedValue(new LabError('not-found', 'The model is not here.'));
  promptsStore.setState({ inTokens: true });
  await measureSet('a-1', 'm');
  expect(promptsStore.getState()).toMatchObject({ inTokens: false, failure: { message: 'The model is not here.' } });
  lab.readPrompts.mockResolvedValueOnce(tableOf('a.txt'));
  await drop('a.txt');
  promptsStore.setState({ inTokens: true });
  await measureImport();
  expect(promptsStore.getState()).toMatchObject({
    inTokens: false,
    coming: { failure: { message: 'The model is not here.' } },
  });
});

it('says at once that a set is in use, and deletes any other after the delay for undo', async () => {
  vi.useFakeTimers();
  try {
    lab.mayDeletePromptSet.mockRejectedValueOnce(new LabError('running-elsewhere', 'The run “Sums” needs it.'));
    expect(await deletePromptSet('a-1')).toBe(false);
    expect(promptsStore.getState()).toMatchObject({
      pendingDeletes: new Map(),
      failure: { message: 'The run “Sums” needs it.' },
    });
    expect(await deletePromptSet('b-1')).toBe(true);
    expect(promptsStore.getState().failure).toBeNull();
    await vi.advanceTimersByTimeAsync(UNDO_MS);
    expect(lab.deletePromptSet.mock.calls).toEqual([['b-1']]);
  } finally {
    vi.useRealTimers();
  }
});

const how = { model: 'm', from: 's', examples: 1, seed: 1, temperature: 1, topP: 1, written: 2 };
const made: MadePrompts = { how, kept: ['One?', 'Two?'], rejected: [], tokensPerSecond: null };
const options = { ...how, apartFrom: 'h', maxNewTokens: 8 };

it('keeps the generated prompts that are selected, and restores them after a discard', async () => {
  lab.makePrompts.mockResolvedValueOnce(made);
  await makePrompts(options);
  toggleGenerated(0);
  discardGenerated();
  expect(promptsStore.getState().making).toMatchObject({ status: 'none', discarded: { made } });
  undoDiscard();
  lab.keepPrompts.mockResolvedValueOnce(setOf('m-1'));
  await keepGenerated('Mine');
  expect(lab.keepPrompts).toHaveBeenCalledWith('Mine', ['Two?'], how);
  expect(promptsStore.getState().making).toEqual(NO_GENERATION);
  expect(location.hash).toBe('#/prompts/m-1');
});

it('stays on the page when generation is cancelled', async () => {
  const making = later<MadePrompts>();
  lab.makePrompts.mockReturnValueOnce(making.promise);
  const asked = makePrompts(options);
  await cancelMaking();
  making.reject(new LabError('cancelled', 'Making prompts was cancelled.'));
  await asked;
  expect(promptsStore.getState().making).toEqual(NO_GENERATION);
});
