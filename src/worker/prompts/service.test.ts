import { expect, it, vi } from 'vitest';
import { LabError } from '../../lib/errors';
import { PRESETS } from '../../recipe/presets';
import type { RunStatus } from '../../records/runs';
import type { PromptSets } from '../../storage/prompt-sets';
import { promptService } from './service';

const never = async () => {
  throw new LabError('internal', 'not asked');
};

function service(status: RunStatus) {
  const remove = vi.fn<PromptSets['delete']>(async () => undefined);
  const sets: PromptSets = {
    ...{ add: never, list: never, info: never, addJsonl: never, rename: never, delete: remove },
    get: async () => [
      { id: 'a', instruction: 'One?', answer: 'Paris' },
      { id: 'b', instruction: 'Two?', answer: '4', check: 'number' },
    ],
  };
  const maker = { model: never, encoder: never, openPolicy: never, now: () => 0 };
  const recipe = { ...PRESETS.quick, prompts: 'mine', heldout: 'mine-too' };
  const runs = async () => [{ name: 'Sums', status, recipe }];
  const hub = { url: 'https://hub.test', fetch };
  const tasks = { add: () => undefined, begin: never };
  const feed = { emitHere: () => undefined };
  return { remove, ...promptService({ sets, hub, feed, tasks, maker, runs, models: { get: never } }) };
}

it.each(['running', 'paused', 'stopped', 'failed'] as const)(
  'does not delete a set that a run which is %s needs to continue',
  async (status) => {
    const { remove, mayDeletePromptSet, deletePromptSet } = service(status);
    for (const set of ['mine', 'mine-too']) {
      const refusal = {
        code: 'running-elsewhere',
        message: 'The run “Sums” is not finished, and needs this set to go on.',
      };
      await expect(mayDeletePromptSet(set)).rejects.toMatchObject(refusal);
      await expect(deletePromptSet(set)).rejects.toMatchObject(refusal);
    }
    expect(remove).not.toHaveBeenCalled();
    await deletePromptSet('another');
    expect(remove).toHaveBeenCalledWith('another');
  },
);

it('deletes a set that only a finished run has used', async () => {
  const { remove, mayDeletePromptSet, deletePromptSet } = service('finished');
  await mayDeletePromptSet('mine');
  expect(remove).not.toHaveBeenCalled();
  await deletePromptSet('mine');
  expect(remove).toHaveBeenCalledWith('mine');
});

it('exports an answer without a check as one that no rule checks', async () => {
  expect((await service('finished').exportPromptSet('mine')).split('\n')).toEqual([
    '{"id":"a","instruction":"One?","answer":"Paris","check":null}',
    '{"id":"b","instruction":"Two?","answer":"4","check":"number"}',
    '',
  ]);
});
