import { expect, it } from 'vitest';
import { candidate, rollout } from '../tpo/testing/records';
import { RolloutLog } from './rollout-log';

it('counts a pair when it is decided, also where the rollout came before without one', () => {
  const log = new RolloutLog();
  const undecided = rollout([candidate({ index: 0 }), candidate({ index: 1 })], null, {}, { purpose: 'train' });
  const { iteration, arm } = undecided;
  log.putRollouts([undecided]);
  expect(log.tally('train', iteration, arm)).toMatchObject({ prompts: 1, pairs: 0, candidates: 2 });
  const decided = { ...undecided, pair: { chosen: 0, rejected: 1, rejectedMalformed: false } };
  log.putRollouts([decided]);
  log.putRollouts([decided]);
  expect(log.tally('train', iteration, arm)).toMatchObject({ prompts: 1, pairs: 1, candidates: 2 });
});
