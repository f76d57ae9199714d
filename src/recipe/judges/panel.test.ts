import { expect, it } from 'vitest';
import { askedKinds, parsePanel } from './asked';
import { PANEL_KINDS } from './kinds';
import { formatPanel, panelFault } from './panel';

it('reads and writes members with their weights', () => {
  expect(parsePanel('rule:1, onnx:0.5 ,self')).toEqual([
    { kind: 'rule', weight: 1 },
    { kind: 'onnx', weight: 0.5 },
    { kind: 'self', weight: 1 },
  ]);
  const text = 'rule:1,onnx:0.5';
  expect(formatPanel(parsePanel(text))).toBe(text);
  expect(panelFault('rule:1, onnx:0.5 ,self', PANEL_KINDS)).toBeNull();
});

it('skips members that cannot be read', () => {
  expect(parsePanel('rule:x,magic:1,,onnx:-1,panel:1,self:2')).toEqual([{ kind: 'self', weight: 2 }]);
});

it.each([
  ['', 'two members'],
  ['rule:1', 'two members'],
  ['rule:1,magic:2', '"magic", which is no judge'],
  ['rule:1,panel:1', '"panel", which is no judge'],
  ['rule:1,toString:1', 'which is no judge'],
  ['rule:1,onnx:0', 'weight of onnx'],
  ['rule:1,onnx:', 'weight of onnx'],
  ['rule:1,onnx:1e9', 'weight of onnx'],
  ['rule:1,onnx:Infinity', 'weight of onnx'],
  ['rule:1,onnx:1:2', 'weight of onnx'],
  ['rule:1,onnx:1,rule:2', 'names rule twice'],
])('refuses %j', (text, message) => {
  expect(panelFault(text, PANEL_KINDS)).toContain(message);
});

it('lists the kinds that a recipe asks', () => {
  const panel = 'rule:1,onnx:1';
  expect(askedKinds({ judge: 'self', evaluationJudge: 'same', panel })).toEqual(['self']);
  expect(askedKinds({ judge: 'self', evaluationJudge: 'rule', panel })).toEqual(['self', 'rule']);
  expect(askedKinds({ judge: 'panel', evaluationJudge: 'rule', panel })).toEqual(['rule', 'onnx']);
});
