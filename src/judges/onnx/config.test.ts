import { describe, expect, it } from 'vitest';
import { judgeConfig, labelOf, longestInput, poolingOf, tokenizerConfig } from './config';

const config = (change: object = {}) =>
  judgeConfig(JSON.stringify({ model_type: 'bert', pad_token_id: 0, max_position_embeddings: 512, ...change }));

describe('the longest text', () => {
  for (const [what, of, most, sentence, expected] of [
    ['is what the positions allow', config(), null, null, 512],
    ['is the tokenizer’s, where that is less', config(), 256, null, 256],
    ['is sentence-transformers’ own, where that is less still', config(), 256, '{"max_seq_length": 128}', 128],
    ['is not the number that nobody set', config(), 1e30, null, 512],
    [
      'begins behind the padding’s position in RoBERTa',
      config({ model_type: 'roberta', pad_token_id: 1, max_position_embeddings: 514 }),
      null,
      null,
      512,
    ],
    ['is 512 where nobody says', config({ max_position_embeddings: null }), null, null, 512],
    ['is no more than a CPU can attend to', config({ max_position_embeddings: 131_072 }), null, null, 8192],
  ] as const) {
    it(what, () => expect(longestInput(of, most, sentence)).toBe(expected));
  }
});

describe('the label', () => {
  const labels = config({ id2label: { 0: 'bad', 1: 'Good' } });
  it('is found by name or number, and is the last by default', () => {
    expect(labelOf(labels, '')).toBeNull();
    expect(labelOf(labels, 'good')).toBe(1);
    expect(labelOf(labels, '0')).toBe(0);
    expect(labelOf(config(), '3')).toBe(3);
  });

  it('that is none is refused with those that there are', () => {
    expect(() => labelOf(labels, 'fine')).toThrow('no label fine, but bad, Good');
  });
});

describe('the pooling', () => {
  it('is the mean unless a file says otherwise', () => {
    expect(poolingOf(null)).toBe('mean');
    expect(poolingOf('{"pooling_mode_mean_tokens": true, "pooling_mode_cls_token": false}')).toBe('mean');
    expect(poolingOf('{"pooling_mode_cls_token": true}')).toBe('cls');
    expect(poolingOf('{"pooling_mode_lasttoken": true}')).toBe('last');
  });

  it('that the lab does not compute is refused by name', () => {
    expect(() => poolingOf('{"pooling_mode_max_tokens": true}')).toThrow('max_tokens');
    expect(() => poolingOf('{"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": true}')).toThrow(
      'cls_token and mean_tokens',
    );
  });
});

it('a tokenizer says how long, with what padding, and whether it has a chat template', () => {
  expect(tokenizerConfig('{"model_max_length": 64, "pad_token": {"content": "<pad>"}, "chat_template": "x"}')).toEqual(
    {
      most: 64,
      pad: '<pad>',
      hasTemplate: true,
    },
  );
  expect(tokenizerConfig('{}')).toEqual({ most: null, pad: null, hasTemplate: false });
});

it('files of another shape are refused', () => {
  expect(() => judgeConfig('{"architectures": "Bert"}')).toThrow('config.json');
  expect(() => tokenizerConfig('[')).toThrow('not JSON');
});
