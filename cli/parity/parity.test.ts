import { expect, it } from 'vitest';
import type { ParityRow } from '../../src/records/report';
import { allOk, parityTable } from './table';

const logits: ParityRow = {
  quantity: 'logits',
  maxAbsolute: 1.25e-5,
  maxRelative: 1.3e-6,
  tolerance: '2e-4 abs',
  ok: true,
};
const loss: ParityRow = {
  quantity: 'DPO loss',
  maxAbsolute: Number.NaN,
  maxRelative: 1,
  tolerance: '5e-5 abs',
  ok: false,
};

it('prints an aligned row for each quantity, and the total', () => {
  expect(parityTable([{ model: 'llama', rows: [logits, loss], refused: null }])).toBe(
    [
      'model  quantity  max abs  max rel  tolerance  ok',
      'llama  logits     1.3e-5   1.3e-6  2e-4 abs   ok',
      'llama  DPO loss      NaN   1.0e+0  5e-5 abs   MISSED',
      '',
      '1 quantities within tolerance, 1 missed, 0 folders refused',
    ].join('\n'),
  );
});

it('names the folders that could not be read', () => {
  const results = [
    { model: 'odd', rows: [], refused: 'config.json is missing.' },
    { model: 'empty', rows: [], refused: null },
  ];
  expect(parityTable(results)).toContain(
    'odd: config.json is missing.\nempty: nothing to compare was found\n0 quantities',
  );
  expect(allOk(results.slice(0, 1))).toBe(false);
  expect(allOk(results.slice(1))).toBe(false);
});

it('succeeds only if everything is within its tolerance', () => {
  expect(allOk([{ model: 'llama', rows: [logits], refused: null }])).toBe(true);
  expect(allOk([{ model: 'llama', rows: [logits, loss], refused: null }])).toBe(false);
  expect(allOk([])).toBe(false);
});
