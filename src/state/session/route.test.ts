import { expect, it } from 'vitest';
import { formatRoute, parseRoute, type Route } from './route';

it.each<[string, Route]>([
  ['#/lab', { place: 'lab', query: '' }],
  ['#/lab?preset=quick&k=4', { place: 'lab', query: 'preset=quick&k=4' }],
  ['#/runs', { place: 'runs', run: null, others: [] }],
  ['#/runs/a%2Fb?with=c,d', { place: 'runs', run: 'a/b', others: ['c', 'd'] }],
  ['#/models', { place: 'models' }],
  ['#/prompts', { place: 'prompts', show: null }],
  ['#/prompts/everyday', { place: 'prompts', show: 'everyday' }],
])('%s there and back', (hash, route) => {
  expect(parseRoute(hash)).toEqual(route);
  expect(formatRoute(route)).toBe(hash);
});

it('any other address is the Lab', () => {
  expect(['', '#', '#/nowhere', '#lab'].map((hash) => parseRoute(hash).place)).toEqual(['lab', 'lab', 'lab', 'lab']);
});

it('an address with a stray % is still parsed', () => {
  expect(parseRoute('#/pairs/%')).toEqual({ place: 'pairs', run: '%', vote: false });
  expect(parseRoute('#/prompts/%E0%A4%A')).toEqual({ place: 'prompts', show: '%E0%A4%A' });
  expect(parseRoute('#/runs/%?with=a,%')).toEqual({ place: 'runs', run: '%', others: ['a', '%'] });
});
